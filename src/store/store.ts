import type { AbortOptions } from '../core/abort.js';
import type { IndexName, TableName, Tables } from './tables.js';

/** A value that records are ordered by. Numbers compare by value and come before strings, which compare by UTF-16 code unit (as `<` does). */
export type IndexValue = string | number;

/** A range of one index, or of the primary key where `index` is left out. */
export interface StoreQuery<T extends TableName> {
  /** Index to walk; the primary key if left out. */
  readonly index?: IndexName<T>;
  /** Values that the first fields of the index must equal. */
  readonly prefix?: readonly IndexValue[];
  /**
   * Only records after this position: values of the fields behind `prefix`, optionally followed by the primary key. With fewer
   * values, all records that begin with them lie at the position itself and are left out; the same goes for `before`.
   */
  readonly after?: readonly IndexValue[];
  /** Only records before this position. */
  readonly before?: readonly IndexValue[];
  /** Walk from the largest to the smallest. Default false. */
  readonly reverse?: boolean;
  /** Most records to return. Default: all. */
  readonly limit?: number;
}

/**
 * All that one transaction writes. Later entries win over earlier ones for the same key; removals happen first, so that a
 * record both removed and put is there afterwards. Records are JSON values and are not changed after they were handed over.
 */
export interface WriteBatch {
  readonly put?: { readonly [T in TableName]?: readonly Tables[T][] };
  readonly remove?: { readonly [T in TableName]?: readonly string[] };
  /** Whole blobs, by id. Larger ones are written with {@link Store.writeBlob} beforehand. */
  readonly putBlobs?: ReadonlyMap<string, Uint8Array>;
  readonly removeBlobs?: readonly string[];
}

/** A full-text search over the text of visible messages. */
export interface TextQuery {
  /**
   * Words; a message matches if each is the beginning of one of its words, whatever the case and the accents. In Chinese,
   * Japanese and Korean every character is a word. Text without letters and digits finds nothing.
   */
  readonly text: string;
  readonly chatId?: string;
  /** Only messages with a smaller (date, key). */
  readonly before?: readonly [number, string];
  /** Default 50. */
  readonly limit?: number;
}

/**
 * Where an account keeps its records. Asynchronous and batched, so that a network database fits: one read per batch of
 * keys, one atomic commit per batch of changes. One process at a time has a store open.
 *
 * Authors of stores: run `storeContract` of `coi-sdk/testing`, which says everything this interface leaves open.
 */
export interface Store {
  /**
   * Opens the store, takes its lock and brings its schema up to date. Called once, before anything else.
   *
   * @throws StoreError `STORE_LOCKED` if another process has it open, `STORE_NEWER` if a newer version wrote it,
   * `STORE_SEALED` if the key or passphrase is missing or wrong, `STORE_CORRUPT`.
   */
  open(): Promise<void>;
  /** The records with these keys, in this order; `undefined` where there is none. */
  get<T extends TableName>(table: T, keys: readonly string[]): Promise<(Tables[T] | undefined)[]>;
  /**
   * The records of a range, in index order. A long range is read in slices that let other work go on: each slice is consistent in
   * itself, and a record that does not change meanwhile is returned exactly once. Up to `limits.storeSlice` records are one slice.
   */
  list<T extends TableName>(table: T, query?: StoreQuery<T>): Promise<Tables[T][]>;
  /**
   * All records of a table in slices of at most `limits.storeSlice`, in whatever order is quickest: for backups, which must not have
   * a whole table in memory. A record that does not change meanwhile is returned exactly once.
   */
  scan<T extends TableName>(table: T): AsyncIterable<readonly Tables[T][]>;
  /** How many records a range has, `limit` at most. */
  count<T extends TableName>(table: T, query?: StoreQuery<T>): Promise<number>;
  /** Message records whose text matches, newest first. */
  search(query: TextQuery): Promise<Tables['messages'][]>;
  /** Writes everything or nothing; durable when it resolves. */
  commit(batch: WriteBatch): Promise<void>;
  /** Writes a blob piece by piece, for what should not be in memory as a whole. Replaces one of the same id; visible only when complete. */
  writeBlob(id: string, chunks: AsyncIterable<Uint8Array>, options?: AbortOptions): Promise<void>;
  /** The bytes of a blob, in order; throws `NOT_FOUND` if there is none. */
  readBlob(id: string): AsyncIterable<Uint8Array>;
  /** Deletes everything that the store holds and closes it. */
  wipe(): Promise<void>;
  /** Waits for pending writes and releases the lock. Idempotent. */
  close(): Promise<void>;
}
