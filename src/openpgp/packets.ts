import { EncryptionError } from '../core/errors.js';
import { limits } from '../core/limits.js';

/** A packet of an OpenPGP sequence (RFC 9580 4.2), found but not read. */
export interface PacketSpan {
  /** Packet type id (RFC 9580 5). */
  readonly tag: number;
  /** Offset of its body (of the first chunk of it), and of what follows. */
  readonly bodyStart: number;
  readonly end: number;
  /** Chunks that it comes in (partial body lengths, RFC 9580 4.2.1.4); 1 if its length is known, 0 if it has none. Only data packets may have anything but 1. */
  readonly chunks: number;
}

/** Packet type ids (RFC 9580 5) that this folder looks at itself. */
export const packetTag = {
  publicKeySessionKey: 1,
  signature: 2,
  symmetricSessionKey: 3,
  onePassSignature: 4,
  secretKey: 5,
  publicKey: 6,
  secretSubkey: 7,
  encryptedData: 9,
  userId: 13,
  publicSubkey: 14,
  userAttribute: 17,
  protectedData: 18,
} as const;

/**
 * Walks over the packets of a sequence without looking into them: one step each, so that they can be counted before
 * anything expensive is done with them. Ends at the first octet that begins no packet (`tag` is then -1).
 */
export function* packetSpans(bytes: Uint8Array): Generator<PacketSpan> {
  let start = 0;
  while (start < bytes.length) {
    const span = packetAt(bytes, start);
    yield span;
    if (span.tag < 0) return;
    start = span.end;
  }
}

function packetAt(bytes: Uint8Array, start: number): PacketSpan {
  const header = bytes[start] ?? 0;
  const broken = { tag: -1, bodyStart: start, end: bytes.length, chunks: 1 };
  if ((header & 0x80) === 0) return broken;
  const isNew = (header & 0x40) !== 0;
  const tag = isNew ? header & 0x3f : (header >> 2) & 0x0f;
  let length = isNew ? newLength(bytes, start + 1) : oldLength(bytes, start + 1, header & 3);
  const bodyStart = start + 1 + length.octets;
  if (length.value === undefined) return { tag, bodyStart, end: bytes.length, chunks: 0 };
  let end = bodyStart + length.value;
  let chunks = 1;
  for (; length.partial && end < bytes.length; chunks++) {
    length = newLength(bytes, end);
    end += length.octets + (length.value ?? 0);
  }
  return end > bytes.length || length.partial ? broken : { tag, bodyStart, end, chunks };
}

interface Length {
  /** Octets that the length itself takes. */
  readonly octets: number;
  /** Undefined if there is no length. */
  readonly value: number | undefined;
  /** Another chunk follows. */
  readonly partial: boolean;
}

function newLength(bytes: Uint8Array, at: number): Length {
  const first = bytes[at] ?? 0;
  if (first < 192) return { octets: 1, value: first, partial: false };
  if (first < 224) return { octets: 2, value: ((first - 192) << 8) + (bytes[at + 1] ?? 0) + 192, partial: false };
  if (first < 255) return { octets: 1, value: 2 ** (first & 0x1f), partial: true };
  return { octets: 5, value: number(bytes, at + 1, 4), partial: false };
}

function oldLength(bytes: Uint8Array, at: number, type: number): Length {
  if (type === 3) return { octets: 0, value: undefined, partial: false };
  const octets = 1 << type;
  return { octets, value: number(bytes, at, octets), partial: false };
}

/** Big-endian number. */
export function number(bytes: Uint8Array, at: number, octets: number): number {
  let value = 0;
  for (let i = 0; i < octets; i++) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}

/**
 * Counts packets and chunks of a message.
 *
 * @throws EncryptionError `LIMIT_EXCEEDED` if reading them would take too long.
 */
export function checkPacketCount(message: Uint8Array): void {
  let packets = 0;
  let chunks = 0;
  for (const span of packetSpans(message)) {
    packets++;
    chunks += span.chunks;
    if (packets > limits.pgpPackets || chunks > limits.pgpPackets + message.length / limits.pgpChunkBytes) {
      throw new EncryptionError('LIMIT_EXCEEDED', 'The encrypted mail is cut into too many pieces; it is not opened.');
    }
  }
}
