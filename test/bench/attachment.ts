import { Account } from 'coi-sdk';
import { createTransport } from 'nodemailer';
import { correspondent, encryptedChatMail } from './encrypted-mails.js';
import { connectFloor, FloorReader } from './floor.js';
import { accountOptions } from './ours.js';
import { alternate, type Row } from './report.js';
import { type BenchServers, DOMAIN, PASSWORD } from './servers.js';

const SIZE = 5 * 1024 * 1024;

/** An encrypted message with a file of 5 MB: from the call of `send` until the other side has the file. */
export async function attachmentRow(servers: BenchServers, runs: number): Promise<Row> {
  const names = ['file-sender', 'file-receiver', 'file-floor-sender', 'file-floor-receiver'];
  const [ada, bob, floorAda, floorBob] = await Promise.all(names.map((name) => correspondent(`${name}@${DOMAIN}`)));
  if (!ada || !bob || !floorAda || !floorBob) throw new Error('no keys');
  await servers.addUsers([ada, bob, floorAda, floorBob].map(({ email }) => email));
  const ports = { imap: servers.imapPort, smtp: servers.smtpPort };
  const open = async ({ email, privateKey }: typeof ada) => {
    const account = await Account.open(accountOptions(ports, email));
    await account.keys.import(privateKey.armor());
    await account.start();
    return account;
  };
  const sender = await open(ada);
  const receiver = await open(bob);
  const met = new Promise<void>((resolve) => sender.once('message', () => resolve()));
  await (await receiver.chat(sender.email)).send('Hello');
  await met;
  const chat = await sender.chat(receiver.email);

  const client = await connectFloor(servers.imapPort, floorBob.email);
  await client.mailboxOpen('INBOX');
  const reader = new FloorReader(floorBob.privateKey);
  const transport = createTransport({
    ...{ host: '127.0.0.1', port: servers.smtpPort, secure: false, ignoreTLS: true, pool: true, maxConnections: 1 },
    auth: { user: floorAda.email, pass: PASSWORD },
  });
  const times = await alternate(
    runs,
    async () => {
      const file = randomFile();
      const got = new Promise<Uint8Array>((resolve, reject) => {
        receiver.once('message', (message) => {
          if (!message.security.encrypted) reject(new Error('not encrypted'));
          message.attachments[0]?.download().then(resolve, reject);
        });
      });
      const start = performance.now();
      await chat.send({ text: 'See this', attachments: [{ filename: 'file.bin', content: file }] });
      if (Buffer.compare(await got, file) !== 0) throw new Error('the file is another one');
      return performance.now() - start;
    },
    async (run) => {
      const file = randomFile();
      const arrived = new Promise<void>((resolve) => {
        client.once('exists', () => resolve());
      });
      const idle = client.idle();
      const start = performance.now();
      const { raw } = await encryptedChatMail(floorAda, floorBob, run, Date.now(), file);
      await transport.sendMail({ envelope: { from: floorAda.email, to: floorBob.email }, raw });
      await arrived;
      const mail = await client.fetchOne('*', { uid: true, source: true });
      const source = mail ? mail.source : undefined;
      if (!source) throw new Error('no mail');
      const [attachment] = (await reader.read(source)).attachments;
      if (!attachment || Buffer.compare(attachment.content, file) !== 0) throw new Error('the file is another one');
      const elapsed = performance.now() - start;
      await idle.catch(() => {});
      return elapsed;
    },
  );
  transport.close();
  await Promise.all([sender.close(), receiver.close(), client.logout()]);
  return {
    what: 'encrypted message with a file of 5 MB, from `send()` until it is downloaded',
    unit: 'ms',
    ...times,
    budget: 1.25,
    measure: 'ratio',
  };
}

/** A file that does not compress and is another one each time. */
function randomFile(): Uint8Array {
  const file = new Uint8Array(SIZE);
  for (let at = 0; at < SIZE; at += 65536) crypto.getRandomValues(file.subarray(at, at + 65536));
  return file;
}
