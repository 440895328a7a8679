import { limits } from '../core/limits.js';

/** One header field with its place in the source. */
export interface HeaderField {
  /** Lower case. */
  readonly name: string;
  /** Unfolded, trimmed, still encoded. */
  readonly value: string;
  /** Octets of the whole field, line end included. */
  readonly raw: Buffer;
}

/** A structured value such as that of Content-Type: `text/plain; charset=utf-8`. */
export interface ParameterValue {
  /** Lower case. */
  readonly value: string;
  /** Names in lower case, values as written (RFC 2231 pieces are left apart, as IMAP servers do). */
  readonly params: ReadonlyMap<string, string>;
}

/**
 * One part of a mail with its octets. IMAP has to answer with exact slices of the source (RFC 9051 6.4.5), which mail
 * parsing libraries do not keep.
 */
export class MimePart {
  /** Header block with the empty line that ends it. */
  headerBlock: Buffer = Buffer.alloc(0);
  /** Everything behind the header block. */
  body: Buffer = Buffer.alloc(0);
  /** Parts of a multipart. */
  readonly children: MimePart[] = [];
  /** The mail inside a message/rfc822 part. */
  message: MimePart | undefined;
  #fields: HeaderField[] | undefined;
  #type: ParameterValue | undefined;

  /** All header fields in order. */
  get fields(): readonly HeaderField[] {
    this.#fields ??= readFields(this.headerBlock);
    return this.#fields;
  }

  /** Value of the first field of this name. */
  header(name: string): string | undefined {
    const wanted = name.toLowerCase();
    return this.fields.find((field) => field.name === wanted)?.value;
  }

  /** Content-Type, `text/plain` by default (RFC 2045 5.2). */
  get type(): ParameterValue {
    this.#type ??= contentType(this.header('content-type'));
    return this.#type;
  }
}

function contentType(value: string | undefined): ParameterValue {
  const parsed = parameters(value ?? '');
  return /^[^/\s]+\/[^/\s]+$/.test(parsed.value) ? parsed : { value: 'text/plain', params: parsed.params };
}

/** Splits a structured header value into its value and parameters (RFC 2045 5.1). */
export function parameters(input: string): ParameterValue {
  const pieces = splitOutsideQuotes(input, ';');
  const params = new Map<string, string>();
  for (const piece of pieces.slice(1)) {
    const equals = piece.indexOf('=');
    if (equals < 1) continue;
    const name = piece.slice(0, equals).trim().toLowerCase();
    const value = piece.slice(equals + 1).trim();
    if (name && !params.has(name)) params.set(name, unquote(value));
  }
  return { value: (pieces[0] ?? '').trim().toLowerCase(), params };
}

function unquote(value: string): string {
  if (!value.startsWith('"')) return value;
  const end = value.length > 1 && value.endsWith('"') ? -1 : undefined;
  return value.slice(1, end).replace(/\\(.)/gs, '$1');
}

function splitOutsideQuotes(input: string, separator: string): string[] {
  const pieces: string[] = [];
  let start = 0;
  let quoted = false;
  for (let i = 0; i < input.length; i++) {
    const char = input[i];
    if (char === '\\' && quoted) i++;
    else if (char === '"') quoted = !quoted;
    else if (char === separator && !quoted) {
      pieces.push(input.slice(start, i));
      start = i + 1;
    }
  }
  pieces.push(input.slice(start));
  return pieces;
}

function readFields(header: Buffer): HeaderField[] {
  const fields: HeaderField[] = [];
  let start = 0;
  while (start < header.length) {
    let end = lineEnd(header, start);
    // Continuation lines begin with blank or tab (RFC 5322 2.2.3).
    while (end < header.length && (header[end] === 32 || header[end] === 9)) end = lineEnd(header, end);
    const raw = header.subarray(start, end);
    start = end;
    const colon = raw.indexOf(58);
    if (colon < 1) continue;
    const name = raw.toString('latin1', 0, colon).trim().toLowerCase();
    const value = raw
      .toString('utf8', colon + 1)
      .replace(/\r?\n/g, '')
      .trim();
    fields.push({ name, value, raw });
  }
  return fields;
}

/** Offset behind the line that starts at `start`. */
function lineEnd(source: Buffer, start: number): number {
  const lf = source.indexOf(10, start);
  return lf < 0 ? source.length : lf + 1;
}

interface Open {
  readonly part: MimePart;
  readonly start: number;
  bodyStart: number;
  /** Set while this is a multipart whose boundary is looked for. */
  boundary: string | undefined;
}

/**
 * Reads the part tree in one pass over the lines, whatever the nesting. Beyond `limits.mimeDepth` and `limits.mimeParts`
 * parts are left unsplit.
 */
export function parseMime(source: Buffer): MimePart {
  const root = new MimePart();
  // From the mail itself to the part that is being read.
  const stack: Open[] = [{ part: root, start: 0, bodyStart: -1, boundary: undefined }];
  let parts = 1;
  let position = 0;
  while (position < source.length) {
    const next = lineEnd(source, position);
    const level = boundaryAt(source, position, next, stack);
    const current = stack.at(-1) as Open;
    if (level !== undefined) {
      const owner = stack[level.index] as Open;
      closeDown(source, stack, level.index + 1, withoutLineBreak(source, position));
      if (level.last) owner.boundary = undefined;
      else {
        const child = new MimePart();
        if (++parts > limits.mimeParts) owner.boundary = undefined;
        else {
          owner.part.children.push(child);
          stack.push({ part: child, start: next, bodyStart: -1, boundary: undefined });
        }
      }
    } else if (current.bodyStart < 0 && isEmptyLine(source, position, next)) {
      current.bodyStart = next;
      current.part.headerBlock = source.subarray(current.start, next);
      if (stack.length < limits.mimeDepth) descend(current, stack);
    }
    position = next;
  }
  closeDown(source, stack, 0, source.length);
  return root;
}

/** After the header of a part: what does its body hold? */
function descend(current: Open, stack: Open[]): void {
  const { value, params } = current.part.type;
  if (value.startsWith('multipart/')) current.boundary = params.get('boundary') || undefined;
  else if (value === 'message/rfc822') {
    const encoding = current.part.header('content-transfer-encoding')?.toLowerCase() ?? '7bit';
    if (!['7bit', '8bit', 'binary'].includes(encoding)) return;
    const message = new MimePart();
    current.part.message = message;
    stack.push({ part: message, start: current.bodyStart, bodyStart: -1, boundary: undefined });
  }
}

function closeDown(source: Buffer, stack: Open[], from: number, end: number): void {
  for (const open of stack.splice(from)) {
    const stop = Math.max(open.start, end);
    if (open.bodyStart < 0) open.part.headerBlock = source.subarray(open.start, stop);
    else open.part.body = source.subarray(open.bodyStart, Math.max(open.bodyStart, stop));
  }
}

/** The innermost open multipart whose boundary this line is. */
function boundaryAt(
  source: Buffer,
  start: number,
  end: number,
  stack: readonly Open[],
): { index: number; last: boolean } | undefined {
  // RFC 2046 5.1.1: two dashes and at most 70 characters; a longer line cannot be one.
  if (source[start] !== 45 || source[start + 1] !== 45 || end - start > 300) return undefined;
  const line = source.toString('latin1', start + 2, end).trimEnd();
  for (let index = stack.length - 1; index >= 0; index--) {
    const boundary = stack[index]?.boundary;
    if (boundary === undefined || !line.startsWith(boundary)) continue;
    const rest = line.slice(boundary.length);
    if (rest === '' || rest === '--') return { index, last: rest === '--' };
  }
  return undefined;
}

function isEmptyLine(source: Buffer, start: number, end: number): boolean {
  return source[start] === 10 || (source[start] === 13 && end - start === 2);
}

/** The line break before a boundary belongs to the boundary (RFC 2046 5.1.1). */
function withoutLineBreak(source: Buffer, position: number): number {
  if (source[position - 1] !== 10) return position;
  return source[position - 2] === 13 ? position - 2 : position - 1;
}
