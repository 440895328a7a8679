import { createMessage, encrypt as libraryEncrypt } from 'openpgp';
import { expect, it } from 'vitest';
import { withoutArmor } from '../../src/openpgp/armor.js';
import { lockKey, parsePrivateKey } from '../../src/openpgp/keys.js';
import { decryptWithPassphrase, encryptWithPassphrase } from '../../src/openpgp/passphrase.js';
import { actor, utf8 } from '../unit/openpgp/support.js';
import { packet } from './openpgp-support.js';

function armored(message: Uint8Array): string {
  return `-----BEGIN PGP MESSAGE-----\n\n${Buffer.from(message).toString('base64')}\n-----END PGP MESSAGE-----\n`;
}

/** A session key packet of version 4 with that S2K. */
const sessionKey = (...s2k: readonly number[]) => packet(3, Buffer.from([4, 9, ...s2k]));
const salt = (octets: number) => Array<number>(octets).fill(1);

it.each([
  ['2 TiB of memory', [4, ...salt(16), 1, 1, 31]],
  ['512 MiB of memory', [4, ...salt(16), 1, 1, 19]],
  ['255 passes over 64 MiB', [4, ...salt(16), 255, 4, 16]],
])('does not try a passphrase that takes %s (Argon2)', async (_, s2k) => {
  const message = Buffer.concat([sessionKey(...s2k), packet(18, Buffer.from([1]), Buffer.alloc(100))]);
  const started = Date.now();
  await expect(decryptWithPassphrase(armored(message), 'x')).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  expect(Date.now() - started).toBeLessThan(1000);
});

it('does not try a passphrase on a thousand session keys', async () => {
  const expensive = sessionKey(3, 8, ...salt(8), 0xff);
  const message = Buffer.concat([
    ...Array<Uint8Array>(1000).fill(expensive),
    packet(18, Buffer.from([1]), Buffer.alloc(100)),
  ]);
  await expect(decryptWithPassphrase(armored(message), 'x')).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
});

it('tries what honest programs ask for', async () => {
  // Argon2 as RFC 9106 recommends it for little memory.
  const message = await libraryEncrypt({
    message: await createMessage({ binary: utf8('Hi') }),
    passwords: 'secret',
    format: 'armored',
    config: { s2kType: 4, aeadProtect: true },
  });
  expect(await decryptWithPassphrase(message, 'secret')).toBe('Hi');
  // As much as the old form can ask for, which is what GnuPG does on fast machines.
  const own = Buffer.from(withoutArmor(utf8(await encryptWithPassphrase('Hi', 'secret'))));
  own[own.indexOf(Buffer.from([4, 9, 3, 8])) + 12] = 0xff;
  await expect(decryptWithPassphrase(armored(own), 'secret')).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' });
});

it('does not read a private key whose passphrase is too expensive to check', async () => {
  const { key } = await actor('ada');
  const bytes = Buffer.from((await lockKey(key, 'secret')).bytes());
  const iterated = bytes.indexOf(Buffer.from([254, 9, 3, 8]));
  expect(iterated).toBeGreaterThan(0);
  const argon = Buffer.concat([bytes.subarray(0, iterated), Buffer.from([253, 9, 2, 4, ...salt(16), 9, 4, 31])]);
  const body = argon.subarray(2);
  await expect(parsePrivateKey(packet(5, body))).rejects.toThrow(/too much time or memory/);
});
