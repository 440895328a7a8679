import { Account } from 'coi-sdk';
import { simpleParser } from 'mailparser';
import { createTransport } from 'nodemailer';
import { connectFloor } from './floor.js';
import { chatMail } from './mails.js';
import { accountOptions } from './ours.js';
import { alternate, type Row } from './report.js';
import { type BenchServers, DOMAIN, PASSWORD } from './servers.js';

const CHATS = 50;

/** Messages queued at once over 50 chats, until all have been received and read. */
export async function burstRow(servers: BenchServers, messages: number, runs: number): Promise<Row> {
  const sender = `burst@${DOMAIN}`;
  const receivers = Array.from({ length: CHATS }, (_, index) => `receiver${index}@${DOMAIN}`);
  const floorReceivers = Array.from({ length: CHATS }, (_, index) => `floor-receiver${index}@${DOMAIN}`);
  await servers.addUsers([sender, ...receivers, ...floorReceivers]);
  const ports = { imap: servers.imapPort, smtp: servers.smtpPort };

  const times = await alternate(
    runs,
    async () => {
      const account = await Account.open(accountOptions(ports, sender));
      await account.start();
      const listening = await Promise.all(
        receivers.map(async (email) => {
          const receiver = await Account.open(accountOptions(ports, email));
          await receiver.start();
          return receiver;
        }),
      );
      let received = 0;
      const all = new Promise<void>((resolve) => {
        for (const receiver of listening) {
          receiver.on('message', () => {
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
      let received = 0;
      let finished: () => void = () => {};
      const all = new Promise<void>((resolve) => {
        finished = resolve;
      });
      for (const client of clients) {
        await client.mailboxOpen('INBOX');
        let next = client.mailbox ? client.mailbox.uidNext : 1;
        let busy = Promise.resolve();
        client.on('exists', () => {
          busy = busy.then(async () => {
            for (const mail of await client.fetchAll(`${next}:*`, { uid: true, source: true }, { uid: true })) {
              if (mail.uid < next || !mail.source) continue;
              next = mail.uid + 1;
              await simpleParser(mail.source);
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
        const { raw } = chatMail(sender, to, index, Date.now());
        void transport.sendMail({ envelope: { from: sender, to }, raw: raw.replace('chat$m', `chat$${start}m`) });
      }
      await all;
      const elapsed = performance.now() - start;
      transport.close();
      await Promise.all(clients.map((client) => client.logout()));
      return elapsed;
    },
  );
  return {
    what: `${messages} messages at once over ${CHATS} chats, until all are received`,
    unit: 'ms',
    ...times,
    budget: 1.25,
    measure: 'ratio',
  };
}
