import { MailHost } from 'coi-sdk/testing';
import { startProxy } from './proxy.js';
import type { TestServers } from './servers.js';

const RECIPIENT_LIMIT = 5;

/** The in-process mail host, as servers for the end-to-end suite. */
export async function startHostServers(
  options: Omit<NonNullable<Parameters<typeof MailHost.start>[0]>, 'domain'> = {},
): Promise<TestServers> {
  const host = await MailHost.start({ ...options, domain: 'example.org' });
  host.faults.limitRecipients(RECIPIENT_LIMIT);
  const { imap, smtp } = host;
  const imapProxy = await startProxy(imap.port);
  const smtpProxy = await startProxy(smtp.port);
  return {
    domain: 'example.org',
    recipientLimit: RECIPIENT_LIMIT,
    proxies: [imapProxy, smtpProxy],
    async createUser(localPart) {
      const email = `${localPart}@example.org`;
      host.addUser(email, 'secret');
      const settings = host.settings(email);
      return {
        email,
        password: 'secret',
        imap: { ...settings.imap, port: imapProxy.port },
        smtp: { ...settings.smtp, port: smtpProxy.port },
      };
    },
    async createBouncingAddress(localPart) {
      const email = `${localPart}@example.org`;
      host.addBouncingAddress(email);
      return email;
    },
    async close() {
      await Promise.all([imapProxy.close(), smtpProxy.close()]);
      await host.close();
    },
  };
}
