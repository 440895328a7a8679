import { Account, type Message } from 'coi-sdk';
import { createTransport } from 'nodemailer';
import * as openpgp from 'openpgp';
import { accountOptions } from './ours.js';
import { median, type Row } from './report.js';
import { type BenchServers, DOMAIN, PASSWORD } from './servers.js';

const MEMBERS = 50;

/** An encrypted message to a group of 50, from the call until the server has taken it: one encryption, one SMTP transaction. */
export async function groupRow(servers: BenchServers, count: number): Promise<Row> {
  const sender = `group@${DOMAIN}`;
  const members = Array.from({ length: MEMBERS }, (_, index) => `member${index}@${DOMAIN}`);
  await servers.addUsers([sender, ...members]);
  const own = await key(sender);
  const keys = await Promise.all(members.map((email) => key(email)));
  // A greeting of each member brings the keys.
  await servers.fillInbox(sender, MEMBERS, (index) => greeting(members[index] ?? '', sender, keys[index]?.publicKey));
  const account = await Account.open(accountOptions({ imap: servers.imapPort, smtp: servers.smtpPort }, sender));
  await account.keys.import(own.privateKey.armor());
  const synced = new Promise<void>((resolve) => account.on('sync', ({ complete }) => complete && resolve()));
  await account.start();
  await synced;
  const group = await account.createGroup('Fifty', members);
  await group.lastMessage?.sent();

  const transport = createTransport({
    ...{ host: '127.0.0.1', port: servers.smtpPort, secure: false, ignoreTLS: true, pool: true, maxConnections: 1 },
    ...{ maxMessages: Number.POSITIVE_INFINITY, auth: { user: sender, pass: PASSWORD } },
  });
  const encryptionKeys = [own, ...keys].map(({ publicKey }) => publicKey);
  const ours: number[] = [];
  const floor: number[] = [];
  for (let index = 0; index < count; index++) {
    await settled();
    let started = performance.now();
    const message: Message = await group.send(`Message number ${index} to all of you`);
    await message.sent();
    ours.push(performance.now() - started);
    if (!message.security.encrypted || message.recipients.length !== MEMBERS) throw new Error('not what was meant');

    await settled();
    started = performance.now();
    // As long as ours, which brings the members' keys along.
    const text = `Subject: Fifty\r\n\r\nMessage number ${index} to all of you${gossip(keys)}`;
    const armored = await openpgp.encrypt({
      message: await openpgp.createMessage({ binary: Buffer.from(text) }),
      encryptionKeys,
      signingKeys: own.privateKey,
      config: { nonDeterministicSignaturesViaNotation: false },
    });
    await transport.sendMail({ envelope: { from: sender, to: members }, raw: `From: ${sender}\r\n\r\n${armored}` });
    floor.push(performance.now() - started);
  }
  transport.close();
  await account.close();
  return {
    what: `encrypted message to a group of ${MEMBERS}, from \`send()\` until the server has it, p50`,
    unit: 'ms',
    ours: median(ours),
    floor: median(floor),
    budget: 1.15,
    measure: 'ratio',
    note: `${count} messages; the floor encrypts, signs and hands over the same amount`,
  };
}

/** The servers are busy with the last message: 50 deliveries, and a copy for the sender. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 700));
}

function key(email: string) {
  return openpgp.generateKey({
    type: 'ecc',
    curve: 'curve25519Legacy',
    userIDs: [{ email }],
    format: 'object',
    date: new Date(Date.UTC(2025, 0, 1)),
    config: { nonDeterministicSignaturesViaNotation: false },
  });
}

function keyData(publicKey: openpgp.PublicKey | undefined): string {
  return Buffer.from(publicKey?.write() ?? [])
    .toString('base64')
    .replace(/.{76}/g, '$&\r\n ');
}

function gossip(keys: readonly { readonly publicKey: openpgp.PublicKey }[]): string {
  return keys
    .map(({ publicKey }) => `\r\nAutocrypt-Gossip: addr=someone@${DOMAIN}; keydata=${keyData(publicKey)}`)
    .join('');
}

function greeting(from: string, to: string, publicKey: openpgp.PublicKey | undefined): { raw: string; date: number } {
  const date = Date.now() - 3600_000;
  const raw = [
    `Date: ${new Date(date).toUTCString().replace('GMT', '+0000')}`,
    `From: ${from}`,
    `To: ${to}`,
    `Message-ID: <chat$hello${from}>`,
    'Subject: Chat: hello',
    'Chat-Version: 1.0',
    `Autocrypt: addr=${from}; prefer-encrypt=mutual; keydata=\r\n ${keyData(publicKey)}`,
    'Content-Type: text/plain',
    '',
    'hello',
    '',
  ].join('\r\n');
  return { raw, date };
}
