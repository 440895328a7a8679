import { Account, MemoryStore, type Message } from 'coi-sdk';
import { Bot } from 'coi-sdk/bot';
import { type HostMail, MailHost } from 'coi-sdk/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { nextMessage } from '../e2e/support.js';

const [ADA, ONE, TWO] = ['ada@example.org', 'one@example.org', 'two@example.org'] as const;
let host: MailHost;
let ada: Account;
let bots: Bot[];

beforeEach(async () => {
  host = await MailHost.start({ domain: 'example.org' });
  for (const email of [ADA, ONE, TWO]) host.addUser(email, 'secret');
  // Encrypted receipts could not be told from other mail here.
  const quiet = { logger: { log() {} }, encryption: 'off', receipts: 'always' } as const;
  ada = await Account.open({ ...host.settings(ADA), ...quiet });
  await ada.start();
  bots = [ONE, TWO].map((email) => new Bot({ ...host.settings(email), ...quiet, store: new MemoryStore() }));
  for (const bot of bots) {
    bot.onMessage(async (message) => {
      await message.markRead();
      await message.reply(`${bot.email} heard: ${message.text}`);
    });
    await bot.start();
  }
});
afterEach(async () => {
  await Promise.all([ada.close(), ...bots.map((bot) => bot.stop())]);
  await host.close();
});

/** All mails of a mailbox that came from somebody. */
function mailsOf(email: string, from: string) {
  const { inbox, folders } = host.mailbox(email);
  const all = [...new Set([inbox, ...folders])].flatMap(({ messages }) => messages);
  return all.filter((mail) => mail.header('From')?.includes(from));
}

function isReceipt(mail: HostMail): boolean {
  return mail.header('Content-Type')?.includes('multipart/report') === true;
}

/** What the bots have got of each other: how many messages, how many receipts. */
function betweenBots() {
  return [mailsOf(ONE, TWO), mailsOf(TWO, ONE)].map((mails) => {
    const receipts = mails.filter(isReceipt).length;
    return { messages: mails.length - receipts, receipts };
  });
}

const answerOf = (email: string, text: string) =>
  nextMessage(ada, (message: Message) => message.text === `${email} heard: ${text}`);

/** Both bots have handled all that came before, and what they sent is out. */
async function round(text: string): Promise<void> {
  for (const { email } of bots) {
    const answer = answerOf(email, text);
    await (await ada.chat(email)).send(text);
    await answer;
  }
}

it('two bots in one chat that answer and confirm everything settle at once', { timeout: 60_000 }, async () => {
  await round('hello');
  const group = await ada.createGroup('Bots', [ONE, TWO]);
  const answers = [answerOf(ONE, 'who is there?'), answerOf(TWO, 'who is there?')];
  await group.send('who is there?');
  await Promise.all(answers);
  // Each got the other one's answer, and neither answered nor confirmed it.
  const settled = [
    { messages: 1, receipts: 0 },
    { messages: 1, receipts: 0 },
  ];
  await round('one');
  expect(betweenBots()).toEqual(settled);

  // One writes to the other by itself; marking it as read confirms nothing either.
  const [one, two] = bots as [Bot, Bot];
  await (await (await one.account.chat(TWO)).send('hello, other bot')).sent();
  await round('two');
  const chat = await two.account.chat(ONE);
  expect((await chat.messages().toArray()).map(({ text }) => text)).toEqual(['hello, other bot']);
  await chat.markRead();
  await round('three');
  expect(betweenBots()).toEqual([
    { messages: 1, receipts: 0 },
    { messages: 2, receipts: 0 },
  ]);
});

it('receipts and automatic mail that ask for a receipt get none', { timeout: 60_000 }, async () => {
  await round('hello');
  const head = (from: string, to: string, id: string) =>
    `From: ${from}\r\nTo: ${to}\r\nMessage-ID: <${id}>\r\nDate: ${new Date().toUTCString()}\r\nChat-Version: 1.0\r\n` +
    `Disposition-Notification-To: ${from}\r\nMIME-Version: 1.0\r\n`;
  for (const [i, [from, to]] of (
    [
      [ONE, TWO],
      [TWO, ONE],
    ] as const
  ).entries()) {
    host.deliver(`${head(from, to, `chat$automatic${i}@example.org`)}Auto-Submitted: auto-replied\r\n\r\nbeep\r\n`, {
      to,
    });
    host.deliver(
      `${head(from, to, `receipt${i}@example.org`)}Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n\r\n` +
        `--b\r\n\r\nread\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\nFinal-Recipient: rfc822;${from}\r\n` +
        'Original-Message-ID: <unknown@example.org>\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n--b--\r\n',
      { to },
    );
  }
  // A person who asks is told.
  host.deliver(`${head(ADA, ONE, 'chat$asked@example.org')}\r\nasked\r\n`, { to: ONE });
  await host.mailbox(ADA).inbox.until(() => mailsOf(ADA, ONE).some(isReceipt));
  await round('one');
  for (const bot of bots) for (const chat of await bot.account.chats.list()) await chat.markRead();
  await round('two');
  expect(betweenBots()).toEqual([
    { messages: 1, receipts: 1 },
    { messages: 1, receipts: 1 },
  ]);
});
