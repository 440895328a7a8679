/**
 * `npm run demo`: a mail host in this process, two people with coi-sdk, and one with a plain mail program. Prints the
 * conversation as it happens; exits with 0 only if everything arrived.
 */

import { Account, type Message } from 'coi-sdk';
import { MailHost } from 'coi-sdk/testing';
import { createTransport } from 'nodemailer';
import { photo } from './photo.js';

const started = Date.now();
const host = await MailHost.start({ domain: 'example.org' });
for (const name of ['ada', 'bob', 'carla']) host.addUser(`${name}@example.org`, 'secret');

const quiet = { logger: { log() {} } };
const ada = await Account.open({ ...host.settings('ada@example.org'), name: 'Ada', ...quiet });
const bob = await Account.open({ ...host.settings('bob@example.org'), name: 'Bob', ...quiet });
await Promise.all([ada.start(), bob.start()]);
say('', 'a mail host with ada, bob and carla; ada and bob are connected');

try {
  // Text, and a reply: it is encrypted, because the key came with the text. Nobody has to do anything for that.
  const hello = expectMessage(bob, (m) => m.text === 'Hi Bob!');
  await (await ada.chat('bob@example.org')).send('Hi Bob!');
  const greeting = show(await hello);
  const answer = expectMessage(ada, (m) => m.text === 'Hi Ada, good to see you.');
  const answered = await greeting.reply('Hi Ada, good to see you.');
  const good = show(await answer);
  if (!isProtected(good)) throw new Error('the first answer is not encrypted');
  const { state } = await (await ada.chat('bob@example.org')).encryption();
  if (state !== 'encrypted') throw new Error(`the chat is ${state}`);
  say('', 'from here on the chat is encrypted end to end: the keys came with the first messages');

  // Bob learns that Ada has read his answer.
  await good.markRead();
  await answered.read({ signal: AbortSignal.timeout(30_000) });
  say('bob', `${answered.text} ✓✓ (read by ${answered.receipts.map(({ address }) => address).join(', ')})`);

  // A photo.
  const picture = expectMessage(bob, (m) => m.attachments.length === 1);
  await (await ada.chat('bob@example.org')).send({
    text: 'Look where I am',
    attachments: [{ filename: 'lake.png', content: photo }],
  });
  const received = show(await picture);
  const bytes = await received.attachments[0]?.download();
  if (!bytes || Buffer.compare(bytes, photo) !== 0) throw new Error('the photo did not arrive as it was sent');

  // The connections break while both write; nothing is lost, nothing comes twice.
  host.faults.dropConnections();
  say('', 'all connections are cut');
  const throughA = expectMessage(bob, (m) => m.text === 'Are you still there?');
  const throughB = expectMessage(ada, (m) => m.text === 'Yes! My train is in a tunnel.');
  await (await ada.chat('bob@example.org')).send('Are you still there?');
  await (await bob.chat('ada@example.org')).send('Yes! My train is in a tunnel.');
  show(await throughA);
  show(await throughB);

  // Somebody with a plain mail program.
  const smtp = host.settings('carla@example.org').smtp;
  const mailProgram = createTransport({
    host: smtp.host,
    port: smtp.port,
    secure: false,
    auth: { user: 'carla@example.org', pass: 'secret' },
  });

  // A group of the three; Carla takes part with her mail program.
  const invitation = expectMessage(bob, (m) => m.changes.some(({ kind }) => kind === 'created'));
  const crew = await ada.createGroup('Sailing', ['bob@example.org', 'carla@example.org']);
  const bobsCrew = show(await invitation).chat;
  const renaming = expectMessage(bob, (m) => m.changes.some(({ kind }) => kind === 'renamed'));
  await crew.rename('Sailing on Sunday');
  show(await renaming);
  const question = expectMessage(ada, (m) => m.text === '@all when do we start?');
  await bobsCrew.send('@all when do we start?');
  const asked = show(await question);
  if (!asked.mentionsMe || asked.chat !== crew) throw new Error('the question did not reach the group');
  const nine = expectMessage(bob, (m) => m.text === 'At nine!');
  const { messageId } = asked;
  await mailProgram.sendMail({
    from: 'Carla <carla@example.org>',
    to: ['ada@example.org', 'bob@example.org'],
    subject: 'Re: Sailing on Sunday',
    inReplyTo: `<${messageId}>`,
    references: `<${messageId}>`,
    text: 'At nine!',
  });
  if (show(await nine).chat !== bobsCrew) throw new Error('the answer of the mail program is not in the group');

  // She writes to Ada alone.
  const mail = expectMessage(ada, (m) => m.chat.kind === 'single' && m.from.address === 'carla@example.org');
  await mailProgram.sendMail({
    from: 'Carla <carla@example.org>',
    to: 'ada@example.org',
    subject: 'Dinner',
    text: 'Dinner at eight?\n\n-- \nCarla, sent from a plain mail program',
  });
  mailProgram.close();
  const dinner = show(await mail);
  const sent = await dinner.reply('With pleasure!');
  await sent.sent();
  const carla = host.mailbox('carla@example.org').folder('INBOX').messages;
  const subject = /^Subject: (.*)$/m.exec(Buffer.from(carla.at(-1)?.raw ?? []).toString())?.[1]?.trim();
  say('carla', `[mail program] got a mail with the subject "${subject ?? ''}"`);
  if (carla.length !== 4 || !subject) throw new Error('the plain mail program got no answer');

  for (const group of [crew, bobsCrew]) {
    const found = (await group.messages().toArray()).length;
    if (group.title !== 'Sailing on Sunday' || found !== 4) throw new Error(`the group has ${found} messages, not 4`);
  }
  await expectChats(ada, { 'bob@example.org': 5, 'carla@example.org': 2 });
  await expectChats(bob, { 'ada@example.org': 5 });
  say('', `everything arrived, each message once (${((Date.now() - started) / 1000).toFixed(1)} s)`);
} finally {
  await Promise.all([ada.close(), bob.close()]);
  await host.close();
}

function expectMessage(account: Account, matches: (message: Message) => boolean): Promise<Message> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${account.email} waited 30 s in vain`)), 30_000);
    account.on('message', (message) => {
      if (message.fromMe || !matches(message)) return;
      clearTimeout(timer);
      resolve(message);
    });
  });
}

async function expectChats(account: Account, counts: Record<string, number>): Promise<void> {
  for (const [address, count] of Object.entries(counts)) {
    let found = 0;
    for await (const _ of (await account.chat(address)).messages()) found++;
    if (found !== count) throw new Error(`${account.email} has ${found} messages with ${address}, not ${count}`);
  }
}

function show(message: Message): Message {
  const name = message.from.address.split('@')[0] ?? '';
  const files = message.attachments.map((file) => ` [${file.filename}, ${file.size} bytes]`).join('');
  say(name, `${isProtected(message) ? '🔒' : '  '} ${message.text}${files}`);
  return message;
}

/** Encrypted, and surely by the one who it is from: only both together deserve a padlock. */
function isProtected({ security }: Message): boolean {
  return security.encrypted && security.signature === 'valid';
}

function say(who: string, text: string): void {
  const time = ((Date.now() - started) / 1000).toFixed(2).padStart(6);
  console.log(`${time} s  ${who === '' ? `— ${text}` : `${who.padEnd(6)}${text}`}`);
}
