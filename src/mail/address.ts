import { InputError } from '../core/errors.js';
import type { MailAddress } from './parsed-mail.js';
import { cleanName } from './text-clean.js';

/** Most octets of an address: RFC 5321 4.5.3.1 (64 before the @, 255 after it). */
const MAX_ADDRESS_OCTETS = 320;

const PLAIN_ADDRESS = /^[a-z0-9!#$%&'*+/=?^_`{|}~.-]+@[a-z0-9._-]*[a-z0-9_-]$/i;
const PLAIN_DOMAIN = /^[a-z0-9._-]+$/i;
const ADDRESS_LITERAL = /^\[[a-z0-9.:-]+\]$/i;
/** atext of RFC 5322 3.2.3 with the non-ASCII of RFC 6532. */
const DOT_ATOM = /^[^\s"(),:;<>@[\\\]]+$/;
const QUOTED = /^"(?:[^"\\]|\\.)*"$/s;

/**
 * The form in which addresses are compared, hashed and stored: domain as A-labels (IDNA), unneeded quotes removed, NFC,
 * Unicode default lower case. Takes anything; what is no address comes back trimmed and in lower case.
 */
export function normalizeAddress(input: string): string {
  const address = input.trim();
  if (PLAIN_ADDRESS.test(address)) return address.toLowerCase();
  const at = address.lastIndexOf('@');
  if (at < 0) return lower(address);
  return `${normalizeLocalPart(address.slice(0, at).trim())}@${normalizeDomain(address.slice(at + 1).trim())}`;
}

/**
 * Checks an address that the application passed in, and normalises it.
 *
 * @throws InputError `INVALID_ADDRESS` unless it is one bare address: no name, no list, no CR, LF or NUL, with a domain.
 */
export function parseAddress(input: string): string {
  if (typeof input !== 'string') throw invalid(String(input), 'it is not a string');
  if (hasControl(input)) throw invalid(input, 'it contains control characters such as line ends');
  const text = input.trim();
  if (text.length > MAX_ADDRESS_OCTETS) throw invalid(input, 'it is too long');
  if (text === '') throw invalid(input, 'it is empty');
  const at = text.lastIndexOf('@');
  if (at < 0) throw invalid(input, 'there is no @');
  const local = text.slice(0, at);
  const domain = text.slice(at + 1);
  if (local === '') throw invalid(input, 'the part before the @ is missing');
  if (domain === '') throw invalid(input, 'the domain after the @ is missing');
  if (!DOT_ATOM.test(local) && !QUOTED.test(local))
    throw invalid(input, 'give just the address, without name or brackets');
  if (!isDomain(domain)) throw invalid(input, 'the domain is not valid');
  const address = normalizeAddress(text);
  if (new TextEncoder().encode(address).length > MAX_ADDRESS_OCTETS) throw invalid(input, 'it is too long');
  return address;
}

/**
 * Like {@link parseAddress} for `Name <address>` or a bare address.
 *
 * @throws InputError `INVALID_ADDRESS`
 */
export function parseMailbox(input: string): MailAddress {
  if (typeof input !== 'string') throw invalid(String(input), 'it is not a string');
  if (hasControl(input)) throw invalid(input, 'it contains control characters such as line ends');
  const text = input.trim();
  const open = text.endsWith('>') ? text.lastIndexOf('<') : -1;
  if (open < 0) return { address: parseAddress(text) };
  const address = parseAddress(text.slice(open + 1, -1));
  const name = cleanName(unquote(text.slice(0, open).trim()));
  return name === '' ? { address } : { address, name };
}

/** True if both are the same address once normalised. */
export function sameAddress(a: string, b: string): boolean {
  return a === b || normalizeAddress(a) === normalizeAddress(b);
}

/** The normalised domain of an address; empty if it has none. */
export function domainOf(address: string): string {
  const normalized = normalizeAddress(address);
  const at = normalized.lastIndexOf('@');
  return at < 0 ? '' : normalized.slice(at + 1);
}

/** `Name <address>`, or just the address, for people to read. Not for header fields: those have to be encoded. */
export function formatAddress(address: MailAddress): string {
  const name = address.name === undefined ? '' : cleanName(address.name);
  return name === '' || name === address.address ? address.address : `${name} <${address.address}>`;
}

/**
 * The first address in a header value such as Disposition-Notification-To, read without regard to names and comments.
 * For whole lists see `ParsedMail.to` and its like.
 */
export function firstAddress(value: string): string | undefined {
  const open = value.indexOf('<');
  const close = open < 0 ? -1 : value.indexOf('>', open);
  const inner = close < 0 ? value.slice(open + 1) : value.slice(open + 1, close);
  for (const word of inner.slice(0, 4096).split(/[\s,;]+/)) {
    const address = readAddress(word);
    if (address !== undefined) return address;
  }
  return undefined;
}

/** Normalises an address from a header; undefined if it has no local part or no domain, or cannot be one. */
export function readAddress(raw: string): string | undefined {
  if (raw.length > 2 * MAX_ADDRESS_OCTETS) return undefined;
  const address = normalizeAddress(stripControls(raw));
  const at = address.lastIndexOf('@');
  return at > 0 && at < address.length - 1 && !/[\s<>"(),;]/.test(address.slice(at)) ? address : undefined;
}

function normalizeLocalPart(local: string): string {
  if (!QUOTED.test(local)) return lower(local);
  const inner = unquote(local);
  // Quotes that are needed stay: "a@b"@c is not a@b@c, and "a b" could not be sent without them.
  const kept = DOT_ATOM.test(inner) ? inner : `"${inner.replace(/["\\]/g, '\\$&')}"`;
  return lower(kept);
}

function normalizeDomain(raw: string): string {
  const domain = lower(raw.endsWith('.') ? raw.slice(0, -1) : raw);
  if (PLAIN_DOMAIN.test(domain) || !canBeDomain(domain)) return domain;
  // The URL parser is the platform's IDNA implementation (UTS 46).
  return URL.canParse(`http://${domain}/`) ? new URL(`http://${domain}/`).hostname : domain;
}

function isDomain(domain: string): boolean {
  if (ADDRESS_LITERAL.test(domain)) return true;
  if (!canBeDomain(domain)) return false;
  const ascii = normalizeDomain(domain);
  return (
    PLAIN_DOMAIN.test(ascii) &&
    ascii.length <= 255 &&
    ascii.split('.').every((label) => /^(?!-).{1,63}(?<!-)$/.test(label))
  );
}

/** Letters, digits, dots, hyphens and anything beyond ASCII: nothing that an URL parser would read as more than a host. */
function canBeDomain(domain: string): boolean {
  return domain !== '' && domain.length <= 1024 && /^[\p{L}\p{M}\p{N}\u3002\uff0e\uff61._-]+$/u.test(domain);
}

function unquote(text: string): string {
  return QUOTED.test(text) ? text.slice(1, -1).replace(/\\(.)/gs, '$1') : text;
}

/** Lower case can undo NFC and the other way round for a few letters; this order is stable when applied again. */
function lower(text: string): string {
  return text.normalize('NFC').toLowerCase().normalize('NFC');
}

function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (isControl(text.charCodeAt(i))) return true;
  return false;
}

function stripControls(text: string): string {
  return hasControl(text)
    ? Array.from(text)
        .filter((char) => !isControl(char.charCodeAt(0)))
        .join('')
    : text;
}

function isControl(code: number): boolean {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || code === 0x2028 || code === 0x2029;
}

function invalid(input: string, why: string): InputError {
  return new InputError('INVALID_ADDRESS', `"${cleanName(input, 80)}" is not a valid e-mail address: ${why}.`);
}
