import { limits } from '../core/limits.js';
import { sha256Hex } from '../mail/sha256.js';
import type { PublicKey } from './key.js';

/**
 * Remembers read keys by their octets, the least recently used ones are forgotten first: the same key comes with every
 * mail of a contact. Reading is a pure function, so all accounts of a process share one.
 */
class KeyCache {
  readonly #keys = new Map<string, Promise<PublicKey>>();

  async get(bytes: Uint8Array, read: () => Promise<PublicKey>): Promise<PublicKey> {
    const hash = await sha256Hex(bytes);
    const known = this.#keys.get(hash);
    if (known) {
      this.#keys.delete(hash);
      this.#keys.set(hash, known);
      return known;
    }
    const reading = read();
    this.#keys.set(hash, reading);
    // What cannot be read is not worth a place.
    reading.catch(() => this.#keys.delete(hash));
    const [oldest] = this.#keys.keys();
    if (this.#keys.size > limits.pgpCachedKeys && oldest !== undefined) this.#keys.delete(oldest);
    return reading;
  }
}

/** The cache of this process. */
export const keyCache = new KeyCache();
