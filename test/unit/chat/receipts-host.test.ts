import { Account, type AccountOptions, type Message } from 'coi-sdk';
import { MailHost, type MailHostOptions } from 'coi-sdk/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nextMessage } from '../../e2e/support.js';

let host: MailHost;
const open: Account[] = [];

const ADA = 'ada@example.org';
const BOB = 'bob@example.org';
const CAROL = 'carol@example.org';

async function restart(options: MailHostOptions = {}): Promise<void> {
  await host?.close();
  host = await MailHost.start({ domain: 'example.org', ...options });
  for (const email of [ADA, BOB, CAROL]) host.addUser(email, 'secret');
}

beforeEach(() => restart());
afterEach(async () => {
  await Promise.all(open.splice(0).map((account) => account.close()));
  await host.close();
});

/** Without encryption there is no trust here, and so nothing confirms that mail arrives before it is read. */
async function account(email: string, options: Partial<AccountOptions> = {}): Promise<Account> {
  const opened = await Account.open({ ...host.settings(email), logger: { log() {} }, encryption: 'off', ...options });
  open.push(opened);
  await opened.start();
  return opened;
}

/** All mails of a mailbox that are receipts. */
function receiptsOf(email: string, path?: string) {
  const { inbox, folders } = host.mailbox(email);
  const all = path === undefined ? [inbox, ...folders] : [host.mailbox(email).folder(path)];
  return [...new Set(all)].flatMap(({ messages }) =>
    // What they are stands inside of the encryption.
    messages.filter((mail) => mail.header('Auto-Submitted') === 'auto-replied'),
  );
}

const withText = (text: string) => (message: Message) => message.text === text;

/** Ada and Bob have written to each other; then Ada sends a message, which asks for a receipt. */
async function conversation(ada: Account, bob: Account): Promise<{ sent: Message; got: Message }> {
  const first = nextMessage(bob, withText('hello'));
  await (await ada.chat(bob.email)).send('hello');
  const answer = nextMessage(ada, withText('hello yourself'));
  await (await first).reply('hello yourself');
  await answer;
  const second = nextMessage(bob, withText('read this'));
  const sent = await (await ada.chat(bob.email)).send('read this');
  return { sent, got: await second };
}

/** Resolves when the server that the account sends through has nothing of it any more. */
async function settled(...accounts: Account[]): Promise<void> {
  for (const one of accounts) {
    const chat = await one.chat(CAROL);
    const last = await chat.send('nothing else was on its way');
    await last.sent();
  }
}

describe('read receipts', () => {
  it('come from those who read the message, once, and are filed away', async () => {
    const [ada, bob] = [await account(ADA), await account(BOB)];
    const { sent, got } = await conversation(ada, bob);
    expect(sent.receipts).toEqual([]);
    await got.markRead();
    await sent.read({ signal: AbortSignal.timeout(10_000) });
    expect(sent.state).toBe('read');
    expect(sent.receipts).toMatchObject([{ address: BOB, state: 'read' }]);
    const chats = host.mailbox(ADA).folder('COI/Chats');
    await chats.until(() => receiptsOf(ADA, 'COI/Chats').length === 1);
    expect(host.mailbox(ADA).inbox.messages).toHaveLength(0);
    const [receipt] = receiptsOf(ADA);
    expect(receipt?.header('Auto-Submitted')).toBe('auto-replied');
    // Nobody sees it, and no copy of it is kept.
    expect(await (await ada.chat(BOB)).messages().toArray()).toHaveLength(3);
    expect(await bob.outbox.list()).toEqual([]);
    expect(receiptsOf(BOB)).toHaveLength(0);
    expect(host.mailbox(BOB).folder('COI/Chats').messages.at(-1)?.flags.has('$MDNSent')).toBe(true);
  });

  it.each([{}, { condstore: false }])('are sent once by two devices (server with %o)', async (capabilities) => {
    await restart({ capabilities });
    const ada = await account(ADA);
    const phone = await account(BOB);
    const { sent } = await conversation(ada, phone);
    const laptop = await account(BOB);
    await laptop.keys.import(await phone.keys.export());
    const chats = await Promise.all([phone.chat(ADA), laptop.chat(ADA)]);
    await Promise.all(chats.map((chat) => chat.markRead()));
    await sent.read({ signal: AbortSignal.timeout(10_000) });
    await settled(phone, laptop);
    if (!('condstore' in capabilities)) expect(receiptsOf(ADA)).toHaveLength(1);
    expect(sent.receipts).toHaveLength(1);
  });

  it('of several messages that were read at once come in one mail', async () => {
    const [ada, bob] = [await account(ADA), await account(BOB)];
    await conversation(ada, bob);
    await (await bob.chat(ADA)).markRead();
    const chat = await ada.chat(BOB);
    const all = nextMessage(bob, withText('third'));
    const sent = [await chat.send('first'), await chat.send('second'), await chat.send('third')];
    await all;
    const before = receiptsOf(ADA).length;
    await (await bob.chat(ADA)).markRead();
    await Promise.all(sent.map((message) => message.read({ signal: AbortSignal.timeout(10_000) })));
    expect(receiptsOf(ADA).length - before).toBeLessThanOrEqual(1);
  });

  it('that are due while offline go out later, also after a restart', async () => {
    const ada = await account(ADA);
    const { MemoryStore } = await import('coi-sdk');
    const store = new MemoryStore();
    const bob = await account(BOB, { store });
    const { sent, got } = await conversation(ada, bob);
    await bob.stop();
    await got.markRead();
    expect(receiptsOf(ADA)).toHaveLength(0);
    await bob.start();
    await sent.read({ signal: AbortSignal.timeout(10_000) });
  });

  it('are sent to nobody where the account, the chat or the contact says so', async () => {
    const ada = await account(ADA);
    const bob = await account(BOB, { receipts: 'never' });
    const { got } = await conversation(ada, bob);
    await got.markRead();
    await settled(bob);
    expect(receiptsOf(ADA)).toHaveLength(0);
    // The chat says yes, the contact no: the more cautious counts.
    await got.chat.setReceipts('always');
    await (await bob.contacts.get(ADA)).setReceipts('never');
    expect([got.chat.receipts, (await bob.contacts.get(ADA)).receipts]).toEqual(['always', 'never']);
    const again = nextMessage(bob, withText('again'));
    await (await ada.chat(BOB)).send('again');
    await (await again).markRead();
    await settled(bob);
    expect(receiptsOf(ADA)).toHaveLength(0);
    await (await bob.contacts.get(ADA)).setReceipts(undefined);
    const last = nextMessage(bob, withText('last'));
    const sent = await (await ada.chat(BOB)).send('last');
    await (await last).markRead();
    await sent.read({ signal: AbortSignal.timeout(10_000) });
  });

  it('are not sent to strangers, nor to plain mail programs that ask', async () => {
    const bob = await account(BOB);
    const asking = (from: string, id: string, chat: string) =>
      `From: ${from}\r\nTo: ${BOB}\r\nDate: ${new Date().toUTCString()}\r\nMessage-ID: <${id}>\r\nDisposition-Notification-To: ${from}\r\n${chat}Subject: s\r\n\r\n${id}\r\n`;
    const stranger = nextMessage(bob, withText('one@example.org'));
    host.deliver(asking(ADA, 'one@example.org', 'Chat-Version: 1.0\r\n'), { to: [BOB] });
    await (await stranger).markRead();
    const plain = nextMessage(bob, withText('two@example.org'));
    await (await bob.chat(CAROL)).send('hi');
    host.deliver(asking(CAROL, 'two@example.org', ''), { to: [BOB] });
    await (await plain).markRead();
    await settled(bob);
    expect([...receiptsOf(ADA), ...receiptsOf(CAROL)]).toEqual([]);
    // Unless the user wants just that.
    const chosen = nextMessage(bob, withText('three@example.org'));
    await (await plain).chat.setReceipts('always');
    host.deliver(asking(CAROL, 'three@example.org', ''), { to: [BOB] });
    await (await chosen).markRead();
    await host.mailbox(CAROL).inbox.until(() => receiptsOf(CAROL).length === 1);
  });
});
