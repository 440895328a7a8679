import { limits } from '../core/limits.js';
import { sha256Hex } from '../mail/sha256.js';
import { parsePublicKey } from '../openpgp/keys.js';
import type { PublicKeyRecord } from '../store/key-records.js';
import { encodeBase64 } from './base64.js';
import { type AutocryptHeader, parseAutocryptHeader } from './header.js';

/** A field with the key in it, read. */
export interface FoundKey {
  readonly header: AutocryptHeader;
  readonly record: PublicKeyRecord;
}

/** What was found out about the value of a field. */
interface ReadField {
  /** Undefined if the field is not valid. */
  readonly header: AutocryptHeader | undefined;
  key?: Promise<FoundKey | undefined>;
}

/**
 * Remembers fields by their value, the least recently used ones are forgotten first: all mails of a contact have the same one,
 * and taking it apart is most of what learning from a mail costs. A pure function of the value, so one for the process.
 */
class FieldCache {
  readonly #fields = new Map<string, ReadField>();

  /** The field with that value; undefined if it is not valid. What key is in it is not looked at. */
  header(value: string): AutocryptHeader | undefined {
    return this.#read(value).header;
  }

  /** The same with its key; undefined as well if what stands there is no key. */
  key(value: string): Promise<FoundKey | undefined> {
    const field = this.#read(value);
    field.key ??= field.header === undefined ? Promise.resolve(undefined) : keyOf(field.header);
    return field.key;
  }

  #read(value: string): ReadField {
    const known = this.#fields.get(value);
    const field = known ?? { header: parse(value) };
    this.#fields.delete(value);
    this.#fields.set(value, field);
    const [oldest] = this.#fields.keys();
    if (this.#fields.size > limits.pgpCachedKeys && oldest !== undefined) this.#fields.delete(oldest);
    return field;
  }
}

/** The cache of this process. */
export const fieldCache = new FieldCache();

/** Undefined if what stands there is no key: such a field is not valid. */
export async function keyOf(header: AutocryptHeader): Promise<FoundKey | undefined> {
  try {
    const { fingerprint } = await parsePublicKey(header.keyData);
    const key = await sha256Hex(header.keyData);
    return { header, record: { key, fingerprint, data: encodeBase64(header.keyData) } };
  } catch {
    return undefined;
  }
}

function parse(value: string): AutocryptHeader | undefined {
  try {
    return parseAutocryptHeader(value);
  } catch {
    // Later versions of Autocrypt are meant to write fields that this one does not take.
    return undefined;
  }
}
