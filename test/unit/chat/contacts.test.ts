import { describe, expect, it } from 'vitest';
import { openSession } from './open-session.js';
import { messageRecord } from './records.js';

const BOB = 'bob@example.net';
const WORK = 'b.builder@work.example';
const PHOTO = { contentType: 'image/png', content: Uint8Array.of(1, 2, 3) };

describe('the address book', () => {
  it('keeps what the user enters, for all addresses of a person', async () => {
    const { account } = await openSession();
    const bob = await account.contacts.create({
      addresses: [BOB, 'B.Builder@Work.example'],
      name: ' Bob  Builder ',
      birthday: '19901209',
      categories: ['friend', 'work', 'friend'],
      photo: PHOTO,
    });
    expect(bob).toMatchObject({
      address: BOB,
      name: 'Bob Builder',
      birthday: '1990-12-09',
      listed: true,
      hasPhoto: true,
    });
    const work = await account.contacts.get(WORK);
    expect(work.addresses).toEqual([WORK, BOB]);
    expect(work).toMatchObject({ name: 'Bob Builder', categories: ['friend', 'work'] });
    expect(await work.photo()).toEqual(PHOTO);
    expect(await account.contacts.list()).toHaveLength(1);
    expect((await account.chat(WORK)).title).toBe('Bob Builder');
    await account.close();
  });

  it('prefers the nickname to the name, and both to what the header says', async () => {
    const { account, receive } = await openSession();
    await receive([messageRecord('a', { sender: BOB, from: { address: BOB, name: 'Bob' } })]);
    const bob = await account.contacts.get(BOB);
    expect(bob.name).toBe('Bob');
    await bob.update({ name: 'Bob Builder' });
    expect(bob.name).toBe('Bob Builder');
    await bob.update({ nickname: 'Bobby' });
    expect(bob.name).toBe('Bobby');
    await bob.update({ nickname: null, name: null });
    expect(bob.name).toBe('Bob');
    await account.close();
  });

  it('tells of changes', async () => {
    const { account } = await openSession();
    const told: string[] = [];
    account.on('contact', (contact, change) => void told.push(`${change} ${contact.address} ${contact.name}`));
    await account.contacts.create({ address: BOB, nickname: 'Bobby' });
    await account.contacts.update(BOB, { nickname: 'Bob' });
    await account.contacts.delete(BOB);
    await expect.poll(() => told.at(-1)).toBe('removed bob@example.net undefined');
    expect(told[0]).toMatch(/^added bob@example.net/);
    await account.close();
  });

  it('forgets what it deletes, and starts anew afterwards', async () => {
    const { account, receive } = await openSession();
    await receive([messageRecord('a', { sender: BOB, from: { address: BOB, name: 'Bob' } })]);
    const bob = await account.contacts.create({ addresses: [BOB, WORK], nickname: 'Bobby', photo: PHOTO });
    await bob.delete();
    expect(bob).toMatchObject({ name: 'Bob', listed: false, hasPhoto: false });
    expect(await account.contacts.list({ listed: true })).toEqual([]);
    await bob.update({ status: 'back' });
    expect(bob).toMatchObject({ name: 'Bob', status: 'back', listed: true });
    await account.close();
  });

  it('lets addresses join and leave a contact', async () => {
    const { account } = await openSession();
    const bob = await account.contacts.create({ address: BOB, nickname: 'Bobby' });
    await bob.update({ addresses: [BOB, WORK] });
    expect(bob.addresses).toEqual([WORK, BOB]);
    await bob.update({ addresses: [BOB] });
    expect(bob.addresses).toEqual([BOB]);
    const work = await account.contacts.get(WORK);
    expect(work).toMatchObject({ name: undefined, addresses: [WORK], listed: false });
    await work.update({ nickname: 'Office' });
    expect([bob.name, work.name]).toEqual(['Bobby', 'Office']);
    await bob.update({ addresses: [WORK, BOB] });
    expect(work.addresses).toEqual([WORK, BOB]);
    await account.close();
  });

  it('is searched by the beginnings of words', async () => {
    const { account } = await openSession();
    await account.contacts.create({ address: BOB, name: 'Jörg Müller' });
    await account.contacts.create({ address: 'carol@example.com', nickname: 'Caro' });
    const found = async (text: string) => (await account.contacts.search(text)).map(({ address }) => address);
    expect(await found('jorg mu')).toEqual([BOB]);
    expect(await found('example')).toEqual(['carol@example.com', BOB]);
    expect(await found('zzz')).toEqual([]);
    expect(await found('')).toEqual([]);
    await account.close();
  });

  it('refuses what cannot be kept', async () => {
    const { account } = await openSession();
    const { contacts } = account;
    const code = (code: string) => expect.objectContaining({ code });
    await expect(contacts.create({ address: 'nobody' })).rejects.toEqual(code('INVALID_ADDRESS'));
    await expect(contacts.create({ addresses: [] })).rejects.toEqual(code('INVALID_OPTION'));
    await expect(contacts.create({ address: BOB, birthday: '1990-02-30' })).rejects.toEqual(code('INVALID_OPTION'));
    const svg = { contentType: 'image/svg+xml', content: PHOTO.content };
    await expect(contacts.update(BOB, { photo: svg })).rejects.toEqual(code('INVALID_OPTION'));
    const large = { contentType: 'image/png', content: new Uint8Array(300 * 1024) };
    await expect(contacts.update(BOB, { photo: large })).rejects.toEqual(code('ATTACHMENT_TOO_LARGE'));
    await expect(contacts.update(BOB, { addresses: [WORK] })).rejects.toEqual(code('INVALID_OPTION'));
    await expect(contacts.update(BOB, { categories: ['a,b'] })).rejects.toEqual(code('INVALID_OPTION'));
    // @ts-expect-error An option that does not exist.
    await expect(contacts.update(BOB, { nick: 'x' })).rejects.toEqual(code('UNKNOWN_OPTION'));
    expect(await contacts.list()).toEqual([]);
    await account.close();
  });
});
