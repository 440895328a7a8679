import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/core/limits.js';
import { primarySecret } from '../../../src/openpgp/key-secret.js';
import { isUsable, keyExpiry, keyProblem, minimizeKey } from '../../../src/openpgp/key-use.js';
import {
  extendKey,
  fingerprintOf,
  generateKey,
  lockKey,
  parsePrivateKey,
  parsePublicKey,
  unlockKey,
} from '../../../src/openpgp/keys.js';
import { packetSpans } from '../../../src/openpgp/packets.js';
import { actor, DAY, NOW, utf8 } from './support.js';

function tags(bytes: Uint8Array): number[] {
  return [...packetSpans(bytes)].map(({ tag }) => tag);
}

describe('a new key', () => {
  it('has version 4, Ed25519 and Curve25519 in the old encoding, without notations', async () => {
    const key = await generateKey({ address: 'Ada@Example.org', now: NOW });
    expect(key.fingerprint).toMatch(/^[0-9a-f]{40}$/);
    expect(fingerprintOf(key)).toBe(key.fingerprint.toUpperCase());
    expect(key.userIds).toEqual(['<ada@example.org>']);
    expect(key.createdAt).toBe(NOW);
    expect(key.inner.getAlgorithmInfo()).toMatchObject({ algorithm: 'eddsaLegacy' });
    expect(key.inner.subkeys[0]?.getAlgorithmInfo()).toMatchObject({ algorithm: 'ecdh', curve: 'curve25519Legacy' });
    const minimal = await minimizeKey(key, { at: NOW });
    expect(tags(minimal.bytes())).toEqual([6, 13, 2, 14, 2]);
    expect(minimal.bytes().length).toBeLessThan(420);
  });

  it('keeps what has a meaning in a user id out of the name', async () => {
    const key = await generateKey({
      address: 'ada@example.org',
      name: 'Ada <eve@example.org> (x)\r\nBcc: y',
      now: NOW,
    });
    expect(key.userIds).toEqual(['Ada eveexample.org x Bcc: y <ada@example.org>']);
  });

  it.each(['', 'ada', 'a b@example.org', 'ada@example.org\r\nBcc: x@example.org'])(
    'is not made for %j',
    async (address) => {
      await expect(generateKey({ address })).rejects.toMatchObject({ code: 'INVALID_ADDRESS' });
    },
  );

  it('is not made to expire in the past', async () => {
    await expect(generateKey({ address: 'a@example.org', now: NOW, expires: NOW - 1 })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
  });
});

describe('reading a public key', () => {
  it('takes octets, armor, octets of armor, and folded base64', async () => {
    const { publicKey } = await actor('ada');
    const bytes = publicKey.bytes();
    const base64 = Buffer.from(bytes).toString('base64').replace(/.{60}/g, '$& \r\n ');
    for (const form of [bytes, publicKey.armored(), utf8(publicKey.armored()), base64]) {
      const read = await parsePublicKey(form);
      expect(read.fingerprint).toBe(publicKey.fingerprint);
      expect(Buffer.compare(read.bytes(), bytes)).toBe(0);
    }
  });

  it('remembers what it has read', async () => {
    const { publicKey } = await actor('ada');
    const first = await parsePublicKey(publicKey.bytes());
    expect(await parsePublicKey(publicKey.armored())).toBe(first);
  });

  it('forgets the oldest beyond the limit', async () => {
    const { publicKey } = await actor('ada');
    const first = await parsePublicKey(publicKey.bytes());
    const other = await actor('bob');
    const [, ...rest] = other.publicKey.inner.toPacketList();
    expect(rest).toHaveLength(4);
    // Any octets within a user id make another key as far as the cache is concerned.
    for (let i = 0; i < limits.pgpCachedKeys; i++) {
      const bytes = Buffer.from(other.publicKey.bytes());
      bytes.write(String(i).padStart(3, '0'), bytes.indexOf('bob@'));
      await parsePublicKey(bytes);
    }
    expect(await parsePublicKey(publicKey.bytes())).not.toBe(first);
  });

  it.each([
    ['nothing', ''],
    ['text', 'hello, world'],
    ['broken armor', '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA'],
    ['random octets', new Uint8Array([0xc6, 5, 1, 2, 3])],
    ['a length beyond the end', new Uint8Array([0x99, 0xff, 0xff, 4])],
  ])('refuses %s', async (_, input) => {
    await expect(parsePublicKey(input)).rejects.toMatchObject({ code: 'KEY_INVALID' });
  });

  it('refuses private keys, several keys, and keys that are too large for a header', async () => {
    const [ada, bob] = [await actor('ada'), await actor('bob')];
    await expect(parsePublicKey(ada.key.bytes())).rejects.toThrow(/private key/);
    const two = Buffer.concat([ada.publicKey.bytes(), bob.publicKey.bytes()]);
    await expect(parsePublicKey(two)).rejects.toThrow(/several keys/);
    const large = Buffer.concat([ada.publicKey.bytes(), Buffer.alloc(limits.pgpHeaderKeyBytes)]);
    await expect(parsePublicKey(large)).rejects.toThrow(/larger/);
    await expect(parsePublicKey(large.toString('base64'))).rejects.toThrow(/larger/);
  });
});

describe('usable keys', () => {
  it('are neither expired nor revoked', async () => {
    const key = await generateKey({ address: 'ada@example.org', now: NOW, expires: NOW + 10 * DAY });
    expect(await keyProblem(key, NOW + 9 * DAY)).toBeUndefined();
    expect(await keyProblem(key, NOW + 11 * DAY)).toBe('expired');
    expect(await keyExpiry(key, NOW)).toBe(NOW + 10 * DAY);
    expect(await isUsable(key, NOW)).toBe(true);
    const { revokeKey } = await import('openpgp');
    const { publicKey } = await revokeKey({ key: key.inner, date: new Date(NOW + DAY), format: 'binary' });
    const revoked = await parsePublicKey(publicKey);
    expect(await keyProblem(revoked, NOW + 2 * DAY)).toBe('revoked');
    await expect(minimizeKey(revoked, { at: NOW + 2 * DAY })).rejects.toMatchObject({ code: 'KEY_UNUSABLE' });
  });

  it('may be dated ahead, by less than a day', async () => {
    const { publicKey } = await actor('ada', NOW + 3600_000);
    expect(await isUsable(publicKey, NOW)).toBe(true);
    expect(await isUsable(publicKey, NOW - 2 * DAY)).toBe(false);
  });

  it('have a subkey for encryption, with a valid signature', async () => {
    const { publicKey } = await actor('ada');
    const [key, user, certification, subkey, binding] = publicKey.inner.toPacketList();
    expect([key, user, certification, subkey, binding]).not.toContain(undefined);
    const bytes = publicKey.bytes();
    const spans = [...packetSpans(bytes)];
    const withoutSubkey = await parsePublicKey(bytes.subarray(0, spans[2]?.end));
    expect(await keyProblem(withoutSubkey, NOW)).toBe('no-encryption-key');
    const forged = Uint8Array.from(bytes);
    forged[bytes.length - 1] = (forged[bytes.length - 1] ?? 0) ^ 1;
    expect(await keyProblem(await parsePublicKey(forged), NOW)).toBe('no-encryption-key');
  });

  it('of strangers lose the user ids that they did not sign themselves', async () => {
    const { publicKey } = await actor('ada');
    const forged = Buffer.from(publicKey.bytes());
    forged.write('eve', forged.indexOf('ada@'));
    const key = await parsePublicKey(forged);
    expect(await isUsable(key, NOW)).toBe(false);
    await expect(keyExpiry(key, NOW)).rejects.toMatchObject({ code: 'KEY_UNUSABLE' });
  });
});

describe('own keys', () => {
  it('are locked and unlocked with a passphrase', async () => {
    const { key } = await actor('ada');
    const locked = await lockKey(key, 'correct horse');
    expect([key.locked, locked.locked]).toEqual([false, true]);
    const read = await parsePrivateKey(locked.armored());
    expect(read.locked).toBe(true);
    await expect(unlockKey(read, 'wrong horse')).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' });
    const unlocked = await unlockKey(read, 'correct horse');
    expect(unlocked.locked).toBe(false);
    expect(primarySecret(unlocked)).toEqual(primarySecret(key));
    expect(primarySecret(key)).toHaveLength(32);
    expect(() => primarySecret(locked)).toThrow(/Unlock/);
    await expect(lockKey(locked, 'x')).rejects.toMatchObject({ code: 'KEY_LOCKED' });
    await expect(lockKey(key, '')).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(parsePrivateKey(key.toPublic().bytes())).rejects.toThrow(/public key/);
  });

  it('get a new end without a new fingerprint or subkey', async () => {
    const key = await generateKey({ address: 'ada@example.org', now: NOW, expires: NOW + 10 * DAY });
    const at = NOW + 20 * DAY;
    expect(await isUsable(key, at)).toBe(false);
    const longer = await extendKey(key, { now: at, expires: NOW + 100 * DAY });
    expect(longer.fingerprint).toBe(key.fingerprint);
    expect(longer.keyIds).toEqual(key.keyIds);
    expect(longer.userIds).toEqual(key.userIds);
    expect(await keyExpiry(longer, at)).toBe(NOW + 100 * DAY);
    expect(await isUsable(await minimizeKey(longer, { at }), at)).toBe(true);
    const forever = await extendKey(longer, { now: at + DAY });
    expect(await keyExpiry(forever, at + DAY)).toBeUndefined();
    expect(await keyExpiry(await parsePrivateKey(forever.bytes()), at + DAY)).toBeUndefined();
    await expect(extendKey(key, { now: at, expires: at - 1 })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(extendKey(await lockKey(key, 'x'), { now: at })).rejects.toMatchObject({ code: 'KEY_LOCKED' });
  });

  it('keep only the user id that was asked for when minimised', async () => {
    const { generateKey: make } = await import('openpgp');
    const { privateKey } = await make({
      userIDs: [{ email: 'ada@example.org' }, { name: 'Ada', email: 'ada@work.example' }],
      date: new Date(NOW),
      format: 'binary',
    });
    const key = await parsePrivateKey(privateKey);
    expect((await minimizeKey(key, { at: NOW })).userIds).toEqual(['<ada@example.org>']);
    expect((await minimizeKey(key, { at: NOW, address: 'Ada@work.example' })).userIds).toEqual([
      'Ada <ada@work.example>',
    ]);
    expect((await minimizeKey(key, { at: NOW, address: 'x@y.example' })).userIds).toEqual(['<ada@example.org>']);
  });
});
