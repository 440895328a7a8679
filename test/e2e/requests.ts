import type { Account, AccountOptions, Message } from 'coi-sdk';
import { expect, it } from 'vitest';
import { eventually } from '../servers/temp.js';
import type { TestUser } from './servers.js';
import { messageIdsIn, nextMessage, sendPlain } from './support.js';

/** What these tests need of their suite. */
interface Suite {
  newUser(local: string): Promise<TestUser>;
  account(user: TestUser, options?: Partial<AccountOptions>): Promise<Account>;
}

/** What devices tell each other about contacts is encrypted with the account's key: both have it. */
async function shareKey(from: Account, to: Account): Promise<void> {
  if (from.keys.state === 'none') await from.keys.create();
  const { code } = await from.keys.createSetupMessage();
  await eventually(async () => expect(await to.keys.setupMessages()).not.toEqual([]), 30_000);
  const [setup] = await to.keys.setupMessages();
  if (setup) await to.keys.importSetupMessage(setup, code);
}

/** A new connection looks into all folders at once; not every server tells when something comes into the others. */
async function reconnect(account: Account): Promise<void> {
  await account.stop();
  await account.start({ signal: AbortSignal.timeout(30_000) });
}

/** Strangers, and people whom one wants to hear no more of. */
export function requestTests({ newUser, account }: Suite): void {
  it('shows what a stranger writes as a request until it is answered, on every device', async () => {
    const [adaUser, bobUser] = [await newUser('ada'), await newUser('bob')];
    const [ada, bob] = [await account(adaUser), await account(bobUser)];
    const arrived = nextMessage(ada, (m) => !m.fromMe);
    await (await bob.chat(adaUser.email)).send('Do you know me?');
    const { chat } = await arrived;
    expect(chat.request).toBe(true);
    expect(await ada.chats.list({ requests: true })).toEqual([chat]);
    expect(await ada.chats.list({ requests: false })).not.toContain(chat);
    expect((await bob.chat(adaUser.email)).request).toBe(false);

    const phone = await account(adaUser);
    const there = await phone.chat(bobUser.email);
    expect(there.request).toBe(true);
    await shareKey(ada, phone);
    await chat.accept();
    expect(chat.request).toBe(false);
    await eventually(async () => {
      await reconnect(phone);
      expect(there.request).toBe(false);
    }, 30_000);
  }, 90_000);

  it('moves what a blocked contact writes out of sight, on every device, and back', async () => {
    const [adaUser, bobUser] = [await newUser('ada'), await newUser('bob')];
    const [ada, bob] = [await account(adaUser), await account(bobUser)];
    const first = nextMessage(ada, (m) => m.text === 'Hello');
    const toAda = await bob.chat(adaUser.email);
    await toAda.send('Hello');
    const { chat } = await first;
    const contact = await ada.contacts.get(bobUser.email);
    await contact.block();
    expect(contact.blocked).toBe(true);
    expect(await ada.chats.list()).not.toContain(chat);
    expect(await chat.messages().toArray()).toEqual([]);

    const phone = await account(adaUser);
    await shareKey(ada, phone);
    const sameContact = await phone.contacts.get(bobUser.email);
    await eventually(async () => {
      if (!sameContact.blocked) await reconnect(phone);
      expect(sameContact.blocked).toBe(true);
    }, 30_000);
    const told: string[] = [];
    for (const who of [ada, phone]) who.on('message', (message: Message) => void told.push(message.text));
    const hidden = await toAda.send('Can you hear me?');
    const plain = await sendPlain(bobUser, { to: adaUser.email, subject: 'Hey', text: 'Or this?' });
    await eventually(async () => {
      const ids = await messageIdsIn(adaUser, 'Blocked');
      expect(ids).toContain(hidden.messageId);
      expect(ids).toContain(plain.replace(/[<>]/g, ''));
    }, 30_000);
    expect(await chat.messages().toArray()).toEqual([]);

    await sameContact.unblock();
    await eventually(async () => {
      if (contact.blocked) await reconnect(ada);
      const texts = (await chat.messages().toArray()).map(({ text }) => text.trim()).sort();
      expect(texts).toEqual(['Can you hear me?', 'Hello', 'Or this?']);
      expect(await messageIdsIn(adaUser, 'Blocked')).toEqual([]);
      expect(await messageIdsIn(adaUser, 'COI/Chats')).toContain(hidden.messageId);
    }, 30_000);
    expect(contact.blocked).toBe(false);
    expect(told).toEqual([]);
  }, 90_000);
}
