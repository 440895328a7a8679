import { expect, it } from 'vitest';
import { limits } from '../../src/core/limits.js';
import { isUsable } from '../../src/openpgp/key-use.js';
import { parsePrivateKey, parsePublicKey } from '../../src/openpgp/keys.js';
import { packetSpans } from '../../src/openpgp/packets.js';
import { actor, NOW } from '../unit/openpgp/support.js';
import { packet } from './openpgp-support.js';

async function pieces() {
  const { key, publicKey } = await actor('eve');
  const bytes = publicKey.bytes();
  let start = 0;
  const [primary, user, certification, subkey, binding] = [...packetSpans(bytes)].map(({ end }) => {
    const piece = bytes.subarray(start, end);
    start = end;
    return piece;
  });
  if (!primary || !user || !certification || !subkey || !binding) throw new Error('five packets expected');
  return { key, bytes, primary, user, certification, subkey, binding };
}

const repeat = (piece: Uint8Array, times: number) => Buffer.alloc(piece.length * times, piece);
const anySize = { maxBytes: 100 * 1024 * 1024 };

it.each(['subkey', 'user', 'certification', 'binding'] as const)(
  'refuses a key with 10,000 packets: %s',
  async (name) => {
    const eve = await pieces();
    const flood = Buffer.concat([eve.bytes, repeat(eve[name], 10_000)]);
    const started = Date.now();
    await expect(parsePublicKey(flood, anySize)).rejects.toMatchObject({ code: 'KEY_INVALID' });
    expect(Date.now() - started).toBeLessThan(500);
    // In a header or when imported it is refused for its size already.
    await expect(parsePublicKey(flood)).rejects.toThrow(/larger than 10240 octets/);
  },
);

it('refuses more subkeys, user ids and signatures than the limits, and takes as many', async () => {
  const eve = await pieces();
  const subkeys = (count: number) =>
    Buffer.concat([eve.primary, eve.user, eve.certification, repeat(Buffer.concat([eve.subkey, eve.binding]), count)]);
  expect(await isUsable(await parsePublicKey(subkeys(limits.pgpKeySubkeys), anySize), NOW)).toBe(true);
  await expect(parsePublicKey(subkeys(limits.pgpKeySubkeys + 1), anySize)).rejects.toThrow(/subkeys/);
  const users = (count: number) =>
    Buffer.concat([eve.primary, repeat(Buffer.concat([eve.user, eve.certification]), count), eve.subkey, eve.binding]);
  expect(await isUsable(await parsePublicKey(users(limits.pgpKeyUserIds), anySize), NOW)).toBe(true);
  await expect(parsePublicKey(users(limits.pgpKeyUserIds + 1), anySize)).rejects.toThrow(/user ids/);
  const signatures = Buffer.concat([eve.primary, eve.user, repeat(eve.certification, limits.pgpKeyOwnSignatures + 1)]);
  await expect(parsePublicKey(signatures, anySize)).rejects.toThrow(/signatures of its own/);
});

it('drops what others have signed, unread', async () => {
  const eve = await pieces();
  const foreign = Buffer.from(eve.certification);
  const issuer = Buffer.from(eve.key.fingerprint.slice(-16), 'hex');
  for (let at = foreign.indexOf(issuer); at >= 0; at = foreign.indexOf(issuer)) foreign.fill(7, at, at + 8);
  const famous = Buffer.concat([
    eve.primary,
    eve.user,
    eve.certification,
    repeat(foreign, 3000),
    eve.subkey,
    eve.binding,
  ]);
  const key = await parsePublicKey(famous, anySize);
  expect(key.bytes().length).toBe(eve.bytes.length);
  expect(await isUsable(key, NOW)).toBe(true);
});

it('refuses numbers that would take minutes to work with', async () => {
  const eve = await pieces();
  const rsa = (modulusBits: number, exponentBits: number) => {
    const mpi = (bits: number) =>
      Buffer.concat([Buffer.from([bits >> 8, bits & 0xff]), Buffer.alloc(Math.ceil(bits / 8), 0xff)]);
    return packet(6, Buffer.from([4, 0x60, 0, 0, 0, 1]), mpi(modulusBits), mpi(exponentBits));
  };
  const key = (primary: Uint8Array) => Buffer.concat([primary, eve.user, eve.certification]);
  await expect(parsePublicKey(key(rsa(60_000, 17)))).rejects.toThrow(/60000 bits/);
  await expect(parsePublicKey(key(rsa(4096, 4096)))).rejects.toThrow(/4096 bits/);
  expect((await parsePublicKey(key(rsa(4096, 17)))).fingerprint).toMatch(/^[0-9a-f]{40}$/);
});

it('refuses user ids beyond the limit, and keys whose packets have no length', async () => {
  const eve = await pieces();
  const long = Buffer.concat([
    eve.primary,
    packet(13, Buffer.alloc(limits.pgpUserIdBytes + 1, 0x61)),
    eve.certification,
  ]);
  await expect(parsePublicKey(long)).rejects.toMatchObject({ code: 'KEY_INVALID' });
  const open = Buffer.concat([Buffer.from([0x9b]), eve.primary.subarray(2), eve.user]);
  await expect(parsePublicKey(open)).rejects.toMatchObject({ code: 'KEY_INVALID' });
});

it('applies the same limits to private keys', async () => {
  const eve = await pieces();
  const flood = Buffer.concat([eve.key.bytes(), repeat(eve.user, 10_000)]);
  await expect(parsePrivateKey(flood)).rejects.toMatchObject({ code: 'KEY_INVALID' });
});
