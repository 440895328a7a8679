import { once } from 'node:events';
import { Account } from 'coi-sdk';
import { simpleParser } from 'mailparser';
import { createTransport } from 'nodemailer';
import { connectFloor } from './floor.js';
import { accountOptions } from './ours.js';
import { median, type Row } from './report.js';
import { type BenchServers, DOMAIN, PASSWORD } from './servers.js';
import { startTap } from './tap.js';

/** From EXISTS on the wire to the `message` event, and from `send()` to MAIL on the wire. */
export async function latencyRows(servers: BenchServers, count: number): Promise<Row[]> {
  const [ours, floor, sender] = [`ours@${DOMAIN}`, `floor@${DOMAIN}`, `sender@${DOMAIN}`];
  await servers.addUsers([ours, floor, sender]);
  const oursTap = await startTap(servers.imapPort, 'from-server', 'EXISTS');
  const floorTap = await startTap(servers.imapPort, 'from-server', 'EXISTS');
  const smtpTap = await startTap(servers.smtpPort, 'to-server', 'MAIL FROM');
  const account = await Account.open(accountOptions({ imap: oursTap.port, smtp: smtpTap.port }, ours));
  await account.start();
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
    const accepted = transport.sendMail({
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
      await simpleParser(source);
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
  for (let index = 0; index < count; index++) {
    const before = performance.now();
    const message = await chat.send(`tock ${index}`);
    await message.sent();
    mailTimes.push(smtpTap.last() - before);
  }
  transport.close();
  lock.release();
  await client.logout();
  await account.close();
  await Promise.all([oursTap.close(), floorTap.close(), smtpTap.close()]);
  return [
    {
      what: 'EXISTS on the wire to `message` event, p50',
      unit: 'ms',
      ours: median(oursTimes),
      floor: median(floorTimes),
      budget: 10,
      measure: 'difference',
      note: `${count} mails; the server itself takes ${median(wire).toFixed(0)} ms from 250 to EXISTS`,
    },
    {
      what: '`send()` to SMTP MAIL on the wire, p50',
      unit: 'ms',
      ours: median(mailTimes),
      floor: 0,
      budget: 10,
      measure: 'difference',
      note: `${count} messages, plain`,
    },
  ];
}
