import { once } from 'node:events';
import { Account } from 'coi-sdk';
import { simpleParser } from 'mailparser';
import { createTransport } from 'nodemailer';
import { type Correspondent, correspondent, encryptedChatMail } from './encrypted-mails.js';
import { connectFloor, FloorReader } from './floor.js';
import { accountOptions } from './ours.js';
import { median, type Row } from './report.js';
import { type BenchServers, DOMAIN, PASSWORD } from './servers.js';
import { startTap } from './tap.js';

/** From EXISTS on the wire to the `message` event, and from `send()` to MAIL on the wire. */
export async function latencyRows(servers: BenchServers, count: number, encrypted = false): Promise<Row[]> {
  const form = encrypted ? 'sealed' : 'plain';
  const [ours, floor, sender] = [`ours-${form}@${DOMAIN}`, `floor-${form}@${DOMAIN}`, `sender-${form}@${DOMAIN}`];
  const keys = encrypted
    ? { from: await correspondent(sender), ours: await correspondent(ours), floor: await correspondent(floor) }
    : undefined;
  await servers.addUsers([ours, floor, sender]);
  const oursTap = await startTap(servers.imapPort, 'from-server', 'EXISTS');
  const floorTap = await startTap(servers.imapPort, 'from-server', 'EXISTS');
  const smtpTap = await startTap(servers.smtpPort, 'to-server', 'MAIL FROM');
  const account = await Account.open(accountOptions({ imap: oursTap.port, smtp: smtpTap.port }, ours));
  if (keys) await account.keys.import(keys.ours.privateKey.armor());
  await account.start();
  const reader = keys && new FloorReader(keys.floor.privateKey);
  const client = await connectFloor(floorTap.port, floor);
  const lock = await client.getMailboxLock('INBOX');
  const transport = createTransport({
    ...{ host: '127.0.0.1', port: servers.smtpPort, secure: false, ignoreTLS: true, pool: true, maxConnections: 1 },
    auth: { user: sender, pass: PASSWORD },
  });
  const oursTimes: number[] = [];
  const floorTimes: number[] = [];
  const wire: number[] = [];
  for (let index = 0; index < count; index++) {
    const idle = client.idle();
    await new Promise((resolve) => setTimeout(resolve, 30));
    const atOurs = new Promise<void>((resolve) => account.once('message', () => resolve()));
    const atFloor = once(client, 'exists');
    const accepted = keys
      ? sendSealed(transport, keys.from, [keys.ours, keys.floor], index)
      : transport.sendMail({
          from: sender,
          to: [ours, floor],
          subject: 'Chat: tick',
          headers: { 'Chat-Version': '1.0' },
          text: `tick ${index}`,
        });
    const floorDone = (async () => {
      await atFloor;
      const mail = await client.fetchOne('*', { uid: true, flags: true, internalDate: true, source: true });
      const source = mail ? mail.source : undefined;
      if (!source) throw new Error('no mail');
      await (reader ? reader.read(source) : simpleParser(source));
      floorTimes.push(performance.now() - floorTap.last());
    })();
    const oursDone = atOurs.then(() => oursTimes.push(performance.now() - oursTap.last()));
    const at250 = accepted.then(() => performance.now());
    await Promise.all([floorDone, oursDone, accepted]);
    wire.push(floorTap.last() - (await at250));
    await idle.catch(() => {});
  }
  const chat = await account.chat(sender);
  const mailTimes: number[] = [];
  const sealTimes: number[] = [];
  for (let index = 0; index < count; index++) {
    const before = performance.now();
    const message = await chat.send(`tock ${index}`);
    await message.sent();
    mailTimes.push(smtpTap.last() - before);
    if (message.security.encrypted !== encrypted) throw new Error(`encrypted: ${message.security.encrypted}`);
    if (!keys) continue;
    const sealing = performance.now();
    await encryptedChatMail(keys.ours, keys.from, index, Date.now());
    sealTimes.push(performance.now() - sealing);
  }
  transport.close();
  lock.release();
  await client.logout();
  await account.close();
  await Promise.all([oursTap.close(), floorTap.close(), smtpTap.close()]);
  return [
    {
      what: `EXISTS on the wire to \`message\` event${encrypted ? ', encrypted' : ''}, p50`,
      unit: 'ms',
      ours: median(oursTimes),
      floor: median(floorTimes),
      budget: 10,
      measure: 'difference',
      note: `${count} mails; the server itself takes ${median(wire).toFixed(0)} ms from 250 to EXISTS`,
    },
    {
      what: `\`send()\` to SMTP MAIL on the wire${encrypted ? ', encrypted' : ''}, p50`,
      unit: 'ms',
      ours: median(mailTimes),
      floor: keys ? median(sealTimes) : 0,
      budget: 10,
      measure: 'difference',
      note: `${count} messages${keys ? '; the floor only encrypts and signs' : ''}`,
    },
  ];
}

/** One mail for both, in two envelopes: each is encrypted to its own reader. */
async function sendSealed(
  transport: { sendMail(mail: { envelope: { from: string; to: string }; raw: string }): Promise<unknown> },
  from: Correspondent,
  to: readonly Correspondent[],
  index: number,
): Promise<void> {
  const mails = await Promise.all(to.map((one) => encryptedChatMail(from, one, index, Date.now())));
  await Promise.all(
    to.map(({ email }, at) =>
      transport.sendMail({ envelope: { from: from.email, to: email }, raw: mails[at]?.raw ?? '' }),
    ),
  );
}
