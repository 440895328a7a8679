import { EncryptionError, StoreError } from '../core/errors.js';
import type { RandomBytes } from '../core/random.js';
import type { PrivateKey } from '../openpgp/key.js';
import { keyExpiry, keyProblem } from '../openpgp/key-use.js';
import { parsePrivateKey } from '../openpgp/keys.js';
import type { OwnKeyRecord } from '../store/key-records.js';
import { decodeBase64, encodeBase64 } from './base64.js';
import type { KeyStore } from './key-store.js';
import { openSecret, sealSecret } from './seal.js';

/** A key pair of the account, read. */
export interface OwnKey {
  readonly record: OwnKeyRecord;
  readonly key: PrivateKey;
  /** When it cannot be used any more, milliseconds since 1970; missing: never. */
  readonly expires?: number;
  /** It is revoked, or has no part for encryption: it can only decrypt. */
  readonly retired: boolean;
}

/** How keys are kept. */
export interface OwnKeysOptions {
  readonly store: KeyStore;
  /** Seals the secrets in the store. */
  readonly passphrase: string | undefined;
  readonly random: RandomBytes | undefined;
}

/** The key pairs of an account, in memory and in the store. The newest usable one for an address is in use, all decrypt. */
export class OwnKeys {
  readonly #options: OwnKeysOptions;
  /** Newest first. */
  #keys: readonly OwnKey[] = [];

  private constructor(options: OwnKeysOptions) {
    this.#options = options;
  }

  /**
   * Reads the keys of a store.
   *
   * @throws EncryptionError `KEY_LOCKED` if they are sealed and there is no passphrase, `WRONG_PASSPHRASE`
   * @throws StoreError `STORE_CORRUPT`
   */
  static async load(options: OwnKeysOptions, now: number): Promise<OwnKeys> {
    const keys = new OwnKeys(options);
    const records = await options.store.ownKeys();
    keys.#keys = sorted(
      await Promise.all(
        records.map(async (record) => judged(record, await readSecret(record, options.passphrase), now)),
      ),
    );
    // The passphrase was set after these were made.
    const open = options.passphrase === undefined ? [] : keys.#keys.filter(({ record }) => !record.sealed);
    for (const own of open) await keys.update(own, own.key, now);
    return keys;
  }

  /** All keys, newest first. */
  get all(): readonly OwnKey[] {
    return this.#keys;
  }

  /** The key in use for an address; undefined if there is none, or all are expired or revoked. */
  current(address: string, now: number): OwnKey | undefined {
    return this.#keys.find((own) => isFor(own, address) && isUsableAt(own, now));
  }

  /** The newest key for an address, usable or not. */
  newest(address: string): OwnKey | undefined {
    return this.#keys.find((own) => isFor(own, address));
  }

  /** Keeps a key and makes it the newest. One of the same fingerprint is replaced. */
  async add(key: PrivateKey, addresses: readonly string[], now: number): Promise<OwnKey> {
    const order = 1 + Math.max(0, ...this.#keys.map(({ record }) => record.order));
    return this.#put(key, { addresses, addedAt: now, order }, now);
  }

  /** Keeps a changed version of a key, such as a renewed one, in its place. */
  async update(own: OwnKey, key: PrivateKey, now: number): Promise<OwnKey> {
    return this.#put(key, own.record, now);
  }

  async #put(
    key: PrivateKey,
    place: Pick<OwnKeyRecord, 'addresses' | 'addedAt' | 'order'>,
    now: number,
  ): Promise<OwnKey> {
    const { store, passphrase, random } = this.#options;
    const { fingerprint } = key;
    const { addresses, addedAt, order } = place;
    const sealed = passphrase !== undefined;
    const secret = sealed ? await sealSecret(key.bytes(), passphrase, fingerprint, random) : encodeBase64(key.bytes());
    const record = { fingerprint, secret, sealed, addresses, addedAt, order };
    const own = await judged(record, key, now);
    await store.commit({ ownKeys: [record] });
    this.#keys = sorted([...this.#keys.filter((other) => other.record.fingerprint !== fingerprint), own]);
    return own;
  }
}

/** True if the key can be used at that time. */
export function isUsableAt(own: OwnKey, now: number): boolean {
  return !own.retired && (own.expires === undefined || own.expires > now);
}

function isFor({ record }: OwnKey, address: string): boolean {
  return record.addresses.length === 0 || record.addresses.includes(address);
}

function sorted(keys: readonly OwnKey[]): readonly OwnKey[] {
  return [...keys].sort((a, b) => b.record.order - a.record.order);
}

async function readSecret(record: OwnKeyRecord, passphrase: string | undefined): Promise<PrivateKey> {
  const { fingerprint, secret, sealed } = record;
  if (sealed && passphrase === undefined) {
    throw new EncryptionError('KEY_LOCKED', 'The stored keys are sealed: give the passphrase.');
  }
  const bytes =
    sealed && passphrase !== undefined ? await openSecret(secret, passphrase, fingerprint) : decodeBase64(secret);
  try {
    return await parsePrivateKey(bytes ?? new Uint8Array());
  } catch (error) {
    throw new StoreError('STORE_CORRUPT', `The stored key ${fingerprint} cannot be read. Restore it from a backup.`, {
      cause: error,
    });
  }
}

async function judged(record: OwnKeyRecord, key: PrivateKey, now: number): Promise<OwnKey> {
  const problem = await keyProblem(key, now);
  if (problem !== undefined && problem !== 'expired') return { record, key, retired: true };
  const expires = await keyExpiry(key, now);
  // A key whose part for encryption is gone may still have a later end itself.
  const end = problem === 'expired' ? Math.min(expires ?? now, now) : expires;
  return { record, key, retired: false, ...(end !== undefined && { expires: end }) };
}
