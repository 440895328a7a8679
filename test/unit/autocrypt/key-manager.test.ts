import { beforeAll, describe, expect, it } from 'vitest';
import { refusal } from '../../../src/autocrypt/decision.js';
import { parseAutocryptHeader } from '../../../src/autocrypt/header.js';
import { KeyManager } from '../../../src/autocrypt/key-manager.js';
import { MemoryKeyStore } from '../../../src/autocrypt/memory-key-store.js';
import { readSetupMessage } from '../../../src/autocrypt/setup-message.js';
import { parseVerificationCode } from '../../../src/autocrypt/verification.js';
import { composeMime } from '../../../src/mail/compose/mime.js';
import { readMail } from '../../../src/mail/read-mail.js';
import { decrypt } from '../../../src/openpgp/decrypt.js';
import { encrypt } from '../../../src/openpgp/encrypt.js';
import { keyExpiry } from '../../../src/openpgp/key-use.js';
import { lockKey, parsePrivateKey, parsePublicKey } from '../../../src/openpgp/keys.js';
import type { OwnKeyRecord } from '../../../src/store/key-records.js';
import {
  clockAt,
  DAY,
  incoming,
  ME,
  mail,
  mailWithKey,
  manager,
  NOW,
  type Person,
  person,
  readyManager,
} from './people.js';

let bob: Person;
let carol: Person;
beforeAll(async () => {
  [bob, carol] = await Promise.all([person('bob@example.net'), person('carol@example.net')]);
});

function coded(code: string) {
  return expect.objectContaining({ code });
}

async function headerOf(keys: KeyManager, address?: string) {
  return parseAutocryptHeader((await keys.headerFor(address)) ?? '');
}

describe('own keys', () => {
  it('are made when asked for, and kept', async () => {
    const store = new MemoryKeyStore();
    const keys = await manager({ store });
    expect(keys.state()).toBe('none');
    expect(await keys.headerFor()).toBeUndefined();
    expect(() => keys.signingKey()).toThrow(coded('KEY_UNUSABLE'));
    const made = await keys.create({ name: 'Me' });
    expect(made).toMatchObject({ addresses: [], createdAt: NOW, usable: true });
    expect(keys.state()).toBe('ready');
    const again = await manager({ store });
    expect(again.ownKeys).toEqual([made]);
    expect(again.signingKey().fingerprint).toBe(made.fingerprint);
    expect(again.signingKey().userIds).toEqual([`Me <${ME}>`]);
    expect(await again.headerFor()).toBe(await keys.headerFor());
  });

  it('are not made twice by accident', async () => {
    const keys = await readyManager();
    const [old] = keys.ownKeys;
    await expect(keys.create()).rejects.toEqual(coded('KEY_EXISTS'));
    const made = await keys.create({ replace: true });
    expect(keys.ownKeys.map(({ fingerprint }) => fingerprint)).toEqual([made.fingerprint, old?.fingerprint]);
    expect(keys.signingKey().fingerprint).toBe(made.fingerprint);
    expect(keys.decryptionKeys).toHaveLength(2);
  });

  it('stand in the header of five packets, for the address that writes', async () => {
    const keys = await readyManager({ addresses: [ME, 'Alias@example.org'] });
    const header = await headerOf(keys);
    expect(header).toMatchObject({ address: ME, preferEncrypt: 'nopreference' });
    expect(header.keyData.length).toBeLessThan(450);
    expect((await parsePublicKey(header.keyData)).fingerprint).toBe(keys.signingKey().fingerprint);
    await keys.setPreferences({ preferEncrypt: 'mutual' });
    expect(await headerOf(keys, 'ALIAS@example.org')).toMatchObject({
      address: 'alias@example.org',
      preferEncrypt: 'mutual',
    });
    await expect(keys.headerFor('eve@example.org')).rejects.toEqual(coded('INVALID_OPTION'));
  });

  it('survive being written into a mail', async () => {
    const keys = await readyManager();
    const raw = await composeMime({
      contentType: 'text/plain',
      content: 'Hi',
      headers: [
        ['From', [{ address: ME }]],
        ['Date', { date: NOW }],
        ['Message-ID', { structured: '<a@example.org>' }],
        ['Autocrypt', { structured: (await keys.headerFor()) ?? '' }],
      ],
    });
    const text = new TextDecoder().decode(raw);
    expect(Math.max(...text.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(78);
    const other = await manager({ addresses: 'bob@example.net' });
    await other.processMail({ mail: await readMail(raw), receivedAt: NOW });
    expect((await other.peer(ME)).fingerprint).toBe(keys.signingKey().fingerprint);
  });

  it('may differ between addresses', async () => {
    const keys = await readyManager({ addresses: [ME, 'work@example.com'] });
    const work = await keys.create({ addresses: ['Work@example.com'], replace: true });
    expect(work.addresses).toEqual(['work@example.com']);
    expect(keys.signingKey('work@example.com').fingerprint).toBe(work.fingerprint);
    expect(keys.signingKey(ME).fingerprint).not.toBe(work.fingerprint);
    expect((await keys.signatureKeys(ME)).length).toBe(2);
  });

  it('go out armored and come in again', async () => {
    const keys = await readyManager();
    const other = await manager();
    const info = await other.importKey(await keys.exportKey());
    expect(info.fingerprint).toBe(keys.signingKey().fingerprint);
    expect(other.state()).toBe('ready');
    const locked = await keys.exportKey({ passphrase: 'secret' });
    const third = await manager();
    await expect(third.importKey(locked)).rejects.toEqual(coded('KEY_LOCKED'));
    await expect(third.importKey(locked, { passphrase: 'Secret' })).rejects.toEqual(coded('WRONG_PASSPHRASE'));
    expect(third.ownKeys).toEqual([]);
    await third.importKey(locked, { passphrase: 'secret' });
    expect(third.signingKey().locked).toBe(false);
    await expect(third.importKey(keys.exportPublicKey())).rejects.toEqual(coded('KEY_INVALID'));
    expect((await parsePublicKey(keys.exportPublicKey())).fingerprint).toBe(info.fingerprint);
  });

  it('that have expired are none, until they are renewed', async () => {
    const clock = clockAt();
    const store = new MemoryKeyStore();
    const keys = await manager({ clock, store });
    const made = await keys.create({ expires: NOW + 10 * DAY });
    expect(made.expires).toBe(NOW + 10 * DAY);
    clock.set(NOW + 11 * DAY);
    expect(keys.state()).toBe('none');
    expect(keys.ownKeys).toMatchObject([{ usable: false }]);
    expect(await keys.headerFor()).toBeUndefined();
    expect((await (await manager({ clock, store })).recommend(['x@y.z'])).reason).toBe('no-own-key');
    const renewed = await keys.renew({ expires: NOW + 30 * DAY });
    expect(renewed).toMatchObject({ fingerprint: made.fingerprint, usable: true, expires: NOW + 30 * DAY });
    expect((await manager({ clock, store })).state()).toBe('ready');
    const inHeader = await parsePublicKey((await headerOf(keys)).keyData);
    expect(await keyExpiry(inHeader, clock.now())).toBe(NOW + 30 * DAY);
    await expect(keys.renew({ expires: NOW })).rejects.toEqual(coded('INVALID_OPTION'));
  });

  it('of a peer are followed when they are renewed', async () => {
    const clock = clockAt();
    const theirs = await KeyManager.open({ addresses: bob.address, clock });
    const made = await theirs.create({ expires: NOW + 10 * DAY });
    const ours = await readyManager({ clock });
    const send = async (date: number) =>
      ours.processMail(
        await incoming({ from: bob.address, date, fields: [['Autocrypt', (await theirs.headerFor()) ?? '']] }),
      );
    await send(NOW);
    clock.set(NOW + 9 * DAY);
    await theirs.renew({});
    expect((await send(NOW + 9 * DAY)).changes).toEqual([]);
    clock.set(NOW + 12 * DAY);
    expect(await ours.peer(bob.address)).toMatchObject({ fingerprint: made.fingerprint, source: 'direct' });
  });
});

describe('a sealed store', () => {
  it('gives nothing away without the passphrase', async () => {
    const store = new MemoryKeyStore();
    const keys = await readyManager({ store, passphrase: 'correct horse' });
    const [record] = (await store.ownKeys()) as [OwnKeyRecord];
    expect(record.sealed).toBe(true);
    await expect(parsePrivateKey(record.secret)).rejects.toEqual(coded('KEY_INVALID'));
    await expect(manager({ store })).rejects.toEqual(coded('KEY_LOCKED'));
    await expect(manager({ store, passphrase: 'correct hors' })).rejects.toEqual(coded('WRONG_PASSPHRASE'));
    const again = await manager({ store, passphrase: 'correct horse' });
    expect(again.signingKey().fingerprint).toBe(keys.signingKey().fingerprint);
  });

  it('notices a secret put in the place of another, and a damaged one', async () => {
    const store = new MemoryKeyStore();
    await readyManager({ store, passphrase: 'correct horse' });
    const [record] = (await store.ownKeys()) as [OwnKeyRecord];
    const moved = new MemoryKeyStore();
    await moved.commit({ ownKeys: [{ ...record, fingerprint: bob.fingerprint }] });
    await expect(manager({ store: moved, passphrase: 'correct horse' })).rejects.toEqual(coded('WRONG_PASSPHRASE'));
    const damaged = new MemoryKeyStore();
    await damaged.commit({ ownKeys: [{ ...record, sealed: false, secret: 'AAAA' }] });
    await expect(manager({ store: damaged })).rejects.toEqual(coded('STORE_CORRUPT'));
  });
});

describe('one key per mailbox', () => {
  const own = (fields: [string, string][] = [], type = 'text/plain') =>
    incoming({ from: ME, to: 'bob@example.net', fields, type });

  it.each([
    ['an own mail with Autocrypt', async () => own([['Autocrypt', (await person(ME)).header]])],
    ['an own encrypted mail', () => own([], 'multipart/encrypted; boundary=x')],
    ['a setup message', () => incoming({ from: ME, to: ME, fields: [['Autocrypt-Setup-Message', 'v1']] })],
  ])('%s means that there is one elsewhere', async (_, evidence) => {
    const store = new MemoryKeyStore();
    const keys = await manager({ store });
    await keys.processMail(await evidence());
    expect(keys.state()).toBe('import-needed');
    expect((await manager({ store })).state()).toBe('import-needed');
    expect(await keys.headerFor()).toBeUndefined();
    expect(() => keys.signingKey()).toThrow(coded('KEY_IMPORT_NEEDED'));
    await expect(keys.create()).rejects.toEqual(coded('KEY_IMPORT_NEEDED'));
    await keys.processMail(await mailWithKey(bob));
    const refused = await keys.recommend([bob.address], { replyToEncrypted: true });
    expect(refused.action).toBe('refuse');
    expect(refusal(refused).code).toBe('KEY_IMPORT_NEEDED');
    await keys.create({ replace: true });
    expect(keys.state()).toBe('ready');
  });

  it.each([
    ['plain own mail', () => own()],
    ['encrypted mail of others', () => incoming({ from: 'bob@example.net', type: 'multipart/encrypted; boundary=x' })],
    ['mail of others with keys', () => mailWithKey(bob)],
    ['spam', async () => ({ ...(await own([['Autocrypt-Setup-Message', 'v1']])), spam: true })],
    [
      'mail that only claims to be ours',
      async () => ({ ...(await own([['Autocrypt-Setup-Message', 'v1']])), own: false }),
    ],
    ['a broken Autocrypt field', () => own([['Autocrypt', `addr=${ME}; keydata=AAAA`]])],
  ])('%s does not', async (_, harmless) => {
    const keys = await manager();
    await keys.processMail(await harmless());
    expect(keys.state()).toBe('none');
  });

  it('goes over with a setup message, old mail included', async () => {
    const old = await readyManager();
    await old.setPreferences({ preferEncrypt: 'mutual' });
    const sealed = await encrypt(new TextEncoder().encode('Hi'), {
      ...{ to: [], signWith: old.signingKey(), now: NOW },
    });
    const written = await old.createSetupMessage({ text: 'My key' });
    const found = await readMail(written.mail);
    const keys = await manager();
    await keys.processMail({ mail: found, receivedAt: NOW });
    expect(keys.state()).toBe('import-needed');
    const message = readSetupMessage(found, keys.addresses);
    if (!message) throw new Error('not found');
    await expect(keys.importSetupMessage(message, '1234')).rejects.toEqual(coded('SETUP_CODE_WRONG'));
    expect(keys.state()).toBe('import-needed');
    const info = await keys.importSetupMessage(message, written.code);
    expect(info.fingerprint).toBe(old.signingKey().fingerprint);
    expect(keys.state()).toBe('ready');
    expect(keys.preferEncrypt).toBe('mutual');
    const opened = await decrypt(sealed, { keys: keys.decryptionKeys, verifyWith: await keys.signatureKeys(ME) });
    expect(new TextDecoder().decode(opened.data)).toBe('Hi');
    expect(opened.signatures).toMatchObject([{ state: 'valid' }]);
  });
});

describe('recommend', () => {
  it('brings the keys to encrypt to', async () => {
    const keys = await readyManager();
    await keys.processMails([await mailWithKey(bob), await incoming({ from: carol.address })]);
    const advice = await keys.recommend([{ address: 'Bob@example.net', usesChat: true }, ME]);
    expect(advice.action).toBe('encrypt');
    expect([...advice.publicKeys].map(([address, key]) => [address, key.fingerprint])).toEqual([
      [bob.address, bob.fingerprint],
    ]);
    const sealed = await encrypt(new TextEncoder().encode('Hi'), {
      ...{ to: [...advice.publicKeys.values()], signWith: keys.signingKey(), now: NOW },
    });
    const opened = await decrypt(sealed, { keys: [bob.key], verifyWith: await keys.signatureKeys(ME) });
    expect(opened.signatures).toMatchObject([{ state: 'valid', fingerprint: keys.signingKey().fingerprint }]);
    const both = await keys.recommend([bob.address, carol.address], { mode: 'require' });
    expect(both).toMatchObject({ action: 'refuse', reason: 'no-key', addresses: [carol.address] });
  });

  it('follows the preferences of both sides', async () => {
    const keys = await readyManager();
    await keys.processMail(await incoming({ from: bob.address, fields: [['Autocrypt', bob.mutual]] }));
    expect((await keys.recommend([bob.address])).recommendation).toBe('available');
    await keys.setPreferences({ preferEncrypt: 'mutual' });
    expect((await keys.recommend([bob.address])).action).toBe('encrypt');
    await keys.setPreferences({ enabled: false });
    expect(await keys.recommend([bob.address])).toMatchObject({ action: 'plain', reason: 'off' });
    expect(await keys.headerFor()).toBeUndefined();
    expect(keys.enabled).toBe(false);
  });

  it('counts expired keys as none, and falls back to gossip', async () => {
    const clock = clockAt();
    const keys = await readyManager({ clock });
    const short = await person('dave@example.net', { expires: NOW + DAY });
    await keys.processMail(await mailWithKey(short));
    expect((await keys.recommend([short.address])).recommendation).toBe('available');
    clock.set(NOW + 2 * DAY);
    expect(await keys.recommend([short.address])).toMatchObject({ recommendation: 'disable', reason: 'no-key' });
    expect((await keys.peer(short.address)).fingerprint).toBeUndefined();
    const other = await person(short.address);
    const payload = await mail({ fields: [['Autocrypt-Gossip', other.gossip]] });
    await keys.processMail(
      await incoming({ from: bob.address, to: `${ME}, ${short.address}`, payload, date: NOW + DAY }),
    );
    const advice = await keys.recommend([short.address]);
    expect(advice.recommendation).toBe('discourage');
    expect(advice.publicKeys.get(short.address)?.fingerprint).toBe(other.fingerprint);
  });
});

describe('gossipFor', () => {
  async function group() {
    const keys = await readyManager();
    await keys.processMails([await mailWithKey(bob), await mailWithKey(carol)]);
    return keys;
  }
  const chat = (...addresses: string[]) => addresses.map((address) => ({ address, usesChat: true }));

  it('has a field for each recipient, learned by the others', async () => {
    const keys = await group();
    const advice = await keys.recommend(chat(bob.address, carol.address));
    const fields = await keys.gossipFor(advice, { recipients: [bob.address, 'Carol@example.net', ME, bob.address] });
    expect(fields.map((value) => parseAutocryptHeader(value))).toEqual([
      { address: bob.address, preferEncrypt: 'nopreference', keyData: bob.keyData },
      { address: carol.address, preferEncrypt: 'nopreference', keyData: carol.keyData },
    ]);
    const theirs = await manager({ addresses: bob.address });
    const payload = await mail({ fields: fields.map((value): [string, string] => ['Autocrypt-Gossip', value]) });
    await theirs.processMail(await incoming({ from: ME, to: `${bob.address}, ${carol.address}`, payload }));
    expect((await theirs.peer(carol.address)).fingerprint).toBe(carol.fingerprint);
  });

  it('does not reveal who is in Bcc', async () => {
    const keys = await group();
    const advice = await keys.recommend(chat(bob.address, carol.address));
    expect(await keys.gossipFor(advice, { recipients: [bob.address] })).toEqual([]);
  });

  it('has the key for Reply-To, even to one recipient', async () => {
    const keys = await group();
    const advice = await keys.recommend(chat(bob.address));
    const fields = await keys.gossipFor(advice, { recipients: [bob.address], replyTo: [carol.address, 'x@y.z'] });
    expect(fields.map((value) => parseAutocryptHeader(value).address)).toEqual([bob.address, carol.address]);
    expect(await keys.gossipFor(advice, { recipients: [bob.address], replyTo: [ME] })).toEqual([]);
  });

  it('is nothing for a message that is not encrypted', async () => {
    const keys = await group();
    const advice = await keys.recommend([bob.address, carol.address]);
    expect(advice.action).toBe('plain');
    expect(await keys.gossipFor(advice, { recipients: [bob.address, carol.address] })).toEqual([]);
  });
});

describe('calls that are wrong', () => {
  it('are refused by name', async () => {
    await expect(manager({ addresses: [] })).rejects.toEqual(coded('INVALID_OPTION'));
    await expect(manager({ addresses: 'nobody' })).rejects.toEqual(coded('INVALID_ADDRESS'));
    await expect(manager({ passphrase: '' })).rejects.toEqual(coded('INVALID_OPTION'));
    await expect(KeyManager.open(JSON.parse('{"addresses":"me@example.org","storage":1}'))).rejects.toThrow('storage');
    const keys = await readyManager();
    await expect(keys.create(JSON.parse('{"replaced":true}'))).rejects.toEqual(coded('UNKNOWN_OPTION'));
    await expect(keys.setVerified('bob@example.net', 'abc')).rejects.toEqual(coded('INVALID_OPTION'));
    await expect(keys.create({ addresses: ['x@y.z'] })).rejects.toEqual(coded('INVALID_OPTION'));
    await expect(keys.importKey((await lockKey(bob.key, 'x')).armored())).rejects.toEqual(coded('KEY_LOCKED'));
  });
});

it('verification codes name address and key', async () => {
  const keys = await readyManager();
  const code = parseVerificationCode(keys.verificationCode({ name: 'Me' }));
  expect(code).toEqual({ fingerprint: keys.signingKey().fingerprint, address: ME, name: 'Me' });
});
