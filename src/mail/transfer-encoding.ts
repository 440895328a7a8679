import { asBuffer, concatBytes } from './bytes.js';

/** Undoes a Content-Transfer-Encoding piece by piece. */
export interface TransferDecoder {
  /** What this piece gives; the rest waits for the next one. */
  push(chunk: Uint8Array): Uint8Array;
  /** What is left when all pieces were pushed. */
  end(): Uint8Array;
}

/**
 * Decodes the octets of a part (RFC 2045 6). Never fails: broken base64 gives what could be decoded, broken
 * quoted-printable stays as it is, and unknown encodings are taken as none.
 */
export function decodeTransfer(bytes: Uint8Array, encoding: string): Uint8Array {
  if (encoding === 'quoted-printable') return decodeQuotedPrintable(bytes);
  if (encoding !== 'base64') return bytes;
  if (bytes.length > BASE64_PIECE) return decodeInPieces(asBuffer(bytes));
  const raw = asBuffer(bytes).toString('latin1');
  const pad = raw.indexOf('=');
  // Node decodes at once what is padded only at its end, and leaves out line ends and junk by itself.
  if (pad < 0 || (raw.length - pad <= 8 && /^[=\s]+$/.test(raw.slice(pad)))) return Buffer.from(raw, 'base64');
  const decoder = new Base64Decoder();
  return concatBytes([decoder.push(bytes), decoder.end()]);
}

/** Larger strings are not collected as soon. */
const BASE64_PIECE = 64 * 1024;

/** Cut at line ends: as a string, all of it would be in memory once more. */
function decodeInPieces(base64: Buffer): Uint8Array {
  const out = Buffer.allocUnsafe(Math.ceil(base64.length * 0.75) + 3);
  let length = 0;
  for (let at = 0; at < base64.length; ) {
    if (base64.length - at <= BASE64_PIECE) {
      const rest = decodeTransfer(base64.subarray(at), 'base64');
      out.set(rest, length);
      return out.subarray(0, length + rest.length);
    }
    const next = base64.lastIndexOf(LF, at + BASE64_PIECE) + 1;
    const octets = next > at ? decodeGroups(base64.subarray(at, next), out, length) : undefined;
    // Nothing that a mail program writes: no cut can be right. It takes several times as long, and no more memory.
    if (octets === undefined) return new Base64Decoder().push(base64);
    length += octets;
    at = next;
  }
  return out.subarray(0, length);
}

/**
 * Decodes base64 of whole groups of four digits, without padding, to where it belongs; returns the number of octets. Undefined if it is anything
 * else, where what follows cannot be decoded for itself, or if there is no room.
 */
export function decodeGroups(base64: Buffer, out: Buffer, at: number): number | undefined {
  if (base64.includes(EQUALS) || out.length - at < Math.ceil(base64.length * 0.75) + 3) return undefined;
  // Three digits more give two octets more behind whole groups, and only there.
  const octets = out.write(`${base64.toString('latin1')}AAA`, at, 'base64') - 2;
  return octets % 3 === 0 ? octets : undefined;
}

/** {@link decodeTransfer} for a part that comes as a stream. */
export function transferDecoder(encoding: string): TransferDecoder {
  if (encoding === 'base64') return new Base64Decoder();
  if (encoding === 'quoted-printable') return new QuotedPrintableDecoder();
  return { push: (chunk) => chunk, end: () => new Uint8Array() };
}

/** Value of each base64 digit, 255 for anything else; the URL-safe digits count as well. */
const DIGITS = new Uint8Array(256).fill(255);
for (const [value, digit] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].entries()) {
  DIGITS[digit.charCodeAt(0)] = value;
}
DIGITS[0x2d] = 62;
DIGITS[0x5f] = 63;

class Base64Decoder implements TransferDecoder {
  #buffer = 0;
  #bits = 0;

  push(chunk: Uint8Array): Uint8Array {
    const out = Buffer.allocUnsafe(Math.ceil(chunk.length * 0.75) + 1);
    let length = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] ?? 0;
      const digit = DIGITS[byte] ?? 255;
      if (digit < 64) {
        this.#buffer = ((this.#buffer << 6) | digit) & 0xffff;
        this.#bits += 6;
        if (this.#bits >= 8) {
          this.#bits -= 8;
          out[length++] = (this.#buffer >>> this.#bits) & 0xff;
        }
      } else if (byte === EQUALS) {
        // Padding ends a group: some programs encode in several runs, each padded for itself.
        this.#bits = 0;
      }
    }
    return out.subarray(0, length);
  }

  end(): Uint8Array {
    this.#bits = 0;
    return EMPTY;
  }
}

const EMPTY = new Uint8Array();
const LF = 0x0a;
const CR = 0x0d;
const EQUALS = 0x3d;
/** A line without end is decoded in pieces of this size, so that it cannot pile up. */
const MAX_LINE = 64 * 1024;

class QuotedPrintableDecoder implements TransferDecoder {
  #pending: Uint8Array[] = [];
  #pendingLength = 0;

  push(chunk: Uint8Array): Uint8Array {
    const end = chunk.lastIndexOf(LF) + 1;
    if (end === 0 && this.#pendingLength + chunk.length < MAX_LINE) {
      this.#keep(chunk);
      return EMPTY;
    }
    // Without a line end the cut is made anywhere but within an escape.
    const cut = end > 0 ? end : beforeEscape(chunk);
    const whole = concatBytes([...this.#pending, chunk.subarray(0, cut)]);
    this.#pending = [];
    this.#pendingLength = 0;
    this.#keep(chunk.subarray(cut));
    return decodeQuotedPrintable(whole);
  }

  end(): Uint8Array {
    const rest = concatBytes(this.#pending.length > 0 ? this.#pending : [EMPTY]);
    this.#pending = [];
    this.#pendingLength = 0;
    return decodeQuotedPrintable(rest);
  }

  #keep(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#pending.push(chunk);
    this.#pendingLength += chunk.length;
  }
}

function beforeEscape(chunk: Uint8Array): number {
  const at = chunk.lastIndexOf(EQUALS);
  return at >= 0 && at >= chunk.length - 2 ? at : chunk.length;
}

function decodeQuotedPrintable(bytes: Uint8Array): Uint8Array {
  if (bytes.indexOf(EQUALS) < 0 && !hasBlankBeforeLineEnd(bytes)) return bytes;
  const out = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  let lineStart = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === EQUALS) {
      const high = hex(bytes[i + 1]);
      const low = hex(bytes[i + 2]);
      if (high >= 0 && low >= 0) {
        out[length++] = high * 16 + low;
        lineStart = length;
        i += 2;
        continue;
      }
      const next = softBreakEnd(bytes, i + 1);
      if (next > i) {
        lineStart = length;
        i = next - 1;
        continue;
      }
    } else if (byte === LF) {
      // Blanks before a line end were added on the way (RFC 2045 6.7, rule 3); encoded ones are text.
      const cr = length > lineStart && out[length - 1] === CR;
      if (cr) length--;
      while (length > lineStart && isBlank(out[length - 1])) length--;
      if (cr) out[length++] = CR;
      out[length++] = LF;
      lineStart = length;
      continue;
    }
    out[length++] = byte;
  }
  return out.subarray(0, length);
}

/** Where the text goes on behind a soft line break (`=`, blanks, line end); -1 if it is none. */
function softBreakEnd(bytes: Uint8Array, start: number): number {
  let i = start;
  while (isBlank(bytes[i])) i++;
  if (i >= bytes.length || bytes[i] === LF) return i + 1;
  return bytes[i] === CR && (bytes[i + 1] === LF || i + 1 >= bytes.length) ? i + 2 : -1;
}

function hasBlankBeforeLineEnd(bytes: Uint8Array): boolean {
  const buffer = asBuffer(bytes);
  return buffer.includes(' \r\n') || buffer.includes('\t\r\n') || buffer.includes(' \n') || buffer.includes('\t\n');
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09;
}

function hex(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  if (byte >= 0x41 && byte <= 0x46) return byte - 0x37;
  return byte >= 0x61 && byte <= 0x66 ? byte - 0x57 : -1;
}
