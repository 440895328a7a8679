import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Account } from '../../../src/chat/account.js';
import { MemoryStore } from '../../../src/store/memory-store.js';
import type { Store } from '../../../src/store/store.js';
import { MailHost } from '../../../src/testing/mail-host.js';

const PHOTO = { contentType: 'image/png', content: Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 1, 2) };
let host: MailHost;
const accounts: Account[] = [];

beforeEach(async () => {
  host = await MailHost.start();
  for (const email of ['ada@example.org', 'bob@example.net']) host.addUser(email);
});

afterEach(async () => {
  for (const account of accounts.splice(0)) await account.close();
  await host.close();
});

async function start(email: string, store: Store = new MemoryStore()): Promise<Account> {
  const account = await Account.open({ ...host.settings(email), store });
  accounts.push(account);
  await account.start();
  return account;
}

const next = (account: Account) =>
  new Promise<string>((resolve) => void account.once('message', (message) => resolve(message.text)));

describe('a profile', () => {
  it('goes along with the first message and after a change, for the right audience', async () => {
    const ada = await start('ada@example.org');
    const store = new MemoryStore();
    const bob = await start('bob@example.net', store);
    await ada.profile.set({
      name: 'Ada Lovelace',
      status: 'computing',
      photo: PHOTO,
      audiences: [{ categories: ['friend'], birthday: '1815-12-10', photo: null }],
    });
    const chat = await ada.chat('bob@example.net');
    let arrived = next(bob);
    await chat.send('hello');
    expect(await arrived).toBe('hello');
    const contact = await bob.contacts.get('ada@example.org');
    expect(contact).toMatchObject({ name: 'Ada Lovelace', status: 'computing', birthday: undefined, hasPhoto: true });
    expect(await contact.photo()).toEqual(PHOTO);

    arrived = next(ada);
    await (await bob.chat('ada@example.org')).send('hi');
    await arrived;
    const profile = async () => (await store.get('contacts', ['ada@example.org']))[0]?.profile;
    const before = await profile();
    arrived = next(bob);
    await chat.send('again');
    await arrived;
    expect(await profile()).toEqual(before);

    await ada.contacts.update('bob@example.net', { categories: ['Friend'] });
    arrived = next(bob);
    await chat.send('for friends');
    await arrived;
    expect(contact).toMatchObject({ name: 'Ada Lovelace', birthday: '1815-12-10', hasPhoto: false });
  });

  it('is the same on all devices, and knows who has it', async () => {
    const ada = await start('ada@example.org');
    await ada.profile.set({ name: 'Ada', photo: PHOTO, audiences: [{ categories: ['work'], name: 'A. Lovelace' }] });
    await (await ada.chat('bob@example.net')).send('hello');
    const contacts = host.mailbox('ada@example.org').folder('COI/Contacts');
    await contacts.until(({ messages }) => messages.length === 2);
    expect(await ada.profile.get()).toEqual({
      name: 'Ada',
      photo: PHOTO,
      audiences: [{ categories: ['work'], name: 'A. Lovelace', photo: PHOTO }],
    });
  });

  it('refuses what cannot be sent', async () => {
    const ada = await start('ada@example.org');
    const code = (code: string) => expect.objectContaining({ code });
    await expect(ada.profile.set({ birthday: 'tomorrow' })).rejects.toEqual(code('INVALID_OPTION'));
    await expect(ada.profile.set({ audiences: [{ categories: [] }] })).rejects.toEqual(code('INVALID_OPTION'));
    // @ts-expect-error An option that does not exist.
    await expect(ada.profile.set({ nick: 'a' })).rejects.toEqual(code('UNKNOWN_OPTION'));
    expect(await ada.profile.get()).toBeUndefined();
  });
});
