import { InputError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import { MemoryStore } from './memory-store.js';
import type { Store } from './store.js';

/** A SQLite file as the store of one account, optionally sealed with a passphrase or a key of the application. */
export interface StoreFile {
  /** Path of the file; made if it does not exist. */
  readonly path: string;
  /** Seals everything that was said: the file can only be read with this passphrase. */
  readonly passphrase?: string;
  /** Seals like `passphrase`, with 32 random bytes that the application keeps (in the system's keychain, say). */
  readonly key?: Uint8Array;
}

/** What the `store` option takes: a path, a path with the secret that seals it, a store, or nothing for a store in memory. */
export type StoreInput = string | StoreFile | Store;

/**
 * Makes the store that the option describes and opens it. The SQLite code is loaded only if a path is given.
 *
 * @throws InputError `INVALID_OPTION`, `UNKNOWN_OPTION`
 * @throws StoreError as {@link Store.open}, and `SQLITE_MISSING` if this Node has no SQLite and `libsql` is not installed.
 */
export async function openStore(input?: StoreInput): Promise<Store> {
  const store = await storeOf(input);
  await store.open();
  return store;
}

async function storeOf(input: StoreInput | undefined): Promise<Store> {
  if (input === undefined) return new MemoryStore();
  if (typeof input === 'object' && input !== null && 'commit' in input) return input;
  const file = typeof input === 'string' ? { path: input } : input;
  if (typeof file !== 'object' || file === null || typeof file.path !== 'string' || file.path === '') {
    throw new InputError(
      'INVALID_OPTION',
      'store: give a path, { path, passphrase } or { path, key }, or a Store object.',
    );
  }
  refuseUnknownOptions('store', file, ['path', 'passphrase', 'key']);
  const { path, ...secret } = file;
  const { SqliteStore } = await import('./sqlite/sqlite-store.js');
  return new SqliteStore(path, secret);
}
