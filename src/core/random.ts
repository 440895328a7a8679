/** Fills bytes with random data from a cryptographic source. Injectable, so that tests are repeatable. */
export type RandomBytes = (length: number) => Uint8Array;

/** The platform's cryptographic random source. */
export const secureRandom: RandomBytes = (length) => globalThis.crypto.getRandomValues(new Uint8Array(length));

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** RFC 4648 base32 in lower case without padding: safe in message-ids, file names and case-folding servers. */
export function base32(bytes: Uint8Array): string {
  let out = '';
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += ALPHABET[(buffer >>> bits) & 31];
    }
  }
  if (bits > 0) out += ALPHABET[(buffer << (5 - bits)) & 31];
  return out;
}

/** A new unguessable identifier of 128 random bits, 26 characters of base32. */
export function randomId(random: RandomBytes = secureRandom): string {
  return base32(random(16));
}
