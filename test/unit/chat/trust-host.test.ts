import { Account, type AccountOptions, type Message, type TrustEvent } from 'coi-sdk';
import { MailHost } from 'coi-sdk/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nextMessage } from '../../e2e/support.js';
import { eventually } from '../../servers/temp.js';

let host: MailHost;
const open: Account[] = [];

const ADA = 'ada@example.org';
const BOB = 'bob@example.org';

beforeEach(async () => {
  host = await MailHost.start({ domain: 'example.org' });
  for (const email of [ADA, BOB]) host.addUser(email, 'secret');
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((account) => account.close()));
  await host.close();
});

async function account(email: string, options: Partial<AccountOptions> = {}): Promise<Account> {
  const opened = await Account.open({ ...host.settings(email), logger: { log() {} }, ...options });
  open.push(opened);
  await opened.start();
  if (opened.keys.state !== 'ready') await opened.keys.create();
  return opened;
}

async function say(from: Account, to: Account, text: string): Promise<Message> {
  const got = nextMessage(to, (message) => message.text === text && !message.fromMe);
  await (await from.chat(to.email)).send(text);
  return got;
}

const trustIn = async (who: Account, whom: Account) => (await who.contacts.get(whom.email)).trust;

/** So many messages that both sides have presented what they hold. */
async function becomeFriends(ada: Account, bob: Account): Promise<void> {
  await say(ada, bob, 'one');
  await say(bob, ada, 'two');
  await say(ada, bob, 'three');
  await say(bob, ada, 'four');
  await say(ada, bob, 'five');
}

describe('a trusted connection', () => {
  it('comes about by itself while people write to each other, encrypted', async () => {
    const [ada, bob] = [await account(ADA), await account(BOB)];
    const events: TrustEvent[] = [];
    bob.on('trust', (contact, event) => {
      expect(contact.address).toBe(ADA);
      events.push(event);
    });
    const first = await say(ada, bob, 'one');
    expect(first.security.encrypted).toBe(false);
    expect((await trustIn(bob, ada)).state).toBe('none');
    await say(bob, ada, 'two');
    expect((await trustIn(bob, ada)).state).toBe('offered');
    expect((await trustIn(ada, bob)).state).toBe('received');
    const third = await say(ada, bob, 'three');
    expect(third.security).toMatchObject({ encrypted: true, signature: 'valid' });
    expect((await trustIn(bob, ada)).state).toBe('trusted');
    await say(bob, ada, 'four');
    expect((await trustIn(ada, bob)).state).toBe('trusted');
    expect((await trustIn(ada, bob)).until?.getTime()).toBeGreaterThan(Date.now() + 80 * 24 * 3600_000);
    expect(events.map((event) => (event.kind === 'state' ? event.state : event.reason))).toEqual([
      'offered',
      'trusted',
    ]);
    // Nothing of it stands outside of the encryption.
    const raw = host.mailbox(BOB).folders.flatMap(({ messages }) => messages.map((mail) => mail.raw.toString()));
    expect(
      raw
        .filter((mail) => mail.includes('multipart/encrypted'))
        .some((mail) => /^COI-(?:MyS|S|Client)Token/m.test(mail)),
    ).toBe(false);
  });

  it('confirms that messages arrive before anybody has read them', async () => {
    const [ada, bob] = [await account(ADA), await account(BOB)];
    await becomeFriends(ada, bob);
    const sent = await (await ada.chat(BOB)).send('did you get this?');
    await sent.delivered({ signal: AbortSignal.timeout(10_000) });
    expect(sent.state).toBe('delivered');
    expect(sent.receipts).toMatchObject([{ address: BOB, state: 'delivered' }]);
    await (await bob.chat(ADA)).markRead();
    await sent.read({ signal: AbortSignal.timeout(10_000) });
    expect(sent.receipts).toMatchObject([{ address: BOB, state: 'read' }]);
  });

  it('is all that read receipts need, and what they need where the policy says so', async () => {
    const [ada, bob] = [await account(ADA), await account(BOB, { receipts: 'trusted' })];
    await say(ada, bob, 'one');
    await say(bob, ada, 'two');
    await say(ada, bob, 'three');
    const sent = await (await ada.chat(BOB)).send('four');
    await nextMessage(bob, (message) => message.text === 'four');
    await (await bob.chat(ADA)).markRead();
    await sent.read({ signal: AbortSignal.timeout(10_000) });
  });

  it('ends when the user revokes it, on this side only, and begins again when they offer it', async () => {
    const [ada, bob] = [await account(ADA), await account(BOB)];
    await becomeFriends(ada, bob);
    const trust = await trustIn(bob, ada);
    const refused = new Promise<TrustEvent>((resolve) => {
      bob.on('trust', (_, event) => {
        if (event.kind === 'refused') resolve(event);
      });
    });
    await trust.revoke();
    expect(trust.state).toBe('revoked');
    await say(ada, bob, 'still there?');
    expect(await refused).toMatchObject({ what: 'presentation', reason: 'revoked' });
    expect(trust.state).toBe('revoked');
    const answer = await say(bob, ada, 'sure');
    expect((await answer.chat.messages().toArray()).length).toBeGreaterThan(0);
    expect(trust.state).toBe('revoked');
    await trust.offer();
    // Ada's token is still here.
    expect(trust.state).toBe('received');
    await say(bob, ada, 'let us start again');
    await say(ada, bob, 'gladly');
    expect(trust.state).toBe('trusted');
  });

  it('ends when the contact is blocked, and stays ended after that: nothing is confirmed, no profile goes along', async () => {
    const [ada, bob] = [await account(ADA), await account(BOB, { receipts: 'trusted' })];
    await becomeFriends(ada, bob);
    const contact = await bob.contacts.get(ADA);
    // What was granted anew is dated after the revocation, which may be ahead of the clock.
    await contact.trust.revoke();
    await contact.trust.offer();
    await contact.block();
    expect(contact.trust.state).toBe('revoked');
    await bob.profile.set({ name: 'Bobby', status: 'On the water' });
    await say(bob, ada, 'never mind');
    const bobs = await ada.contacts.get(BOB);
    expect(bobs.status).toBeUndefined();
    const sent = await (await ada.chat(BOB)).send('why not?');
    await sent.sent();
    await contact.unblock();
    expect(contact.trust.state).toBe('revoked');
    const seen = nextMessage(bob, (message) => message.text === 'are you back?');
    const last = await (await ada.chat(BOB)).send('are you back?');
    await (await seen).markRead();
    await say(bob, ada, 'yes');
    expect(bobs.status).toBe('On the water');
    expect([sent.state, last.state]).toEqual(['sent', 'sent']);
  });

  it('lets each side see that the other one is typing, and nothing is left of it', async () => {
    const [ada, bob] = [await account(ADA, { typing: true }), await account(BOB)];
    await becomeFriends(ada, bob);
    const chat = await ada.chat(BOB);
    const before = await (await bob.chat(ADA)).messages().toArray();
    const typing: string[] = [];
    const first = new Promise<void>((resolve) => {
      bob.on('typing', (where) => {
        typing.push(where.id);
        resolve();
      });
    });
    const messages: Message[] = [];
    bob.on('message', (message) => {
      messages.push(message);
    });
    await chat.typing();
    await chat.typing();
    await first;
    await say(ada, bob, 'what I typed');
    await host.mailbox(BOB).inbox.until((inbox) => inbox.messages.length === 0);
    expect(typing).toEqual([`single:${ADA}`]);
    expect(messages.map(({ text }) => text)).toEqual(['what I typed']);
    expect(await (await bob.chat(ADA)).messages().toArray()).toHaveLength(before.length + 1);
    const chats = host.mailbox(BOB).folder('COI/Chats');
    await chats.until(({ messages: mails }) => mails.every((mail) => mail.header('Expires') === undefined));
    await expect((await bob.chat(ADA)).typing()).rejects.toMatchObject({ code: 'INVALID_STATE' });
  });

  it('is what typing notices need: nobody else is told', async () => {
    const [ada, bob] = [await account(ADA, { typing: true }), await account(BOB)];
    await say(ada, bob, 'one');
    await (await ada.chat(BOB)).typing();
    await say(ada, bob, 'two');
    expect(
      host
        .mailbox(BOB)
        .folders.flatMap(({ messages }) => messages)
        .some((mail) => mail.header('Expires')),
    ).toBe(false);
  });

  it('is known to another device, which presents what the first one received', { timeout: 60_000 }, async () => {
    const [ada, phone] = [await account(ADA), await account(BOB)];
    await becomeFriends(ada, phone);
    const laptop = await Account.open({ ...host.settings(BOB), logger: { log() {} } });
    open.push(laptop);
    await laptop.start();
    const { code, message } = await phone.keys.createSetupMessage();
    await message.sent();
    await eventually(async () => expect(await laptop.keys.setupMessages()).toHaveLength(1));
    const [setup] = await laptop.keys.setupMessages();
    if (setup === undefined) throw new Error('The setup message is not there.');
    await laptop.keys.importSetupMessage(setup, code);
    await eventually(async () => expect((await trustIn(laptop, ada)).state).toBe('trusted'));
    const refused: TrustEvent[] = [];
    ada.on('trust', (_, event) => {
      refused.push(event);
    });
    await say(laptop, ada, 'from my laptop');
    expect((await trustIn(ada, laptop)).state).toBe('trusted');
    expect(refused).toEqual([]);
    // What one device ends is ended for all of them.
    await (await trustIn(laptop, ada)).revoke();
    await eventually(async () => {
      await phone.stop();
      await phone.start();
      expect((await trustIn(phone, ada)).state).toBe('revoked');
    });
  });
});
