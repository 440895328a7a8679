import { InputError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import { parseAddress } from '../mail/address.js';
import { cleanName } from '../mail/text-clean.js';

/** What the QR code of a contact says. */
export interface VerificationCode {
  /** Lower case hex: 40 digits, or 64 of a version 6 key. */
  readonly fingerprint: string;
  /** Normalised. A code may leave it out. */
  readonly address?: string;
  readonly name?: string;
}

/**
 * A fingerprint for people to compare: upper case, in groups of four.
 *
 * @throws InputError `INVALID_OPTION` if it is none.
 */
export function formatFingerprint(fingerprint: string): string {
  return (parseFingerprint(fingerprint).toUpperCase().match(/.{4}/g) ?? []).join(' ');
}

/**
 * A fingerprint as a person typed or pasted it, in lower case hex without blanks, colons and a leading `0x`.
 *
 * @throws InputError `INVALID_OPTION` unless it has 40 or 64 hex digits.
 */
export function parseFingerprint(text: string): string {
  const digits = text.slice(0, 500).replace(/[\s:]/g, '').replace(/^0x/i, '').toLowerCase();
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(digits)) return digits;
  throw new InputError('INVALID_OPTION', 'This is no fingerprint: it needs 40 hex digits (64 for a key of version 6).');
}

/** True if both are the same fingerprint, however they are written. @throws InputError `INVALID_OPTION` */
export function sameFingerprint(a: string, b: string): boolean {
  return parseFingerprint(a) === parseFingerprint(b);
}

const SCHEME = 'OPENPGP4FPR:';

/**
 * The content of a QR code that lets others verify a key: `OPENPGP4FPR:<fingerprint>#a=<address>&n=<name>`, as chatmail
 * programs write it (without an invitation).
 *
 * @throws InputError `INVALID_OPTION`, `INVALID_ADDRESS`
 */
export function formatVerificationCode(code: VerificationCode): string {
  const fingerprint = parseFingerprint(code.fingerprint).toUpperCase();
  const name = code.name === undefined ? '' : cleanName(code.name);
  const fields = [
    ...(code.address === undefined ? [] : [`a=${encodeURIComponent(parseAddress(code.address))}`]),
    ...(name === '' ? [] : [`n=${encodeURIComponent(name)}`]),
  ];
  return `${SCHEME}${fingerprint}${fields.length === 0 ? '' : `#${fields.join('&')}`}`;
}

/**
 * Reads the content of such a QR code. Invitations (`i`, `s`, groups) are left out; so is an address that is none.
 *
 * @throws InputError `INVALID_OPTION` if it is no such code.
 */
export function parseVerificationCode(text: string): VerificationCode {
  const content = text.trim().slice(0, limits.headerTextChars);
  if (content.slice(0, SCHEME.length).toUpperCase() !== SCHEME) {
    throw new InputError(
      'INVALID_OPTION',
      'This is no code for verifying a contact: it does not begin with OPENPGP4FPR.',
    );
  }
  const rest = content.slice(SCHEME.length);
  // Some systems encode the # before they hand the content over.
  const split = /#|%23/.exec(rest);
  const fingerprint = parseFingerprint(rest.slice(0, split?.index));
  const fields = new Map<string, string>();
  for (const field of split === null ? [] : rest.slice(split.index + split[0].length).split('&')) {
    const equals = field.indexOf('=');
    if (equals > 0) fields.set(field.slice(0, equals), decoded(field.slice(equals + 1)));
  }
  const address = addressOf(fields.get('a'));
  const name = cleanName(fields.get('n') ?? '');
  return { fingerprint, ...(address !== undefined && { address }), ...(name !== '' && { name }) };
}

/** Form encoding: `+` is a blank. */
function decoded(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}

function addressOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    // A plus sign is a letter of the address where somebody did not encode it.
    return parseAddress(text.replaceAll(' ', '+'));
  } catch {
    return undefined;
  }
}
