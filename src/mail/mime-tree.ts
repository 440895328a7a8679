import { limits } from '../core/limits.js';
import { asBuffer } from './bytes.js';
import { type ContentInfo, contentInfo } from './content-info.js';
import type { MailLibraries } from './libraries.js';
import { HeaderFields } from './mail-headers.js';

/** A part of a raw mail: where it lies, and what its header says. */
export interface RawPart {
  readonly headers: HeaderFields;
  readonly info: ContentInfo;
  /** Where its header begins. */
  readonly start: number;
  readonly bodyStart: number;
  /** Of a multipart: before its own last delimiter. */
  bodyEnd: number;
  /** Before the delimiter of the multipart that it is in: a multipart's own last delimiter and epilogue belong to it. */
  end: number;
  readonly children: RawPart[];
}

/** The tree of a raw mail. */
export interface RawTree {
  readonly root: RawPart;
  /** More parts, levels, header octets or fields than the limits allow. */
  readonly cut: boolean;
}

const LF = 0x0a;
const CR = 0x0d;
const DASH = 0x2d;

/**
 * Finds the parts of a mail (RFC 2046 5.1) in one pass, as an IMAP server does for BODYSTRUCTURE, so that part numbers
 * agree: a delimiter of any open multipart ends everything within it, even where inner end delimiters are missing, blanks
 * behind a delimiter do not matter, and message/rfc822 is one part. No copies, no recursion; the cost is linear.
 */
export function parseMimeTree(raw: Uint8Array, libraries: MailLibraries): RawTree {
  return new TreeParser(raw, libraries).parse();
}

interface OpenMultipart {
  readonly part: RawPart;
  readonly boundary: string;
}

interface Delimiter {
  /** Offset of its line, and of the line behind it. */
  readonly start: number;
  readonly end: number;
  /** Which of the open multiparts it belongs to. */
  readonly level: number;
  readonly closing: boolean;
}

class TreeParser {
  readonly #raw: Buffer;
  readonly #libraries: MailLibraries;
  readonly #open: OpenMultipart[] = [];
  /** Boundary to index in `#open`; of equal boundaries the innermost. */
  readonly #levels = new Map<string, number>();
  #parts = 0;
  #checks = 0;
  #cut = false;

  constructor(raw: Uint8Array, libraries: MailLibraries) {
    this.#raw = asBuffer(raw);
    this.#libraries = libraries;
  }

  parse(): RawTree {
    const root = this.#readPart(0, 'text/plain');
    let current = root;
    let delimiter = this.#nextDelimiter(root.bodyStart);
    while (delimiter) {
      const end = this.#beforeLineEnd(delimiter.start, current.bodyStart);
      // An open multipart (we are in its preamble or behind an inner one) ends later.
      if (current !== this.#open.at(-1)?.part) current.bodyEnd = end;
      this.#closeDownTo(delimiter.level + (delimiter.closing ? 0 : 1), end);
      if (!delimiter.closing) this.#endLastChild(this.#open[delimiter.level]?.part, end);
      if (delimiter.closing) {
        // What follows is the epilogue of the closed multipart; nobody is interested in it.
        current = this.#open.at(-1)?.part ?? root;
        if (this.#open.length === 0) break;
        delimiter = this.#nextDelimiter(delimiter.end);
        continue;
      }
      if (this.#parts >= limits.mimeParts) {
        this.#cut = true;
        break;
      }
      const parent = this.#open[delimiter.level]?.part ?? root;
      current = this.#readPart(
        delimiter.end,
        parent.info.type === 'multipart/digest' ? 'message/rfc822' : 'text/plain',
      );
      parent.children.push(current);
      delimiter = this.#nextDelimiter(current.bodyStart);
    }
    return { root, cut: this.#cut };
  }

  /** Reads a header; a multipart is opened. Its end is that of the mail until a delimiter says otherwise. */
  #readPart(start: number, defaultType: string): RawPart {
    const { headerEnd, bodyStart } = this.#findBody(start);
    const headers = new HeaderFields(this.#raw.subarray(start, headerEnd), this.#libraries);
    if (headers.cut) this.#cut = true;
    const info = contentInfo(headers, defaultType, this.#libraries);
    const end = this.#raw.length;
    const part: RawPart = { headers, info, start, bodyStart, bodyEnd: end, end, children: [] };
    this.#parts++;
    const boundary = info.type.startsWith('multipart/') ? info.params.get('boundary')?.trimEnd() : undefined;
    if (boundary === undefined || boundary === '' || boundary.length > limits.mimeBoundaryChars) return part;
    if (this.#open.length >= limits.mimeDepth) {
      this.#cut = true;
      return part;
    }
    // Header values are decoded, the mail is searched as octets.
    const octets = Buffer.from(boundary).toString('latin1');
    this.#levels.set(octets, this.#open.length);
    this.#open.push({ part, boundary: octets });
    return part;
  }

  #closeDownTo(level: number, end: number): void {
    while (this.#open.length > level) {
      const closed = this.#open.pop();
      if (!closed) return;
      closed.part.bodyEnd = end;
      this.#endLastChild(closed.part, end);
      this.#levels.delete(closed.boundary);
      const outer = this.#open.findLastIndex(({ boundary }) => boundary === closed.boundary);
      if (outer >= 0) this.#levels.set(closed.boundary, outer);
    }
  }

  #endLastChild(parent: RawPart | undefined, end: number): void {
    const child = parent?.children.at(-1);
    if (child) child.end = Math.max(end, child.bodyStart);
  }

  /** The header ends at the first empty line, or where a delimiter shows that there is no body. */
  #findBody(start: number): { headerEnd: number; bodyStart: number } {
    const raw = this.#raw;
    let lineStart = start;
    for (let i = start; i < raw.length; i++) {
      if (raw[i] !== LF) continue;
      const length = i - lineStart;
      if (length === 0 || (length === 1 && raw[lineStart] === CR)) return { headerEnd: lineStart, bodyStart: i + 1 };
      if (this.#delimiterAt(lineStart)) return { headerEnd: lineStart, bodyStart: lineStart };
      lineStart = i + 1;
    }
    return this.#delimiterAt(lineStart)
      ? { headerEnd: lineStart, bodyStart: lineStart }
      : { headerEnd: raw.length, bodyStart: raw.length };
  }

  #nextDelimiter(from: number): Delimiter | undefined {
    if (this.#open.length === 0) return undefined;
    const first = this.#delimiterAt(from);
    if (first) return first;
    for (let at = this.#raw.indexOf('\n--', from); at >= 0; at = this.#raw.indexOf('\n--', at + 1)) {
      if (++this.#checks > limits.mimeDelimiters) {
        this.#cut = true;
        return undefined;
      }
      const delimiter = this.#delimiterAt(at + 1);
      if (delimiter) return delimiter;
    }
    return undefined;
  }

  /** The delimiter line that begins here, if one does. */
  #delimiterAt(start: number): Delimiter | undefined {
    const raw = this.#raw;
    if (this.#open.length === 0 || raw[start] !== DASH || raw[start + 1] !== DASH) return undefined;
    const from = start + 2;
    const window = Math.min(raw.length, from + limits.mimeBoundaryChars + 4);
    let lineEnd = from;
    while (lineEnd < window && raw[lineEnd] !== LF) lineEnd++;
    if (lineEnd === window && window < raw.length) return undefined;
    let textEnd = lineEnd;
    while (textEnd > from && isBlank(raw[textEnd - 1])) textEnd--;
    const text = raw.toString('latin1', from, textEnd);
    const end = Math.min(lineEnd + 1, raw.length);
    const level = this.#levels.get(text);
    if (level !== undefined) return { start, end, level, closing: false };
    const closed = text.endsWith('--') ? this.#levels.get(text.slice(0, -2)) : undefined;
    return closed === undefined ? undefined : { start, end, level: closed, closing: true };
  }

  /** The line end in front of a delimiter belongs to the delimiter. */
  #beforeLineEnd(delimiter: number, bodyStart: number): number {
    let end = delimiter;
    if (end > bodyStart && this.#raw[end - 1] === LF) end--;
    if (end > bodyStart && this.#raw[end - 1] === CR) end--;
    return Math.max(end, bodyStart);
  }
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === CR;
}
