import { limits } from '../core/limits.js';
import { invalid } from './key-input.js';
import { number, type PacketSpan, packetSpans, packetTag } from './packets.js';
import { s2kCost } from './s2k.js';

/**
 * Refuses keys that would cost too much to read, before anything is read: everybody can put a key of their making into
 * a header of a mail.
 *
 * @throws EncryptionError `KEY_INVALID`
 */
export function checkKeyPackets(bytes: Uint8Array): void {
  const counts = { keys: 0, subkeys: 0, users: 0, signatures: 0, packets: 0, s2k: 0 };
  for (const span of packetSpans(bytes)) {
    if (span.tag < 0 || span.chunks !== 1) throw invalid('it is damaged');
    if (++counts.packets > limits.pgpKeyPackets) throw invalid('it has too many packets');
    if (span.tag === packetTag.signature) counts.signatures++;
    else if (span.tag === packetTag.userId || span.tag === packetTag.userAttribute) counts.users++;
    else if (isSubkey(span.tag)) counts.subkeys++;
    else if (isPrimaryKey(span.tag)) counts.keys++;
    if (isSubkey(span.tag) || isPrimaryKey(span.tag)) counts.s2k += keyMaterialCost(bytes, span);
    if (counts.keys > 1) throw invalid('it holds several keys; export just one');
    if (counts.users > limits.pgpKeyUserIds) throw invalid('it has too many user ids');
    if (counts.subkeys > limits.pgpKeySubkeys) throw invalid('it has too many subkeys');
    if (counts.signatures > limits.pgpKeySignatures) throw invalid('it has too many signatures');
    if (counts.s2k > limits.pgpS2kBytes) throw invalid('checking its passphrase would take too much time or memory');
  }
  if (counts.keys === 0) throw invalid('no OpenPGP key is in it');
}

function isPrimaryKey(tag: number): boolean {
  return tag === packetTag.publicKey || tag === packetTag.secretKey;
}

function isSubkey(tag: number): boolean {
  return tag === packetTag.publicSubkey || tag === packetTag.secretSubkey;
}

/** Numbers that a public key of the algorithm (RFC 9580 9.1) consists of; undefined where they have a fixed size. */
const NUMBERS: ReadonlyMap<number, number> = new Map([
  [1, 2],
  [2, 2],
  [3, 2],
  [16, 3],
  [17, 4],
  [20, 3],
]);
const RSA = new Set([1, 2, 3]);
/** Octets of the public part for algorithms that have no length of their own: X25519, X448, Ed25519, Ed448. */
const FIXED: ReadonlyMap<number, number> = new Map([
  [25, 32],
  [26, 56],
  [27, 32],
  [28, 57],
]);
const ECDH = 18;
const CURVES = new Set([ECDH, 19, 22]);

/**
 * Octets that unlocking a key packet hashes; 0 for public ones. Numbers are checked on the way: the time of an RSA or
 * DSA operation grows with the cube of their length, and the octets of a mail could hold one of 80,000 bits.
 */
function keyMaterialCost(bytes: Uint8Array, span: PacketSpan): number {
  const version = bytes[span.bodyStart];
  if (version !== 4 && version !== 6) return 0;
  const algorithm = bytes[span.bodyStart + 5] ?? 0;
  const material = span.bodyStart + (version === 6 ? 10 : 6);
  let at = material;
  for (let i = NUMBERS.get(algorithm) ?? 0; i > 0; i--) {
    const bits = number(bytes, at, 2);
    const isExponent = i === 1 && RSA.has(algorithm);
    const most = isExponent ? limits.pgpRsaExponentBits : limits.pgpNumberBits;
    if (bits > most) throw invalid(`one of its numbers has ${bits} bits`);
    at += 2 + Math.ceil(bits / 8);
  }
  if (CURVES.has(algorithm)) {
    at += 1 + (bytes[at] ?? 0);
    at += 2 + Math.ceil(number(bytes, at, 2) / 8);
    if (algorithm === ECDH) at += 1 + (bytes[at] ?? 0);
  }
  at += FIXED.get(algorithm) ?? 0;
  const isSecret = span.tag === packetTag.secretKey || span.tag === packetTag.secretSubkey;
  if (!isSecret || at >= span.end) return 0;
  return secretCost(bytes, at, version);
}

/** RFC 9580 5.5.3: the octet that says how the secret part is protected, and what follows. */
function secretCost(bytes: Uint8Array, start: number, version: number): number {
  const usage = bytes[start] ?? 0;
  if (usage < 253) return 0;
  let at = start + 1;
  if (version === 6) at += 1; // octets of all that follows
  at += 1; // cipher
  if (usage === 253) at += 1; // AEAD
  if (version === 6) at += 1; // octets of the S2K specifier
  return s2kCost(bytes, at);
}
