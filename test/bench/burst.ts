import { Account } from 'coi-sdk';
import { simpleParser } from 'mailparser';
import { createTransport } from 'nodemailer';
import { type Correspondent, correspondent, encryptedChatMail } from './encrypted-mails.js';
import { connectFloor, FloorReader } from './floor.js';
import { chatMail } from './mails.js';
import { accountOptions } from './ours.js';
import { alternate, type Row } from './report.js';
import { type BenchServers, DOMAIN, PASSWORD } from './servers.js';

const CHATS = 50;

/** Messages queued at once over 50 chats, until all have been received and read; with `encrypted` between people who have exchanged keys. */
export async function burstRow(servers: BenchServers, messages: number, runs: number, encrypted = false): Promise<Row> {
  const form = encrypted ? 'sealed' : 'plain';
  const sender = `burst-${form}@${DOMAIN}`;
  const receivers = Array.from({ length: CHATS }, (_, index) => `receiver${index}-${form}@${DOMAIN}`);
  const floorReceivers = Array.from({ length: CHATS }, (_, index) => `floor-receiver${index}-${form}@${DOMAIN}`);
  const keys = encrypted ? await keysOf([sender, ...receivers, ...floorReceivers]) : undefined;
  const open = async (email: string) => {
    const account = await Account.open(accountOptions(ports, email));
    const key = keys?.get(email);
    if (key) await account.keys.import(key.privateKey.armor());
    await account.start();
    return account;
  };
  await servers.addUsers([sender, ...receivers, ...floorReceivers]);
  const ports = { imap: servers.imapPort, smtp: servers.smtpPort };

  const times = await alternate(
    runs,
    async () => {
      const account = await open(sender);
      const listening = await Promise.all(receivers.map(open));
      if (encrypted) await introduce(account, listening);
      let received = 0;
      const all = new Promise<void>((resolve) => {
        for (const receiver of listening) {
          receiver.on('message', (message) => {
            if (message.security.encrypted !== encrypted) throw new Error(`encrypted: ${message.security.encrypted}`);
            if (++received === messages) resolve();
          });
        }
      });
      const chats = await Promise.all(receivers.map((email) => account.chat(email)));
      const start = performance.now();
      for (let index = 0; index < messages; index++) void chats[index % CHATS]?.send(`burst ${index}`);
      await all;
      const elapsed = performance.now() - start;
      await Promise.all([account, ...listening].map((one) => one.close()));
      return elapsed;
    },
    async () => {
      const clients = await Promise.all(floorReceivers.map((email) => connectFloor(servers.imapPort, email)));
      const readers = new Map([...(keys ?? [])].map(([email, { privateKey }]) => [email, new FloorReader(privateKey)]));
      let received = 0;
      let finished: () => void = () => {};
      const all = new Promise<void>((resolve) => {
        finished = resolve;
      });
      for (const [index, client] of clients.entries()) {
        const reader = readers.get(floorReceivers[index] ?? '');
        await client.mailboxOpen('INBOX');
        let next = client.mailbox ? client.mailbox.uidNext : 1;
        let busy = Promise.resolve();
        client.on('exists', () => {
          busy = busy.then(async () => {
            for (const mail of await client.fetchAll(`${next}:*`, { uid: true, source: true }, { uid: true })) {
              if (mail.uid < next || !mail.source) continue;
              next = mail.uid + 1;
              await (reader ? reader.read(mail.source) : simpleParser(mail.source));
              if (++received === messages) finished();
            }
            void client.idle().catch(() => {});
          });
        });
        void client.idle().catch(() => {});
      }
      const transport = createTransport({
        ...{ host: '127.0.0.1', port: servers.smtpPort, secure: false, ignoreTLS: true },
        ...{ pool: true, maxConnections: 1, maxMessages: Number.POSITIVE_INFINITY },
        auth: { user: sender, pass: PASSWORD },
      });
      const start = performance.now();
      for (let index = 0; index < messages; index++) {
        const to = floorReceivers[index % CHATS] ?? '';
        const [from, receiver] = [keys?.get(sender), keys?.get(to)];
        const mail =
          from && receiver
            ? encryptedChatMail(from, receiver, start + index, Date.now())
            : chatMail(sender, to, start + index, Date.now());
        void Promise.resolve(mail).then(({ raw }) => transport.sendMail({ envelope: { from: sender, to }, raw }));
      }
      await all;
      const elapsed = performance.now() - start;
      transport.close();
      await Promise.all(clients.map((client) => client.logout()));
      return elapsed;
    },
  );
  return {
    what: `${messages} ${encrypted ? 'encrypted ' : ''}messages at once over ${CHATS} chats, until all are received`,
    unit: 'ms',
    ...times,
    budget: 1.25,
    measure: 'ratio',
  };
}

async function keysOf(emails: readonly string[]): Promise<ReadonlyMap<string, Correspondent>> {
  return new Map(await Promise.all(emails.map(async (email) => [email, await correspondent(email)] as const)));
}

/** Everybody writes once to the account, which knows their keys from then on. */
async function introduce(account: Account, others: readonly Account[]): Promise<void> {
  let missing = others.length;
  const met = new Promise<void>((resolve) => {
    account.on('message', () => {
      if (--missing === 0) resolve();
    });
  });
  for (const other of others) await (await other.chat(account.email)).send('Hello');
  await met;
}
