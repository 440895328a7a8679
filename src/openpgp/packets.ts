/** A packet of an OpenPGP sequence (RFC 9580 4.2), found but not read. */
export interface PacketSpan {
  /** Packet type id (RFC 9580 5). */
  readonly tag: number;
  /** Offset of its header, of its body, and of what follows. */
  readonly start: number;
  readonly bodyStart: number;
  readonly end: number;
  /** Comes in chunks, or without a length: `end` is then that of the whole sequence. Only data packets may do so. */
  readonly open: boolean;
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
 * anything expensive is done with them. Ends at a packet of open length, and at the first octet that begins no packet
 * (`tag` is then -1).
 */
export function* packetSpans(bytes: Uint8Array): Generator<PacketSpan> {
  let start = 0;
  while (start < bytes.length) {
    const span = packetAt(bytes, start);
    yield span;
    if (span.open || span.tag < 0) return;
    start = span.end;
  }
}

function packetAt(bytes: Uint8Array, start: number): PacketSpan {
  const header = bytes[start] ?? 0;
  const broken = { tag: -1, start, bodyStart: start, end: bytes.length, open: false };
  if ((header & 0x80) === 0) return broken;
  const isNew = (header & 0x40) !== 0;
  const tag = isNew ? header & 0x3f : (header >> 2) & 0x0f;
  const length = isNew ? newLength(bytes, start + 1) : oldLength(bytes, start + 1, header & 3);
  const bodyStart = start + 1 + length.octets;
  if (length.value === undefined) return { tag, start, bodyStart, end: bytes.length, open: true };
  const end = bodyStart + length.value;
  return end > bytes.length ? broken : { tag, start, bodyStart, end, open: false };
}

interface Length {
  /** Octets that the length itself takes. */
  readonly octets: number;
  /** Undefined if the packet comes in chunks or has no length. */
  readonly value: number | undefined;
}

function newLength(bytes: Uint8Array, at: number): Length {
  const first = bytes[at] ?? 0;
  if (first < 192) return { octets: 1, value: first };
  if (first < 224) return { octets: 2, value: ((first - 192) << 8) + (bytes[at + 1] ?? 0) + 192 };
  return first === 255 ? { octets: 5, value: number(bytes, at + 1, 4) } : { octets: 1, value: undefined };
}

function oldLength(bytes: Uint8Array, at: number, type: number): Length {
  if (type === 3) return { octets: 0, value: undefined };
  const octets = 1 << type;
  return { octets, value: number(bytes, at, octets) };
}

/** Big-endian number. */
export function number(bytes: Uint8Array, at: number, octets: number): number {
  let value = 0;
  for (let i = 0; i < octets; i++) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}
