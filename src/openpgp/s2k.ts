import { limits } from '../core/limits.js';

const ARGON2 = 4;
const ITERATED = 3;

/**
 * Octets that turning a passphrase into a key hashes or fills (infinite: more memory than is allowed), by the S2K specifier at that offset (RFC 9580 3.7). The
 * one who made the key or message chose it, so it has to be looked at before a passphrase is tried.
 */
export function s2kCost(bytes: Uint8Array, at: number): number {
  const type = bytes[at];
  if (type === ITERATED) {
    const count = bytes[at + 10] ?? 0;
    return (16 + (count & 15)) * 2 ** ((count >> 4) + 6);
  }
  if (type !== ARGON2) return 0;
  const passes = bytes[at + 17] ?? 0;
  const memoryExponent = bytes[at + 19] ?? 0;
  if (memoryExponent > limits.pgpArgon2MemoryExponent) return Number.POSITIVE_INFINITY;
  return Math.max(1, passes) * 2 ** memoryExponent * 1024;
}
