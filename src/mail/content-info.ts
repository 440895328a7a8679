import { limits } from '../core/limits.js';
import type { MailLibraries } from './libraries.js';
import type { MailHeaders } from './parsed-mail.js';

/** What the MIME fields of a part's header say (RFC 2045, RFC 2183). */
export interface ContentInfo {
  readonly type: string;
  readonly params: ReadonlyMap<string, string>;
  readonly disposition?: string;
  readonly dispositionParams: ReadonlyMap<string, string>;
  readonly contentId?: string;
  readonly encoding: string;
}

const MIME_TYPE = /^\s*([a-z0-9!#$&^_.+-]{1,127}\/[a-z0-9!#$&^_.+-]{1,127})(?=$|[\s;(,])/i;
const TOKEN = /^[a-z0-9!#$%&'*+.^_`{|}~-]{1,64}/i;
const NO_PARAMS: ReadonlyMap<string, string> = new Map();

/** @param defaultType Type of a part that names none: `text/plain`, in a digest `message/rfc822` (RFC 2046 5.1.5). */
export function contentInfo(headers: MailHeaders, defaultType: string, libraries: MailLibraries): ContentInfo {
  const type = parameterized(headers.get('Content-Type'), libraries);
  const disposition = parameterized(headers.get('Content-Disposition'), libraries);
  const dispositionName = TOKEN.exec(disposition.value)?.[0].toLowerCase();
  const contentId = bareId(headers.get('Content-ID'));
  return {
    type: mimeType(type.value) ?? (type.value === '' ? defaultType : 'text/plain'),
    params: type.params,
    ...(dispositionName !== undefined && { disposition: dispositionName }),
    dispositionParams: disposition.params,
    ...(contentId !== undefined && { contentId }),
    encoding: transferEncoding(headers.get('Content-Transfer-Encoding')),
  };
}

/** Lower case `type/subtype`; undefined if it is none. */
export function mimeType(value: string): string | undefined {
  return MIME_TYPE.exec(value)?.[1]?.toLowerCase();
}

/** Lower case transfer encoding without comments; `7bit` if missing. */
export function transferEncoding(value: string | undefined): string {
  const name = TOKEN.exec((value ?? '').trim())?.[0].toLowerCase();
  return name ?? '7bit';
}

/** A Content-ID without angle brackets. */
export function bareId(value: string | undefined): string | undefined {
  const id = value?.slice(0, limits.messageIdChars).replace(/^[\s<]+|[\s>]+$/g, '');
  return id === undefined || id === '' ? undefined : id;
}

function parameterized(
  value: string | undefined,
  { libmime }: MailLibraries,
): { value: string; params: ReadonlyMap<string, string> } {
  if (value === undefined || value === '') return { value: '', params: NO_PARAMS };
  const parsed = libmime.parseHeaderValue(value.slice(0, limits.headerTextChars));
  const params = new Map<string, string>();
  for (const [name, text] of Object.entries(parsed.params)) {
    // RFC 2047 words have no place here (RFC 2047 5), but file names come that way.
    params.set(name, text.includes('=?') ? libmime.decodeWords(text) : text);
  }
  return { value: parsed.value === false ? '' : parsed.value, params };
}
