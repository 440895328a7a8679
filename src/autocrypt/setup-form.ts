import { withoutArmor } from '../openpgp/armor.js';
import { packetSpans, packetTag } from '../openpgp/packets.js';

const VERSION = 4;
const ITERATED = 3;
const CIPHERS = new Set([7, 9]);

/**
 * What about an encrypted setup file is not as Level 1 says ("Message Structure"): one passphrase packet with salted and
 * iterated S2K and AES-128 or AES-256, then integrity-protected data. Undefined if nothing is.
 *
 * In that form trying a code hashes 62 MiB at most; other forms could ask for any amount of time and memory.
 */
export function setupFormProblem(armored: string): string | undefined {
  let bytes: Uint8Array;
  try {
    bytes = withoutArmor(new TextEncoder().encode(armored));
  } catch {
    return 'its armor is damaged';
  }
  const spans = packetSpans(bytes);
  // Not more than three steps: there could be any number of packets.
  const [first, second, third] = [spans.next().value, spans.next().value, spans.next().value];
  if (first?.tag !== packetTag.symmetricSessionKey || second?.tag !== packetTag.protectedData || third) {
    return 'it must be one passphrase packet and protected data';
  }
  const [version, cipher, s2k] = bytes.subarray(first.bodyStart, first.end);
  if (version !== VERSION || s2k !== ITERATED) return 'the code must be used with salted and iterated S2K';
  return CIPHERS.has(cipher ?? 0) ? undefined : 'the cipher must be AES-128 or AES-256';
}
