import { EncryptionError } from '../core/errors.js';
import { decodeTransfer } from '../mail/transfer-encoding.js';

const BEGIN_MESSAGE = /^-----BEGIN PGP MESSAGE-----[ \t]*\r?\n/;
const END_MESSAGE = '-----END PGP MESSAGE-----';
/** Armor headers (`Version`, `Comment`, `Hash`) are a few; what has more is none. */
const MAX_HEADERS = 50;

/** True if the text is an armored message and nothing else. */
export function isArmoredMessage(text: string): boolean {
  const trimmed = text.trim();
  return BEGIN_MESSAGE.test(trimmed) && trimmed.indexOf(END_MESSAGE) === trimmed.length - END_MESSAGE.length;
}

/**
 * The octets of an encrypted message or a signature, which may be armored (RFC 9580 6.2). What stands in front of the
 * armor and behind it is ignored, and so is its checksum, which protects nothing. Takes far less time and memory than the
 * library's own reader.
 *
 * @throws EncryptionError `DECRYPTION_FAILED`
 */
export function withoutArmor(content: Uint8Array): Uint8Array {
  // The first octet of an OpenPGP packet is never ASCII.
  if ((content[0] ?? 0) >= 0x80) return content;
  const text = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const begin = text.indexOf('-----BEGIN PGP ');
  const end = text.indexOf('-----END PGP ', begin);
  const start = bodyStart(text, begin);
  if (begin < 0 || end < start) throw damaged();
  return decodeLines(text.subarray(start, beforeChecksum(text, start, end)));
}

const PIECE = 1024 * 1024;

/** Piece by piece, cut at line ends: a large mail would be in memory once more as a string. */
function decodeLines(base64: Buffer): Uint8Array {
  const out = Buffer.allocUnsafe(Math.ceil(base64.length * 0.75) + 3);
  let length = 0;
  for (let at = 0; at < base64.length; ) {
    const lineEnd = at + PIECE < base64.length ? base64.lastIndexOf('\n', at + PIECE) + 1 : 0;
    const next = lineEnd > at ? lineEnd : base64.length;
    const piece = decodeTransfer(base64.subarray(at, next), 'base64');
    // Lines are whole groups of four digits in all that programs write. In anything else no cut can be right.
    if (next < base64.length && piece.length % 3 !== 0) return decodeTransfer(base64, 'base64');
    out.set(piece, length);
    length += piece.length;
    at = next;
  }
  return out.subarray(0, length);
}

/** Behind the first line that is empty. */
function bodyStart(text: Buffer, begin: number): number {
  let at = text.indexOf('\n', begin) + 1;
  for (let lines = 0; lines < MAX_HEADERS && at > 0; lines++) {
    const next = text.indexOf('\n', at) + 1;
    if (next === 0) break;
    if (next - at < 100 && text.toString('latin1', at, next).trim() === '') return next;
    at = next;
  }
  throw damaged();
}

/** The checksum is a line of its own, `=` and four digits. */
function beforeChecksum(text: Buffer, start: number, end: number): number {
  const tail = text.toString('latin1', Math.max(start, end - 32), end);
  const checksum = /\n=[A-Za-z0-9+/]{4}\s{0,20}$/.exec(tail);
  return checksum ? end - (tail.length - checksum.index) : end;
}

function damaged(): EncryptionError {
  return new EncryptionError('DECRYPTION_FAILED', 'The encrypted part or signature of this mail is damaged.');
}
