import { limits } from '../core/limits.js';
import { normalizeAddress } from './address.js';
import type { MailHeaders, ParsedMail } from './parsed-mail.js';

/** One DKIM signature, as a server judged it. */
interface DkimResult {
  /** `pass`, `fail`, `none`, `neutral`, `policy`, `temperror`, `permerror` (RFC 8601 2.7.1), or what else the server wrote; lower case. */
  readonly result: string;
  /** Domain that signed, lower case; missing where the server named none. */
  readonly domain?: string;
}

/** What one server says about who sent a mail (RFC 8601), as far as it is about DKIM. */
export interface AuthenticationResults {
  /** The server's name for itself (authserv-id), lower case. */
  readonly server: string;
  /** In the order of the field; empty if it says nothing about DKIM. */
  readonly dkim: readonly DkimResult[];
}

/** A server name is a domain; longer ones are not kept. */
const MAX_NAME = 255;

/**
 * Reads the topmost Authentication-Results field of a mail: the only one that our own server can have written last. Those
 * below it, even with the same server name, may have come with the mail. Undefined if there is none, or if it is malformed or names
 * no server. It says nothing by itself: whoever uses it has to know the name of the account's server.
 *
 * A mail with several From fields or authors is no proof of any of them, whatever was signed: a pass counts as `fail`.
 */
export function authenticationOf(mail: Pick<ParsedMail, 'headers' | 'from'>): AuthenticationResults | undefined {
  const value = mail.headers.get('Authentication-Results');
  const results = value === undefined ? undefined : parseAuthenticationResults(value);
  if (results === undefined || hasOneAuthor(mail.headers, mail.from.length)) return results;
  return {
    ...results,
    dkim: results.dkim.map((dkim) => (dkim.result === 'pass' ? { ...dkim, result: 'fail' } : dkim)),
  };
}

/** Reads the value of an Authentication-Results field. What a sender could smuggle into comments and quoted strings is not looked at. */
export function parseAuthenticationResults(value: string): AuthenticationResults | undefined {
  if (value.length > limits.authenticationResultsChars) return undefined;
  const statements = lex(value);
  const [head, ...rest] = statements ?? [];
  const [name, ...version] = head ?? [];
  // Some servers leave their name out and begin with a result; such a field is nobody's.
  if (name === undefined || name.name === '' || name.value !== undefined || version.length > 1) return undefined;
  if (name.name.length > MAX_NAME || version.some((word) => !/^\d+$/.test(word.name))) return undefined;
  const dkim = rest.flatMap((words) => dkimResult(words) ?? []);
  return { server: name.name.toLowerCase(), dkim: dkim.slice(0, limits.dkimResults) };
}

/** A word, or a name with a value. */
interface Word {
  readonly name: string;
  readonly value?: string;
}

function dkimResult(words: readonly Word[]): DkimResult | undefined {
  const at = words.findIndex(({ value }) => value !== undefined);
  // `dkim`, or with blanks anywhere: `dkim / 1`.
  const method = words
    .slice(0, at + 1)
    .map(({ name }) => name)
    .join('')
    .toLowerCase()
    .split('/', 1)[0];
  const result = words[at]?.value?.toLowerCase();
  if (method !== 'dkim' || result === undefined) return undefined;
  const domain = signingDomain(words.slice(at + 1));
  return { result: result.slice(0, MAX_NAME), ...(domain !== undefined && { domain }) };
}

/** `header.d`, or else the domain of `header.i`, which lies below it (RFC 6376 3.5). A statement that names several is of no use. */
function signingDomain(properties: readonly Word[]): string | undefined {
  for (const property of ['header.d', 'header.i']) {
    const found = properties.filter(({ name }) => name.toLowerCase() === property);
    const [only] = found;
    if (only === undefined) continue;
    const address = normalizeAddress(`x@${only.value ?? ''}`);
    const domain = address.slice(address.lastIndexOf('@') + 1);
    return found.length === 1 && domain !== '' && domain.length <= MAX_NAME ? domain : undefined;
  }
  return undefined;
}

/** Splits into statements and words, linear in the length; undefined if a comment or quoted string does not end. */
function lex(text: string): Word[][] | undefined {
  const statements: Word[][] = [];
  let words: Word[] = [];
  let at = 0;
  for (;;) {
    const start = skipComments(text, at);
    if (start === undefined) return undefined;
    at = start;
    if (at >= text.length) break;
    if (text[at] === ';') {
      statements.push(words);
      words = [];
      at += 1;
      continue;
    }
    if (text[at] === '=') {
      const from = skipComments(text, at + 1);
      const value = from === undefined ? undefined : readAtom(text, from, VALUE_END);
      const last = words.at(-1);
      if (value === undefined || last === undefined || last.value !== undefined) return undefined;
      words[words.length - 1] = { name: last.name, value: value.text };
      at = value.end;
      continue;
    }
    const name = readAtom(text, at, NAME_END);
    if (name === undefined || name.end === at) return undefined;
    words.push({ name: name.text });
    at = name.end;
  }
  statements.push(words);
  return statements;
}

const NAME_END = new Set([' ', '\t', '\r', '\n', ';', '(', '=']);
/** Servers write `=`, `/` and `@` into values without quoting them. */
const VALUE_END = new Set([' ', '\t', '\r', '\n', ';', '(']);

/** A token, a quoted string, or several of them in a row, such as `"john doe"@example.org`. */
function readAtom(text: string, start: number, end: ReadonlySet<string>): { text: string; end: number } | undefined {
  let at = start;
  let atom = '';
  for (let char = text[at]; char !== undefined && !end.has(char); char = text[at]) {
    if (char !== '"') {
      atom += char;
      at += 1;
      continue;
    }
    for (at += 1; text[at] !== '"'; at += 1) {
      if (text[at] === '\\') at += 1;
      if (at >= text.length) return undefined;
      atom += text[at];
    }
    at += 1;
  }
  return { text: atom, end: at };
}

/** Position behind blanks and (nested) comments. */
function skipComments(text: string, start: number): number | undefined {
  let depth = 0;
  let at = start;
  for (; at < text.length; at += 1) {
    const char = text[at];
    if (char === '(') depth += 1;
    else if (depth === 0 && !BLANK.has(char ?? '')) return at;
    else if (char === ')') depth -= 1;
    else if (char === '\\' && depth > 0) at += 1;
  }
  return depth === 0 ? at : undefined;
}

const BLANK = new Set([' ', '\t', '\r', '\n']);

function hasOneAuthor(headers: MailHeaders, authors: number): boolean {
  return authors === 1 && headers.getAll('From').length === 1;
}
