import { asBuffer } from '../bytes.js';

/** Octets in a line of base64 (RFC 2045 6.8), and the characters that they take. */
const LINE = { octets: 57, chars: 76 };
/** Octets that are encoded at a time: whole lines. */
const PIECE = 1000 * LINE.octets;

/**
 * Keeps files out of the library that writes a mail, which would have them in memory four times: it gets a word in the place of each, and
 * where that stands they are encoded right into the mail.
 */
export class FilePlaces {
  readonly #name: string;
  readonly #files: { readonly content: Buffer; readonly place: string }[] = [];

  /** @param name Random, and of the same length for each mail. */
  constructor(name: string) {
    this.#name = name.slice(0, LINE.octets - 8);
  }

  /** What is to be written as base64 in the place of a file. */
  reserve(content: Uint8Array): Buffer {
    const word = Buffer.from(`${this.#name}${String(this.#files.length).padStart(8, '0')}`);
    this.#files.push({ content: asBuffer(content), place: word.toString('base64') });
    return word;
  }

  /** The mail with the files in their places. */
  fill(frame: Buffer): Uint8Array {
    const size = this.#files.reduce(
      (sum, { content, place }) => sum + encodedSize(content) - place.length,
      frame.length,
    );
    const mail = Buffer.allocUnsafeSlow(size);
    let from = 0;
    let length = 0;
    for (const { content, place } of this.#files) {
      const at = frame.indexOf(place, from);
      length += frame.copy(mail, length, from, at);
      length = encodeInto(mail, length, content);
      from = at + place.length;
    }
    frame.copy(mail, length, from);
    return new Uint8Array(mail.buffer, mail.byteOffset, size);
  }
}

/** Lines end with CRLF, the last one without. */
function encodedSize({ length }: Buffer): number {
  const lines = Math.ceil(length / LINE.octets);
  return Math.ceil(length / 3) * 4 + Math.max(0, lines - 1) * 2;
}

function encodeInto(mail: Buffer, start: number, content: Buffer): number {
  let length = start;
  for (let piece = 0; piece < content.length; piece += PIECE) {
    const encoded = content.toString('base64', piece, piece + PIECE);
    for (let line = 0; line < encoded.length; line += LINE.chars) {
      if (length > start) length += mail.write('\r\n', length, 'latin1');
      length += mail.write(encoded.slice(line, line + LINE.chars), length, 'latin1');
    }
  }
  return length;
}
