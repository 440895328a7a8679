import { limits } from '../core/limits.js';
import { decodeTransfer } from '../mail/transfer-encoding.js';

/** A content line of a vCard (RFC 6350 3.3), of any version. */
export interface VCardLine {
  /** Upper case, without group. */
  readonly name: string;
  /** Parameters by upper-case name; of a bare one (version 2.1) the name is its value: `TYPE` or `ENCODING`. */
  readonly params: ReadonlyMap<string, readonly string[]>;
  /** As it stands there, escapes included. */
  readonly value: string;
}

const ENCODINGS = new Set(['BASE64', 'B', 'QUOTED-PRINTABLE', '8BIT', '7BIT']);

/** Unfolded lines of a vCard file: a line that begins with a blank goes on the one before, and so does what a soft line break (version 2.1) ends. */
export function* unfoldedLines(text: string): Generator<string> {
  let pieces: string[] = [];
  let chars = 0;
  let soft = false;
  let at = 0;
  while (at < text.length) {
    const lf = text.indexOf('\n', at);
    const end = lf < 0 ? text.length : lf;
    const line = text.slice(at, end > at && text[end - 1] === '\r' ? end - 1 : end);
    at = end + 1;
    const folded = line.startsWith(' ') || line.startsWith('\t');
    if (pieces.length > 0 && (folded || soft)) {
      // Of a line without end only the beginning is kept; its rest costs nothing but being passed over.
      if (chars < limits.vcardLineChars) pieces.push(folded ? line.slice(1) : line);
      chars += line.length;
    } else {
      if (pieces.length > 0) yield pieces.join('');
      pieces = [line];
      chars = line.length;
    }
    const [first = ''] = pieces;
    soft = line.endsWith('=') && /^[^:]{0,200}QUOTED-PRINTABLE/i.test(first);
    if (soft) pieces[pieces.length - 1] = (pieces.at(-1) ?? '').slice(0, -1);
  }
  if (pieces.length > 0) yield pieces.join('');
}

/** Takes a line apart; undefined if it is none. */
export function parseLine(line: string): VCardLine | undefined {
  const colon = outsideQuotes(line, ':');
  if (colon < 1 || colon > limits.vcardHeadChars) return undefined;
  const [head = '', ...rest] = splitOutsideQuotes(line.slice(0, colon));
  const name = head
    .slice(head.lastIndexOf('.') + 1)
    .trim()
    .toUpperCase();
  if (!/^[A-Z0-9-]{1,60}$/.test(name)) return undefined;
  const params = new Map<string, readonly string[]>();
  for (const piece of rest.slice(0, MAX_PARAMS)) {
    const equals = piece.indexOf('=');
    const bare = piece.trim().toUpperCase();
    const key = equals < 0 ? (ENCODINGS.has(bare) ? 'ENCODING' : 'TYPE') : piece.slice(0, equals).trim().toUpperCase();
    const values = (equals < 0 ? bare : piece.slice(equals + 1))
      .split(',')
      .map((value) => value.trim().replace(/^"|"$/g, ''));
    params.set(key, [...(params.get(key) ?? []), ...values]);
  }
  return { name, params, value: line.slice(colon + 1) };
}

const MAX_PARAMS = 30;

/** The value as text: encoding and charset of version 2.1 undone, then escapes. */
export function textOf(line: VCardLine): string {
  return unescaped(decoded(line));
}

/** Pieces between unescaped separators, each unescaped. */
export function piecesOf(line: VCardLine, separator: ',' | ';'): string[] {
  const pieces: string[] = [];
  let from = 0;
  const text = decoded(line).slice(0, limits.cardValueChars * 4);
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === separator) {
      pieces.push(text.slice(from, i));
      from = i + 1;
    }
  }
  pieces.push(text.slice(from));
  return pieces.slice(0, 100).map(unescaped);
}

/** Octets of a value in base64, or of a `data:` URI; undefined if it is neither (a link, say: nothing is ever fetched). */
export function bytesOf(
  line: VCardLine,
): { readonly mediaType: string | undefined; readonly bytes: Uint8Array } | undefined {
  const value = line.value.trim();
  const uri = /^data:([^,;]{0,100})((?:;[^,;]{0,100}){0,5}),/i.exec(value.slice(0, 1000));
  if (uri) {
    if (!/;base64/i.test(uri[2] ?? '')) return undefined;
    return { mediaType: uri[1]?.toLowerCase(), bytes: fromBase64(value.slice(uri[0].length)) };
  }
  const encoding = line.params.get('ENCODING')?.[0]?.toUpperCase();
  if (encoding !== 'B' && encoding !== 'BASE64') return undefined;
  const type = line.params.get('TYPE')?.[0]?.toLowerCase();
  const mediaType = type === undefined || type.includes('/') ? type : `image/${type}`;
  return { mediaType, bytes: fromBase64(value) };
}

function decoded({ params, value }: VCardLine): string {
  const text = value.slice(0, limits.cardValueChars * 4);
  if (params.get('ENCODING')?.[0]?.toUpperCase() !== 'QUOTED-PRINTABLE') return text;
  const bytes = decodeTransfer(new TextEncoder().encode(text), 'quoted-printable');
  const charset = params.get('CHARSET')?.[0]?.toLowerCase() ?? 'utf-8';
  return new TextDecoder(/^(?:iso-8859-1|windows-1252|utf-8|us-ascii)$/.test(charset) ? charset : 'utf-8').decode(
    bytes,
  );
}

function unescaped(text: string): string {
  return text.replace(/\\([\\,;:nN])/g, (_, char: string) => (char === 'n' || char === 'N' ? '\n' : char));
}

function fromBase64(text: string): Uint8Array {
  return new Uint8Array(decodeTransfer(new TextEncoder().encode(text), 'base64'));
}

/** Position of the first separator that is not within double quotes; -1 if there is none near the beginning. */
function outsideQuotes(text: string, separator: string): number {
  let quoted = false;
  const end = Math.min(text.length, limits.vcardHeadChars + 1);
  for (let i = 0; i < end; i++) {
    if (text[i] === '"') quoted = !quoted;
    else if (!quoted && text[i] === separator) return i;
  }
  return -1;
}

function splitOutsideQuotes(head: string): string[] {
  const pieces: string[] = [];
  let rest = head;
  for (let at = outsideQuotes(rest, ';'); at >= 0; at = outsideQuotes(rest, ';')) {
    pieces.push(rest.slice(0, at));
    rest = rest.slice(at + 1);
  }
  return [...pieces, rest];
}
