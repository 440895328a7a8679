import { limits } from '../core/limits.js';
import { asBuffer } from './bytes.js';
import { decodeHeaderBytes } from './charset.js';
import type { MailLibraries } from './libraries.js';
import type { MailHeaders } from './parsed-mail.js';
import { cleanLine } from './text-clean.js';

/** Header fields of a mail or part. Values are unfolded when they are asked for: most fields never are. */
export class HeaderFields implements MailHeaders {
  readonly #libraries: MailLibraries;
  /** Name as written and folded value, by turns. */
  readonly #fields: readonly string[];
  readonly #byName = new Map<string, number[]>();
  /** True if there were more fields or octets than the limits allow. */
  readonly cut: boolean;

  /** @param block Octets of the header without the blank line behind it. */
  constructor(block: Uint8Array, libraries: MailLibraries) {
    this.#libraries = libraries;
    const { fields, cut } = splitFields(asBuffer(block.subarray(0, limits.headerBytes)).toString('latin1'));
    this.#fields = fields;
    this.cut = cut || block.length > limits.headerBytes;
    for (let i = 0; i < fields.length; i += 2) {
      const name = fieldAt(fields, i).toLowerCase();
      const known = this.#byName.get(name);
      if (known) known.push(i);
      else this.#byName.set(name, [i]);
    }
  }

  get(name: string): string | undefined {
    const at = this.#byName.get(name.toLowerCase())?.[0];
    return at === undefined ? undefined : this.#value(at);
  }

  getAll(name: string): readonly string[] {
    return (this.#byName.get(name.toLowerCase()) ?? []).map((at) => this.#value(at));
  }

  text(name: string): string | undefined {
    const value = this.get(name);
    return value === undefined ? undefined : decodeHeaderText(value, this.#libraries);
  }

  *entries(): Iterable<readonly [string, string]> {
    for (let i = 0; i < this.#fields.length; i += 2) yield [fieldAt(this.#fields, i), this.#value(i)];
  }

  #value(at: number): string {
    const raw = fieldAt(this.#fields, at + 1);
    const unfolded = raw.includes('\n') ? raw.replace(/\r?\n[ \t]*/g, ' ').trim() : raw.trim();
    return NON_ASCII.test(unfolded) ? decodeHeaderBytes(unfolded, this.#libraries) : unfolded;
  }
}

const NON_ASCII = /[\u0080-\u00ff]/;
const FIELD_NAME = /^[!-9;-~]{1,200}$/;

/** RFC 2047 words decoded, control and bidi characters removed, cut to `limits.headerTextChars`. */
function decodeHeaderText(value: string, { libmime }: MailLibraries): string {
  const short = value.slice(0, limits.headerTextChars * 4);
  return cleanLine(short.includes('=?') ? libmime.decodeWords(short) : short, limits.headerTextChars);
}

/** One pass over the block. Lines that are no fields (an mbox `From ` line, junk) are left out. */
function splitFields(block: string): { fields: string[]; cut: boolean } {
  const fields: string[] = [];
  let start = 0;
  while (start < block.length) {
    const end = fieldEnd(block, start);
    const field = block.slice(start, end);
    const colon = field.indexOf(':');
    const name = colon > 0 ? field.slice(0, Math.min(colon, 256)).trimEnd() : '';
    if (FIELD_NAME.test(name)) {
      if (fields.length >= limits.headerFields * 2) return { fields, cut: true };
      fields.push(name, field.slice(colon + 1));
    }
    start = end;
  }
  return { fields, cut: false };
}

/** Where the next field begins: behind a line end that no blank follows (RFC 5322 2.2.3). */
function fieldEnd(block: string, start: number): number {
  let at = start;
  for (;;) {
    const lf = block.indexOf('\n', at);
    if (lf < 0) return block.length;
    const next = block[lf + 1];
    if (next !== ' ' && next !== '\t') return lf + 1;
    at = lf + 1;
  }
}

function fieldAt(fields: readonly string[], at: number): string {
  return fields[at] ?? '';
}
