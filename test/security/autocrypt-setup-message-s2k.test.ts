import { beforeAll, expect, it } from 'vitest';
import { encodeBase64 } from '../../src/autocrypt/base64.js';
import { openSetupMessage } from '../../src/autocrypt/setup-message.js';
import { encryptWithPassphrase } from '../../src/openpgp/passphrase.js';
import { ME, person } from '../unit/autocrypt/people.js';

const CODE = '1234-5678-1234-5678-1234-5678-1234-5678-1234';
const SALT = Array.from({ length: 8 }, () => 7);
let passphrasePacket: Uint8Array;
let data: Uint8Array;

beforeAll(async () => {
  const armored = await encryptWithPassphrase((await person(ME)).key.armored(), CODE);
  const body = armored.split('\n\n')[1]?.split('\n=')[0] ?? armored.split('\r\n\r\n')[1] ?? '';
  const bytes = new Uint8Array(Buffer.from(body.split(/\r?\n[=-]/)[0] ?? '', 'base64'));
  const end = 2 + (bytes[1] ?? 0);
  passphrasePacket = bytes.slice(0, end);
  data = bytes.slice(end);
});

/** A passphrase packet (RFC 9580 5.3) with that body. */
function packet(...body: number[]): number[] {
  return [0xc3, body.length, ...body];
}

/** Opens a setup message of these packets. */
function open(...packets: (readonly number[] | Uint8Array)[]) {
  const bytes = new Uint8Array(packets.flatMap((one) => [...one]));
  const encrypted = `-----BEGIN PGP MESSAGE-----\n\n${encodeBase64(bytes)}\n-----END PGP MESSAGE-----\n`;
  return openSetupMessage({ address: ME, isNumeric: true, encrypted }, CODE);
}

it('the untouched one can be opened', async () => {
  await expect(open(passphrasePacket, data)).resolves.toMatchObject({ preferEncrypt: 'nopreference' });
});

const argon2 = (passes: number, memoryExponent: number) => packet(4, 9, 4, ...SALT, ...SALT, passes, 4, memoryExponent);

it.each([
  ['two gibibytes of memory', argon2(3, 21)],
  ['a terabyte of memory', argon2(1, 30)],
  ['255 passes over little memory', argon2(255, 10)],
])('%s (Argon2) are not spent', async (_, hostile) => {
  const started = performance.now();
  const before = process.memoryUsage().rss;
  await expect(open(hostile, data)).rejects.toMatchObject({ code: 'SETUP_MESSAGE_INVALID' });
  expect(performance.now() - started).toBeLessThan(2000);
  expect(process.memoryUsage().rss - before).toBeLessThan(128 * 1024 * 1024);
});

it('a thousand passphrase packets, each of which would hash 62 MiB, are not tried', async () => {
  const costly = packet(4, 9, 3, 8, ...SALT, 255);
  const started = performance.now();
  await expect(open(...Array.from({ length: 1000 }, () => costly), data)).rejects.toMatchObject({
    code: 'SETUP_MESSAGE_INVALID',
  });
  expect(performance.now() - started).toBeLessThan(2000);
});

it.each([
  ['no passphrase packet', []],
  ['two of them', [passphrasePacketOf, passphrasePacketOf]],
  ['S2K without iterations', [() => packet(4, 9, 1, 8, ...SALT)]],
  ['S2K without salt', [() => packet(4, 9, 0, 8)]],
  ['another cipher than AES', [() => packet(4, 3, 3, 8, ...SALT, 96)]],
  ['another version', [() => packet(5, 9, 2, 3, 8, ...SALT, 96)]],
] as const)('%s: refused as malformed', async (_, packets) => {
  await expect(open(...packets.map((make) => make()), data)).rejects.toMatchObject({ code: 'SETUP_MESSAGE_INVALID' });
});

function passphrasePacketOf(): number[] {
  return [...passphrasePacket];
}

it('data without integrity protection is refused', async () => {
  const old = [0xc9, ...data.slice(1)];
  await expect(open(passphrasePacket, old)).rejects.toMatchObject({ code: 'SETUP_MESSAGE_INVALID' });
});

it('changed data is refused', async () => {
  for (const at of [20, data.length - 1]) {
    const changed = data.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    await expect(open(passphrasePacket, changed)).rejects.toMatchObject({ code: 'SETUP_CODE_WRONG' });
  }
});
