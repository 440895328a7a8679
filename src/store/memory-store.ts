import type { AbortOptions } from '../core/abort.js';
import { InputError, StoreError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import { abortableChunks } from './abortable-chunks.js';
import { compareTuples, isBetween, jsonOf, keyOf, rangeOf, schemaOf, tableNames, tupleOf } from './order.js';
import { matchesWords, queryWords } from './search-text.js';
import { SortedList } from './sorted-list.js';
import type { IndexValue, Store, StoreQuery, TextQuery, WriteBatch } from './store.js';
import type { TableName, Tables } from './tables.js';

/**
 * A {@link Store} in memory: for tests and for accounts that need nothing beyond the process. What it holds outlives
 * `close()`, so that a test can open an account again on the same object; nothing outlives the process.
 *
 * Records are copied when they are put, so that it keeps exactly what a store on disk would keep (plain JSON).
 */
export class MemoryStore implements Store {
  #tables = emptyTables();
  #blobs = new Map<string, Uint8Array[]>();
  #open = false;

  async open(): Promise<void> {
    if (this.#open)
      throw new StoreError('STORE_LOCKED', 'This MemoryStore is open already: one account at a time can use it.');
    this.#open = true;
  }

  async get<T extends TableName>(table: T, keys: readonly string[]): Promise<(Tables[T] | undefined)[]> {
    const { records } = this.#table(table);
    return keys.map((key) => records.get(key));
  }

  async list<T extends TableName>(table: T, query?: StoreQuery<T>): Promise<Tables[T][]> {
    const { records } = this.#table(table);
    return [...this.#keys(table, query)].map((key) => records.get(key) as Tables[T]);
  }

  async *scan<T extends TableName>(table: T): AsyncGenerator<Tables[T][]> {
    const keys = [...this.#table(table).records.keys()];
    for (let at = 0; at < keys.length; at += limits.storeSlice) {
      const found = await this.get(table, keys.slice(at, at + limits.storeSlice));
      yield found.filter((record) => record !== undefined);
    }
  }

  async count<T extends TableName>(table: T, query?: StoreQuery<T>): Promise<number> {
    let count = 0;
    for (const _ of this.#keys(table, query)) count++;
    return count;
  }

  async search({ text, chatId, before, limit = 50 }: TextQuery): Promise<Tables['messages'][]> {
    const { records } = this.#table('messages');
    const words = queryWords(text);
    const found: Tables['messages'][] = [];
    if (words.length === 0 || limit <= 0) return found;
    const newestFirst = { reverse: true, ...(before && { before }) };
    const keys =
      chatId === undefined
        ? this.#keys('messages', { ...newestFirst, index: 'byDate', prefix: [0] })
        : this.#keys('messages', { ...newestFirst, index: 'byChat', prefix: [chatId, 0] });
    for (const key of keys) {
      const record = records.get(key);
      if (record && matchesWords(record.text, words)) found.push(record);
      if (found.length === limit) break;
    }
    return found;
  }

  async commit(batch: WriteBatch): Promise<void> {
    this.#requireOpen();
    // Whatever can fail happens before the first change: the batch is written whole or not at all.
    const puts = tableNames.flatMap((table) =>
      (batch.put?.[table] ?? []).map((record) => [table, keyOf(table, record), jsonOf(table, record)] as const),
    );
    const blobs = [...(batch.putBlobs ?? [])].map(([id, bytes]) => [id, bytes.slice()] as const);
    for (const table of tableNames) for (const key of batch.remove?.[table] ?? []) this.#tables[table].remove(key);
    for (const id of batch.removeBlobs ?? []) this.#blobs.delete(id);
    for (const [table, key, json] of puts) this.#tables[table].put(key, JSON.parse(json));
    for (const [id, bytes] of blobs) this.#blobs.set(id, [bytes]);
  }

  async writeBlob(id: string, chunks: AsyncIterable<Uint8Array>, options: AbortOptions = {}): Promise<void> {
    this.#requireOpen();
    const pieces: Uint8Array[] = [];
    for await (const chunk of abortableChunks(chunks, options.signal)) pieces.push(chunk.slice());
    this.#requireOpen();
    this.#blobs.set(id, pieces);
  }

  async *readBlob(id: string): AsyncGenerator<Uint8Array> {
    this.#requireOpen();
    const pieces = this.#blobs.get(id);
    if (!pieces) throw new StoreError('NOT_FOUND', `The store has no blob "${id}".`);
    for (const piece of pieces) {
      for (let at = 0; at < piece.length; at += limits.blobChunkBytes)
        yield piece.slice(at, at + limits.blobChunkBytes);
    }
  }

  async wipe(): Promise<void> {
    this.#tables = emptyTables();
    this.#blobs = new Map();
    this.#open = false;
  }

  async close(): Promise<void> {
    this.#open = false;
  }

  /** {@link MemoryStore.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #requireOpen(): void {
    if (!this.#open) throw new InputError('INVALID_STATE', 'The store is not open: call open() first.');
  }

  #table<T extends TableName>(table: T): MemoryTable<Tables[T]> {
    this.#requireOpen();
    return this.#tables[table];
  }

  /** Primary keys of a range, in order. */
  *#keys<T extends TableName>(table: T, query?: StoreQuery<T>): Generator<string> {
    const { index, prefix, after, before, reverse, limit } = rangeOf(table, query);
    const order = this.#table(table).order(index);
    let left = limit;
    for (const tuple of reverse ? order.downwards(before ?? prefix) : order.upwards(after ?? prefix)) {
      if (left === 0 || compareTuples(tuple, prefix) !== 0) return;
      if (!isBetween(tuple, after, before)) {
        // Ties with the position we start from are skipped, the first tuple at the other end stops the walk.
        const end = reverse ? after : before;
        if (end && compareTuples(tuple, end) * (reverse ? -1 : 1) >= 0) return;
        continue;
      }
      left--;
      yield tuple[tuple.length - 1] as string;
    }
  }
}

/** One table: records by key, and an ordered list for the primary key and for every index. */
class MemoryTable<R extends object> {
  readonly records = new Map<string, R>();
  readonly #orders: ReadonlyMap<string | undefined, { readonly fields: readonly string[]; readonly list: SortedList }>;

  constructor(table: TableName) {
    const { key, indexes } = schemaOf(table);
    this.#orders = new Map([
      [undefined, { fields: [key], list: new SortedList() }],
      ...Object.entries(indexes).map(
        ([name, fields]) => [name, { fields: [...fields, key], list: new SortedList() }] as const,
      ),
    ]);
  }

  order(index: string | undefined): SortedList {
    return this.#orders.get(index)?.list ?? new SortedList();
  }

  put(key: string, record: R): void {
    const old = this.records.get(key);
    this.records.set(key, record);
    for (const { fields, list } of this.#orders.values()) {
      const before = old && tupleOf(old, fields);
      const after = tupleOf(record, fields);
      if (before && after && isSame(before, after)) continue;
      if (before) list.remove(before);
      if (after) list.add(after);
    }
  }

  remove(key: string): void {
    const old = this.records.get(key);
    if (!old) return;
    this.records.delete(key);
    for (const { fields, list } of this.#orders.values()) {
      const tuple = tupleOf(old, fields);
      if (tuple) list.remove(tuple);
    }
  }
}

function isSame(a: readonly IndexValue[], b: readonly IndexValue[]): boolean {
  return compareTuples(a, b) === 0;
}

type MemoryTables = { readonly [T in TableName]: MemoryTable<Tables[T]> };

function emptyTables(): MemoryTables {
  return {
    messages: new MemoryTable('messages'),
    locations: new MemoryTable('locations'),
    folders: new MemoryTable('folders'),
    chats: new MemoryTable('chats'),
    contacts: new MemoryTable('contacts'),
    cards: new MemoryTable('cards'),
    storageMails: new MemoryTable('storageMails'),
    threads: new MemoryTable('threads'),
    facts: new MemoryTable('facts'),
    outbox: new MemoryTable('outbox'),
    actions: new MemoryTable('actions'),
    retries: new MemoryTable('retries'),
    settings: new MemoryTable('settings'),
    ownKeys: new MemoryTable('ownKeys'),
    peers: new MemoryTable('peers'),
    keyFacts: new MemoryTable('keyFacts'),
    publicKeys: new MemoryTable('publicKeys'),
  };
}
