import { InputError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import { normalizeAddress, readAddress } from '../mail/address.js';
import type { PreferEncrypt } from '../store/key-records.js';
import { invalidField, parseAttributes, refuseCriticalAttributes } from './attributes.js';
import { decodeBase64, encodeBase64 } from './base64.js';

/** An `Autocrypt` or `Autocrypt-Gossip` field. */
export interface AutocryptHeader {
  /** Whose key it is; normalised. */
  readonly address: string;
  /** Always `nopreference` in gossip. */
  readonly preferEncrypt: PreferEncrypt;
  /** Binary OpenPGP transferable public key; not looked at yet. */
  readonly keyData: Uint8Array;
}

/** Name of the field that an {@link AutocryptHeader} stands in. */
export type AutocryptFieldName = 'Autocrypt' | 'Autocrypt-Gossip';

/**
 * Reads the value of an `Autocrypt` or `Autocrypt-Gossip` field (Autocrypt Level 1, "The Autocrypt Header"). That the
 * address equals From, or is a recipient, and that the key is one, is for the caller to check.
 *
 * @param value Unfolded, as `MailHeaders` gives it.
 * @throws MailError `AUTOCRYPT_INVALID`
 */
export function parseAutocryptHeader(value: string): AutocryptHeader {
  const attributes = parseAttributes(value);
  refuseCriticalAttributes(attributes, ['addr', 'prefer-encrypt', 'keydata']);
  const keyText = attributes.get('keydata');
  if (keyText === undefined) throw invalidField('it has no keydata');
  if ([...attributes.keys()].at(-1) !== 'keydata') throw invalidField('keydata is not its last attribute');
  const address = readAddress(attributes.get('addr') ?? '');
  if (address === undefined) throw invalidField('addr is missing or no address');
  const keyData = decodeBase64(keyText);
  if (keyData === undefined || keyData.length === 0) throw invalidField('keydata is not base64');
  return {
    address,
    preferEncrypt: attributes.get('prefer-encrypt') === 'mutual' ? 'mutual' : 'nopreference',
    keyData,
  };
}

/** Those of several fields that are valid. Invalid ones are a normal thing: later versions of Autocrypt are meant to write such. */
export function validAutocryptHeaders(values: readonly string[]): AutocryptHeader[] {
  return values.flatMap((value) => {
    try {
      return [parseAutocryptHeader(value)];
    } catch {
      return [];
    }
  });
}

/** Characters of key data in one line: with the blank before it the 76 that all programs take. */
const LINE = 75;

/**
 * Writes the value of an `Autocrypt` field, unfolded, with blanks in the key data where it may be folded.
 * `prefer-encrypt` is left out where it says nothing.
 *
 * @throws InputError `INVALID_ADDRESS` if the address cannot stand in such a field, `MESSAGE_TOO_LARGE` if the field would
 * be larger than the 10 KiB up to which others read it; minimise the key first.
 */
export function formatAutocryptHeader(header: AutocryptHeader): string {
  return format('Autocrypt', header);
}

/** The same for `Autocrypt-Gossip`, which never has `prefer-encrypt`. @throws InputError as {@link formatAutocryptHeader} */
export function formatGossipHeader(header: Pick<AutocryptHeader, 'address' | 'keyData'>): string {
  return format('Autocrypt-Gossip', { ...header, preferEncrypt: 'nopreference' });
}

function format(name: AutocryptFieldName, header: AutocryptHeader): string {
  const address = normalizeAddress(header.address);
  // Attributes are neither quoted nor escaped.
  if (readAddress(address) === undefined || /[;\s]/.test(address)) {
    throw new InputError('INVALID_ADDRESS', `"${address}" cannot be written into an ${name} field.`);
  }
  const lines = encodeBase64(header.keyData).match(/.{1,75}/g) ?? [];
  const preference = header.preferEncrypt === 'mutual' ? ' prefer-encrypt=mutual;' : '';
  const value = `addr=${address};${preference} keydata= ${lines.join(' ')}`;
  if (foldField(name, value).length > limits.autocryptHeaderBytes) {
    throw new InputError(
      'MESSAGE_TOO_LARGE',
      `The ${name} field for ${address} would be larger than 10 KiB, and nobody would read it. Use a smaller key.`,
    );
  }
  return value;
}

/**
 * A header field in lines of at most 78 characters where its blanks allow it (RFC 5322 2.2.3), with CRLF at its end. For
 * programs that write their mails themselves.
 */
export function foldField(name: string, value: string): string {
  let out = `${name}:`;
  let column = out.length;
  for (const word of value.split(' ')) {
    if (column + 1 + word.length > LINE + 3) {
      out += '\r\n';
      column = 0;
    }
    out += ` ${word}`;
    column += 1 + word.length;
  }
  return `${out}\r\n`;
}
