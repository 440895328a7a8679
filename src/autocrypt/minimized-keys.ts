import type { PrivateKey, PublicKey } from '../openpgp/key.js';
import { minimizeKey } from '../openpgp/key-use.js';

/**
 * Keys as they stand in header fields, by address: making one verifies signatures, and every message to a group needs those
 * of all its members. What was made is kept as long as the key is.
 */
export class MinimizedKeys {
  readonly #known = new WeakMap<PublicKey | PrivateKey, Map<string, Promise<Uint8Array>>>();

  /** The octets of the least that is needed of a key. @throws EncryptionError as `minimizeKey` */
  get(key: PublicKey | PrivateKey, address: string, at: number): Promise<Uint8Array> {
    const known = this.#known.get(key) ?? new Map<string, Promise<Uint8Array>>();
    this.#known.set(key, known);
    const made = known.get(address) ?? minimizeKey(key, { address, at }).then((small) => small.bytes());
    known.set(address, made);
    // Tried again next time, with another date.
    made.catch(() => known.delete(address));
    return made;
  }
}
