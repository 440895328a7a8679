import { describe, expect, it } from 'vitest';
import { ArmoredPieces, withoutArmor } from '../../../src/openpgp/armor.js';

const message = Uint8Array.from({ length: 5001 }, (_, i) => (i === 0 ? 0xc1 : (i * 31) >>> 3));
const lines =
  Buffer.from(message)
    .toString('base64')
    .match(/.{1,76}/g) ?? [];

function armored(body: readonly string[], checksum = '=abcd\r\n', head = 'Comment: a\r\n'): Buffer {
  return Buffer.from(
    `-----BEGIN PGP MESSAGE-----\r\n${head}\r\n${body.join('\r\n')}\r\n${checksum}-----END PGP MESSAGE-----\r\n`,
  );
}

function gathered(text: Buffer, step: number): Uint8Array | undefined {
  const pieces = new ArmoredPieces(text.length);
  for (let at = 0; at < text.length; at += step) if (!pieces.push(text.subarray(at, at + step))) return undefined;
  return pieces.end();
}

describe('a message whose armor is undone piece by piece', () => {
  it.each([200, 201, 256, 1000, 100_000])('is the same as at once, in pieces of %i octets', (step) => {
    for (const text of [armored(lines), armored(lines, ''), armored(lines, '=abcd\r\n', '')]) {
      expect(Buffer.compare(gathered(text, step) ?? new Uint8Array(), withoutArmor(text))).toBe(0);
      expect(Buffer.compare(withoutArmor(text), message)).toBe(0);
    }
  });

  it.each([
    ['is cut off', armored(lines).subarray(0, 4000)],
    ['has no armor', Buffer.alloc(3000, 0xc1)],
    ['has lines of odd length', armored(lines.map((line) => `${line.slice(1)}`))],
    ['has padding in the middle', armored(lines.map((line, i) => (i === 20 ? 'QQ==' : line)))],
  ])('is left to others if it %s', (_, text) => {
    expect(gathered(text, 256)).toBeUndefined();
  });
});
