import type { ChatContent } from './chat-mail.js';

/** Other spellings that the COI drafts use themselves, or that others write. */
const SYNONYMS: ReadonlyMap<string, string> = new Map([
  ['edit', 'editrequest'],
  ['delete', 'deleterequest'],
  ['groupprofile', 'groupinfo'],
  ['groupprofilerequest', 'grouprequested'],
  ['pollclosed', 'pollclose'],
]);

/** The values of `Chat-Content` that COI defines, in their canonical spelling. */
export const coiChatContents = [
  'ignore',
  'status',
  'editrequest',
  'deleterequest',
  'preview',
  'contact',
  'profile',
  'profilerequest',
  'group',
  'groupinfo',
  'groupfacts',
  'groupleft',
  'grouprequested',
  'location',
  'poll',
  'pollvote',
  'pollclose',
  'typing',
] as const;

/** Values of the same header that chatmail programs write; ours to read, and `sticker` to write as well. */
const chatmailChatContents = [
  'sticker',
  'reaction',
  'group-avatar-changed',
  'group-description-changed',
  'ephemeral-timer-changed',
  'location-streaming-enabled',
  'protection-enabled',
  'protection-disabled',
  'call',
  'call-accepted',
  'call-ended',
  'message-pinned',
  'videochat-invitation',
] as const;

const KNOWN: ReadonlySet<string> = new Set([...coiChatContents, ...chatmailChatContents]);

/** A value or parameter name: what needs no quotes (RFC 2045 `token`), bounded. */
const TOKEN = /^[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]{1,200}$/;
const EXTENSION = /^[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63}){1,15}$/;

/** Parameters read from one header; nobody writes more than two. */
const MAX_PARAMS = 20;

/** True for the values that COI or chatmail define (canonical spelling). */
export function isKnownChatContent(value: string): boolean {
  return KNOWN.has(value);
}

/** True for the form of an extension's value: a reverse domain name such as `com.example.app.Anything`. */
export function isExtensionChatContent(value: string): boolean {
  return EXTENSION.test(value);
}

/**
 * Reads a `Chat-Content` header: a value, then parameters, each after a `;`; a trailing `;` is fine. Known values come
 * in lower case and canonical spelling (`edit` is `editrequest`), others as written. `undefined` if there is no value.
 */
export function parseChatContent(header: string | undefined): ChatContent | undefined {
  if (header === undefined) return undefined;
  const [first = '', ...rest] = splitOutsideQuotes(header);
  const written = first.trim();
  if (written === '') return undefined;
  const lower = written.toLowerCase();
  const canonical = SYNONYMS.get(lower) ?? lower;
  const params = new Map<string, string>();
  for (const piece of rest.slice(0, MAX_PARAMS)) {
    const at = piece.indexOf('=');
    const name = (at < 0 ? piece : piece.slice(0, at)).trim().toLowerCase();
    if (name === '' || params.has(name)) continue;
    params.set(name, at < 0 ? '' : unquote(piece.slice(at + 1).trim()));
  }
  return { value: KNOWN.has(canonical) ? canonical : written.slice(0, 200), params };
}

/** Writes a `Chat-Content` header. Value and parameters have been checked by `validateDraft`. */
export function formatChatContent(content: {
  readonly value: string;
  readonly params?: Readonly<Record<string, string>> | undefined;
}): string {
  const params = Object.entries(content.params ?? {}).map(([name, value]) => `${name}=${quoteIfNeeded(value)}`);
  return [content.value, ...params].join('; ');
}

/** True if this can be a parameter name of the header. */
export function isChatContentParam(name: string): boolean {
  return TOKEN.test(name);
}

/** Splits at `;`, but not inside double quotes. */
function splitOutsideQuotes(header: string): string[] {
  const pieces: string[] = [];
  let from = 0;
  let quoted = false;
  for (let i = 0; i < header.length; i++) {
    const c = header[i];
    if (c === '\\' && quoted) i++;
    else if (c === '"') quoted = !quoted;
    else if (c === ';' && !quoted) {
      pieces.push(header.slice(from, i));
      from = i + 1;
    }
  }
  pieces.push(header.slice(from));
  return pieces;
}

function unquote(value: string): string {
  if (value.length < 2 || !value.startsWith('"') || !value.endsWith('"')) return value;
  return value.slice(1, -1).replace(/\\(.)/g, '$1');
}

function quoteIfNeeded(value: string): string {
  // A comma needs quotes in a token, but `categories=friend,family` is the form that COI shows.
  if (value !== '' && value.split(',').every((word) => TOKEN.test(word))) return value;
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}
