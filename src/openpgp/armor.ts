import { EncryptionError } from '../core/errors.js';
import { asBuffer, concatBytes } from '../mail/bytes.js';
import { decodeGroups, decodeTransfer } from '../mail/transfer-encoding.js';

const BEGIN_MESSAGE = /^-----BEGIN PGP MESSAGE-----[ \t]*\r?\n/;
const END_MESSAGE = '-----END PGP MESSAGE-----';
const BEGIN = '-----BEGIN PGP ';
const END = '-----END PGP ';
/** More than a checksum and the beginning of the last line. */
const TAIL = 64;
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
  const text = asBuffer(content);
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END, begin);
  const start = bodyStart(text, begin);
  if (begin < 0 || start < 0 || end < start) throw damaged();
  return decodeTransfer(text.subarray(start, beforeChecksum(text, start, end)), 'base64');
}

/**
 * {@link withoutArmor} for a message that comes in pieces, so that it is in memory once. Only for armor as nearly all programs write it; for
 * any other `push` returns false, or `end` undefined.
 */
export class ArmoredPieces {
  readonly #out: Buffer;
  #length = 0;
  #held: Uint8Array = new Uint8Array();
  #state: 'header' | 'body' | 'done' = 'header';

  /** @param size Octets of the armored message. */
  constructor(size: number) {
    this.#out = Buffer.allocUnsafeSlow(Math.ceil(size * 0.75) + 3);
  }

  /** Takes the next piece. */
  push(piece: Uint8Array): boolean {
    if (this.#state === 'done') return true;
    let text = asBuffer(concatBytes([this.#held, piece]));
    if (this.#state === 'header') {
      const begin = text.indexOf(BEGIN);
      const start = begin < 0 ? -1 : bodyStart(text, begin);
      if (start < 0) return false;
      text = text.subarray(start);
      this.#state = 'body';
    }
    const end = text.indexOf(END);
    if (end >= 0) {
      this.#state = 'done';
      const rest = decodeTransfer(text.subarray(0, beforeChecksum(text, 0, end)), 'base64');
      if (this.#length + rest.length > this.#out.length) return false;
      this.#out.set(rest, this.#length);
      this.#length += rest.length;
      return true;
    }
    // The end, and a checksum in front of it, may be cut in two.
    const cut = text.length > TAIL ? text.lastIndexOf('\n', text.length - TAIL) + 1 : 0;
    const octets = decodeGroups(text.subarray(0, cut), this.#out, this.#length);
    this.#held = text.subarray(cut);
    this.#length += octets ?? 0;
    return octets !== undefined;
  }

  /** The message; undefined if its end did not come. */
  end(): Uint8Array | undefined {
    return this.#state === 'done' ? this.#out.subarray(0, this.#length) : undefined;
  }
}

/** Behind the first line that is empty; -1 if there is none. */
function bodyStart(text: Buffer, begin: number): number {
  let at = text.indexOf('\n', begin) + 1;
  for (let lines = 0; lines < MAX_HEADERS && at > 0; lines++) {
    const next = text.indexOf('\n', at) + 1;
    if (next === 0) break;
    if (next - at < 100 && text.toString('latin1', at, next).trim() === '') return next;
    at = next;
  }
  return -1;
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
