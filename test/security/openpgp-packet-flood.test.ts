import { deflateRawSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { openMessage } from '../../src/openpgp/decrypt.js';
import { encrypt } from '../../src/openpgp/encrypt.js';
import { actor, NOW, utf8 } from '../unit/openpgp/support.js';
import { encryptPackets, packet } from './openpgp-support.js';

const units = [
  ['marker packets', [0xca, 0x03, 0x50, 0x47, 0x50]],
  ['empty marker packets', [0xca, 0]],
  ['padding packets', [0xd5, 0]],
  ['unknown packets', [0xfc, 0]],
  ['one-pass signatures', [0xc4, 13, 3, 0, 8, 22, 1, 2, 3, 4, 5, 6, 7, 8, 0]],
] as const;

it.each(units)('does not work through a million octets of %s', async (_, unit) => {
  const bob = await actor('bob');
  const flood = Buffer.alloc(1_000_000, Buffer.from(unit));
  const started = Date.now();
  for (const content of [flood, packet(8, Buffer.from([1]), deflateRawSync(flood))]) {
    const message = await encryptPackets(content, bob);
    await expect(openMessage(message, { keys: [bob.key] })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  }
  expect(Date.now() - started).toBeLessThan(2000);
});

it('does not work through them in front of the encrypted data, or behind it', async () => {
  const [ada, bob] = await Promise.all([actor('ada'), actor('bob')]);
  const message = await encrypt(utf8('Hi'), { to: [bob.publicKey], signWith: ada.key, now: NOW });
  for (const [, unit] of units) {
    const flood = Buffer.alloc(1_000_000, Buffer.from(unit));
    for (const mixed of [Buffer.concat([flood, message]), Buffer.concat([message, flood])]) {
      await expect(openMessage(mixed, { keys: [bob.key] })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    }
  }
});

it('does not try thousands of hidden recipients', async () => {
  const bob = await actor('bob');
  const message = await encryptPackets(packet(11, Buffer.from([0x62, 0, 0, 0, 0, 0])), bob);
  const hidden = packet(1, Buffer.from([3, 0, 0, 0, 0, 0, 0, 0, 0, 18]), Buffer.alloc(84, 1));
  const flood = Buffer.concat([...Array<Uint8Array>(1500).fill(hidden), message]);
  await expect(openMessage(flood, { keys: [bob.key] })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
});

it('does not check more signatures than a mail can need', async () => {
  const [ada, bob] = await Promise.all([actor('ada'), actor('bob')]);
  const { createMessage, sign } = await import('openpgp');
  const signed = await sign({
    message: await createMessage({ binary: new Uint8Array(10) }),
    signingKeys: Array(20).fill(ada.key.inner),
    date: new Date(NOW),
    format: 'binary',
  });
  const message = await encryptPackets(signed, bob);
  await expect(openMessage(message, { keys: [bob.key] })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
});
