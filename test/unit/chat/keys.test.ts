import { MemoryStore, type OwnKeyState } from 'coi-sdk';
import { afterEach, describe, expect, it } from 'vitest';
import type { AccountOptions } from '../../../src/chat/options.js';
import { parsePrivateKey } from '../../../src/openpgp/keys.js';
import { TransactionKeyStore } from '../../../src/sync/keys/transaction-key-store.js';
import { clockAt, DAY, NOW } from '../autocrypt/people.js';
import { type Opened, openSession } from './open-session.js';

const opened: Opened[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ account }) => account.close()));
});

async function open(options: Partial<AccountOptions> = {}): Promise<Opened> {
  const one = await openSession({ clock: clockAt(NOW), ...options });
  opened.push(one);
  return one;
}

/** Plays mail in the mailbox that shows a key elsewhere. */
const showKeyElsewhere = ({ session }: Opened) =>
  session.writer.run((tx) => new TransactionKeyStore(tx).noteEvidence({ autocrypt: NOW - DAY }));

describe('the keys of an account', () => {
  it('are none in a new store; one that is made is ready and announced', async () => {
    const { account } = await open();
    expect([account.keys.state, account.keys.fingerprint, account.keys.list()]).toEqual(['none', undefined, []]);
    const key = await account.keys.create();
    expect(key).toEqual({
      fingerprint: expect.stringMatching(/^[0-9a-f]{40}$/),
      addresses: [],
      createdAt: new Date(NOW),
      expires: undefined,
      usable: true,
    });
    expect([account.keys.state, account.keys.fingerprint, account.keys.list()]).toEqual([
      'ready',
      key.fingerprint,
      [key],
    ]);
    await expect(account.keys.create()).rejects.toMatchObject({ code: 'KEY_EXISTS' });
    const second = await account.keys.create({ replace: true });
    expect(account.keys.list().map(({ fingerprint }) => fingerprint)).toEqual([second.fingerprint, key.fingerprint]);
  });

  it('tell their state as it changes, once', async () => {
    const ada = await open();
    const states: OwnKeyState[] = [];
    ada.account.on('keys', (state) => states.push(state));
    await showKeyElsewhere(ada);
    expect(ada.account.keys.state).toBe('import-needed');
    await expect.poll(() => states).toEqual(['import-needed']);
    await showKeyElsewhere(ada);
    await expect(ada.account.keys.create()).rejects.toMatchObject({ code: 'KEY_IMPORT_NEEDED' });
    expect(() => ada.account.keys.exportPublic()).toThrow(expect.objectContaining({ code: 'KEY_IMPORT_NEEDED' }));
    await ada.account.keys.create({ replace: true });
    await expect.poll(() => states).toEqual(['import-needed', 'ready']);
    await ada.account.keys.setPreferences({ preferEncrypt: 'mutual' });
    await ada.account.keys.create({ replace: true });
    await expect.poll(() => states).toEqual(['import-needed', 'ready', 'ready']);
  });

  it('need the other device also after the account was opened again', async () => {
    const store = new MemoryStore();
    const ada = await open({ store });
    await showKeyElsewhere(ada);
    await ada.account.close();
    expect((await open({ store })).account.keys.state).toBe('import-needed');
  });

  it('are exported, locked or not, and imported elsewhere', async () => {
    const { account } = await open();
    const { fingerprint } = await account.keys.create({ name: 'Ada' });
    const bare = await account.keys.export();
    const locked = await account.keys.export({ passphrase: 'secret' });
    expect((await parsePrivateKey(locked)).locked).toBe(true);
    expect(account.keys.exportPublic()).toMatch(/^-----BEGIN PGP PUBLIC KEY BLOCK-----/);

    const other = (await open()).account;
    await expect(other.keys.import(locked)).rejects.toMatchObject({ code: 'KEY_LOCKED' });
    await expect(other.keys.import(locked, { passphrase: 'no' })).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' });
    await expect(other.keys.import('no key')).rejects.toMatchObject({ code: 'KEY_INVALID' });
    await expect(other.keys.import(account.keys.exportPublic())).rejects.toMatchObject({ code: 'KEY_INVALID' });
    expect(await other.keys.import(locked, { passphrase: 'secret' })).toMatchObject({ fingerprint, usable: true });
    expect(other.keys.state).toBe('ready');
    expect(await (await open()).account.keys.import(bare)).toMatchObject({ fingerprint });
  });

  it('end, and are renewed', async () => {
    const clock = clockAt(NOW);
    const { account } = await open({ clock });
    const { fingerprint } = await account.keys.create({ expires: new Date(NOW + DAY) });
    clock.set(NOW + 2 * DAY);
    expect([account.keys.state, account.keys.fingerprint]).toEqual(['none', undefined]);
    expect(account.keys.list()).toMatchObject([{ fingerprint, usable: false, expires: new Date(NOW + DAY) }]);
    const renewed = await account.keys.renew({ expires: new Date(NOW + 9 * DAY) });
    expect(renewed).toMatchObject({ fingerprint, usable: true, expires: new Date(NOW + 9 * DAY) });
    expect(account.keys.fingerprint).toBe(fingerprint);
    await expect(account.keys.renew({ expires: new Date(NaN) })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(account.keys.renew({ expires: new Date(NOW) })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  it('keep what the user prefers', async () => {
    const store = new MemoryStore();
    const { account } = await open({ store });
    expect([account.keys.enabled, account.keys.preferEncrypt]).toEqual([true, 'nopreference']);
    await account.keys.setPreferences({ preferEncrypt: 'mutual' });
    await account.keys.setPreferences({ enabled: false });
    await account.close();
    const again = (await open({ store })).account;
    expect([again.keys.enabled, again.keys.preferEncrypt]).toEqual([false, 'mutual']);
  });

  it('give the content of a QR code, with the name of the account', async () => {
    const { account } = await open({ name: 'Ada Lovelace' });
    const { fingerprint } = await account.keys.create();
    expect(account.keys.verificationCode()).toBe(
      `OPENPGP4FPR:${fingerprint.toUpperCase()}#a=ada%40example.org&n=Ada%20Lovelace`,
    );
    expect(account.keys.verificationCode({ name: 'A' })).toMatch(/&n=A$/);
  });

  it('refuse what they do not know, and closed accounts', async () => {
    const { account } = await open();
    await expect(account.keys.create({ expire: new Date() } as object)).rejects.toMatchObject({
      code: 'UNKNOWN_OPTION',
    });
    await expect(account.keys.create({ addresses: ['bob@example.net'] })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
    await account.close();
    await expect(account.keys.create()).rejects.toMatchObject({ code: 'INVALID_STATE' });
    await expect(account.keys.import('x')).rejects.toMatchObject({ code: 'INVALID_STATE' });
  });
});

describe('an account with several addresses', () => {
  const aliases = ['work@example.org'];
  const bob = 'bob@example.net';

  it('uses one key for all of them', async () => {
    const { account, engine } = await open({ aliases });
    const { fingerprint } = await account.keys.create();
    expect(account.keys.verificationCode({ address: 'work@example.org' })).toContain(
      `${fingerprint.toUpperCase()}#a=work%40example.org`,
    );
    await (await account.chat(bob)).send({ text: 'Hi', from: 'work@example.org' });
    expect(Buffer.from(engine.accepted[0]?.mail.bytes ?? []).toString()).toContain('Autocrypt: addr=work@example.org;');
  });

  it('may have a key of its own for one of them', async () => {
    const { account, session } = await open({ aliases });
    const shared = await account.keys.create();
    const work = await account.keys.create({ addresses: ['work@example.org'], replace: true });
    expect(account.keys.fingerprint).toBe(shared.fingerprint);
    expect(account.keys.verificationCode({ address: 'work@example.org' })).toContain(work.fingerprint.toUpperCase());
    expect(work.addresses).toEqual(['work@example.org']);
    const header = async (address: string) => (await session.keys.manager.headerFor(address))?.replace(/\s/g, '') ?? '';
    expect(await header('work@example.org')).not.toContain((await header('ada@example.org')).split('keydata=')[1]);
    await expect(account.keys.export({ address: bob })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});
