import { MailError } from '../core/errors.js';
import { limits } from '../core/limits.js';

/** `name=value` pairs of an Autocrypt field, in order. */
export type Attributes = ReadonlyMap<string, string>;

/**
 * Takes the value of an Autocrypt field apart: attributes separated by `;`, one `=` each (Level 1, "The Autocrypt
 * Header"). Blanks around names and values do not count, nor does a `;` at the end.
 *
 * The size is that of the unfolded field: readers of mail do not keep the folds, which take two octets a line.
 *
 * @throws MailError `AUTOCRYPT_INVALID` for more than 10 KiB, a piece without `=`, and an attribute that is there twice.
 */
export function parseAttributes(value: string): Attributes {
  if (value.length > limits.autocryptHeaderBytes) throw invalidField('it is larger than 10 KiB');
  const attributes = new Map<string, string>();
  for (const piece of value.split(';')) {
    const text = piece.trim();
    if (text === '') continue;
    const equals = text.indexOf('=');
    const name = text.slice(0, Math.max(equals, 0)).trim().toLowerCase();
    if (name === '') throw invalidField('it has a piece that is no name=value');
    if (attributes.has(name)) throw invalidField('it has an attribute twice');
    attributes.set(name, text.slice(equals + 1).trim());
  }
  return attributes;
}

/**
 * Refuses attributes that are not known and do not say, by a leading `_`, that they may be ignored.
 *
 * @throws MailError `AUTOCRYPT_INVALID`
 */
export function refuseCriticalAttributes(attributes: Attributes, known: readonly string[]): void {
  for (const name of attributes.keys()) {
    if (!name.startsWith('_') && !known.includes(name)) {
      throw invalidField('it has a critical attribute of a later version of Autocrypt');
    }
  }
}

/** The error for a field that must be ignored. */
export function invalidField(why: string, cause?: unknown): MailError {
  return new MailError('AUTOCRYPT_INVALID', `The Autocrypt field does not count: ${why}.`, { cause });
}
