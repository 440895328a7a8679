import { deflateRawSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { limits } from '../../src/core/limits.js';
import { openMessage } from '../../src/openpgp/decrypt.js';
import { actor } from '../unit/openpgp/support.js';
import { encryptPackets, packet } from './openpgp-support.js';

/** A compressed packet (ZIP) of a literal packet with that many zeros. */
function bomb(octets: number): Uint8Array {
  const literal = packet(11, Buffer.from([0x62, 0, 0, 0, 0, 0]), Buffer.alloc(octets));
  return packet(8, Buffer.from([1]), deflateRawSync(literal));
}

it('refuses an encrypted mail that unpacks to more than the limit, in bounded memory', async () => {
  const bob = await actor('bob');
  const message = await encryptPackets(bomb(limits.pgpPlainBytes * 4), bob);
  expect(message.length).toBeLessThan(400_000);
  const before = process.resourceUsage().maxRSS;
  await expect(openMessage(message, { keys: [bob.key] })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  expect((process.resourceUsage().maxRSS - before) / 1024).toBeLessThan(250);
});

it('opens many bombs at once in the memory of one', async () => {
  const bob = await actor('bob');
  const message = await encryptPackets(bomb(limits.pgpPlainBytes * 2), bob);
  const before = process.resourceUsage().maxRSS;
  const outcomes = await Promise.allSettled(
    Array.from({ length: 10 }, () => openMessage(message, { keys: [bob.key] })),
  );
  expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
  expect((process.resourceUsage().maxRSS - before) / 1024).toBeLessThan(400);
});
