import { startProxy, type TcpProxy } from '../e2e/proxy.js';
import type { TestServers } from '../e2e/servers.js';
import { makeCertificate } from '../servers/certificate.js';
import { startCyrus } from '../servers/cyrus.js';
import { startDovecot } from '../servers/dovecot.js';
import { startPostfix } from '../servers/postfix.js';
import { temporaryDirectory } from '../servers/temp.js';

const DOMAIN = 'example.org';
const RECIPIENT_LIMIT = 5;

/** Postfix in front of Dovecot, or of Cyrus (Dovecot then only checks the passwords for SMTP). */
export async function startRealServers(family: 'dovecot' | 'cyrus'): Promise<TestServers> {
  const directory = await temporaryDirectory('coi-real-');
  const closers: (() => Promise<void>)[] = [() => directory.remove()];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const certificate = await makeCertificate(directory.path);
    const dovecot = await startDovecot(directory.path, certificate);
    closers.push(() => dovecot.close());
    const imapServer = family === 'cyrus' ? await startCyrus(directory.path, certificate) : dovecot;
    if (imapServer !== dovecot) closers.push(() => imapServer.close());
    const postfix = await startPostfix(directory.path, certificate, {
      domain: DOMAIN,
      lmtpPort: imapServer.lmtpPort,
      authPort: dovecot.authPort,
      recipientLimit: RECIPIENT_LIMIT,
    });
    closers.push(() => postfix.close());
    const imapProxy = await proxy(imapServer.imapPort, closers);
    const smtpProxy = await proxy(postfix.submissionPort, closers);
    const tls = { ca: certificate.cert };
    return {
      domain: DOMAIN,
      recipientLimit: RECIPIENT_LIMIT,
      proxies: [imapProxy, smtpProxy],
      async createUser(localPart) {
        const email = `${localPart}@${DOMAIN}`;
        const password = `secret-${localPart}`;
        await dovecot.addUser(email, password);
        if (imapServer !== dovecot) await imapServer.addUser(email, password);
        await postfix.addUser(email);
        return {
          email,
          password,
          imap: { host: '127.0.0.1', port: imapProxy.port, secure: false },
          smtp: { host: '127.0.0.1', port: smtpProxy.port, secure: false },
          tls,
        };
      },
      async createBouncingAddress(localPart) {
        // Postfix takes it, the mail store has never heard of it.
        await postfix.addUser(`${localPart}@${DOMAIN}`);
        return `${localPart}@${DOMAIN}`;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function proxy(port: number, closers: (() => Promise<void>)[]): Promise<TcpProxy> {
  const started = await startProxy(port);
  closers.push(() => started.close());
  return started;
}
