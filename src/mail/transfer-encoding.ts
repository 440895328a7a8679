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
  const raw = asBuffer(bytes).toString('latin1');
  const pad = raw.indexOf('=');
  // Node decodes at once what is padded only at its end, and leaves out line ends and junk by itself.
  if (pad < 0 || raw.length - pad <= 8) return Buffer.from(raw, 'base64');
  const decoder = new Base64Decoder();
  return concatBytes([decoder.push(bytes), decoder.end()]);
}

/** {@link decodeTransfer} for a part that comes as a stream. */
export function transferDecoder(encoding: string): TransferDecoder {
  if (encoding === 'base64') return new Base64Decoder();
  if (encoding === 'quoted-printable') return new QuotedPrintableDecoder();
  return { push: (chunk) => chunk, end: () => new Uint8Array() };
}

const BASE64_JUNK = /[^A-Za-z0-9+/_-]+/g;
/** Padding within a part ends a run: some programs encode piece by piece. More runs than this are an attack on the decoder. */
const MAX_RUNS = 10_000;

class Base64Decoder implements TransferDecoder {
  /** Up to three characters that make no whole group of four yet. */
  #rest = '';
  #runs = 0;

  push(chunk: Uint8Array): Uint8Array {
    const raw = asBuffer(chunk).toString('latin1');
    const out: Uint8Array[] = [];
    let start = 0;
    for (let pad = raw.indexOf('='); pad >= 0 && this.#runs < MAX_RUNS; pad = raw.indexOf('=', start)) {
      this.#runs++;
      out.push(this.#decode(raw.slice(start, pad), true));
      start = pad + 1;
      while (raw[start] === '=') start++;
    }
    out.push(this.#decode(raw.slice(start), false));
    return concatBytes(out);
  }

  end(): Uint8Array {
    const rest = this.#rest;
    this.#rest = '';
    return Buffer.from(rest, 'base64');
  }

  #decode(raw: string, runEnds: boolean): Uint8Array {
    const text = this.#rest + raw.replace(BASE64_JUNK, '');
    const whole = runEnds ? text.length : text.length - (text.length % 4);
    this.#rest = text.slice(whole);
    return Buffer.from(text.slice(0, whole), 'base64');
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
