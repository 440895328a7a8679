import type { KeyChange } from '../autocrypt/learn.js';
import { unreadOf } from '../model/message-state.js';
import {
  compareTuples,
  indexValue,
  isBetween,
  keyOf,
  type Range,
  rangeOf,
  schemaOf,
  tableNames,
  tupleOf,
} from '../store/order.js';
import type { MessageRecord } from '../store/records.js';
import type { IndexValue, Store, StoreQuery, WriteBatch } from '../store/store.js';
import type { TableName, Tables } from '../store/tables.js';
import type { Identity } from './incoming.js';
import type { RecordChange, TokenRefused } from './state-change.js';

/** How many stored records a limited {@link Transaction.list} asks for at once, at least. */
const MIN_PAGE = 16;

/** What one transaction has read and is going to write of one table. */
class TableState<R> {
  /** As the store has it; `undefined` for records that are known not to exist. */
  readonly stored = new Map<string, R | undefined>();
  /** To be written; `undefined` removes. */
  readonly pending = new Map<string, R | undefined>();
  /** Per index (or `''`, the primary key): keys of pending records by the value of the first field. */
  readonly buckets = new Map<string, Map<IndexValue, Set<string>>>();
}

type TableStates = { readonly [T in TableName]: TableState<Tables[T]> };

/**
 * One unit of work on the records of an account. Reads see the store as the work before left it, and everything that was
 * put in this transaction so far ({@link get}, {@link getMany}, {@link list} and {@link count} alike). Nothing is written before
 * the work is done, and then all of it at once. Made by {@link StateWriter.run}; not to be used after the work returned.
 */
export class Transaction {
  /** Who the account is. */
  readonly identity: Identity;
  /** Time of the transaction. */
  readonly now: number;
  /** True if news have to be acknowledged by a handler (`pending`), as a bot wants it. */
  readonly acknowledge: boolean;
  readonly #store: Store;
  readonly #states: TableStates = {
    messages: new TableState(),
    locations: new TableState(),
    folders: new TableState(),
    chats: new TableState(),
    contacts: new TableState(),
    cards: new TableState(),
    storageMails: new TableState(),
    threads: new TableState(),
    facts: new TableState(),
    outbox: new TableState(),
    actions: new TableState(),
    retries: new TableState(),
    settings: new TableState(),
    ownKeys: new TableState(),
    peers: new TableState(),
    keyFacts: new TableState(),
    publicKeys: new TableState(),
  };
  readonly #putBlobs = new Map<string, Uint8Array>();
  readonly #removeBlobs = new Set<string>();
  readonly #news = new Set<string>();
  readonly #refusals: TokenRefused[] = [];
  readonly #typing = new Set<string>();
  readonly #merged = new Map<string, string>();
  readonly #keyChanges: KeyChange[] = [];

  constructor(store: Store, options: { identity: Identity; now: number; acknowledge: boolean }) {
    this.#store = store;
    this.identity = options.identity;
    this.now = options.now;
    this.acknowledge = options.acknowledge;
  }

  /** The record with this key, pending changes included. */
  async get<T extends TableName>(table: T, key: string): Promise<Tables[T] | undefined> {
    return (await this.getMany(table, [key]))[0];
  }

  /** The records with these keys, in this order. One read of the store for all that were not read yet. */
  async getMany<T extends TableName>(table: T, keys: readonly string[]): Promise<(Tables[T] | undefined)[]> {
    const state: TableState<Tables[T]> = this.#states[table];
    const missing = [...new Set(keys)].filter((key) => !state.pending.has(key) && !state.stored.has(key));
    if (missing.length > 0) {
      const records = await this.#store.get(table, missing);
      missing.forEach((key, i) => {
        state.stored.set(key, records[i]);
      });
    }
    return keys.map((key) => (state.pending.has(key) ? state.pending.get(key) : state.stored.get(key)));
  }

  /** The records of a range, in index order, pending changes included. */
  async list<T extends TableName>(table: T, query: StoreQuery<T> = {}): Promise<Tables[T][]> {
    const state: TableState<Tables[T]> = this.#states[table];
    if (state.pending.size === 0) return this.#remember(table, await this.#store.list(table, query));
    const range = rangeOf(table, query);
    const own = pendingIn(state, range);
    const found = await this.#listStored(table, query, range, own.length);
    if (own.length > 0) {
      found.push(...own);
      const sign = query.reverse ? -1 : 1;
      found.sort((a, b) => sign * compareTuples(tupleOf(a, range.fields) ?? [], tupleOf(b, range.fields) ?? []));
    }
    return query.limit === undefined ? found : found.slice(0, query.limit);
  }

  /** How many records a range has, pending changes included. */
  async count<T extends TableName>(table: T, query: StoreQuery<T> = {}): Promise<number> {
    const state: TableState<Tables[T]> = this.#states[table];
    if (state.pending.size === 0) return this.#store.count(table, query);
    if (query.limit !== undefined) return (await this.list(table, query)).length;
    const range = rangeOf(table, query);
    await this.#loadBefore(table);
    let total = await this.#store.count(table, query);
    for (const key of state.pending.keys()) {
      const before = state.stored.get(key);
      if (before !== undefined && isInRange(before, range)) total -= 1;
    }
    return total + pendingIn(state, range).length;
  }

  /**
   * Writes a record at the end of the transaction. Change only what was read in the same transaction: an older copy of a
   * record would undo what happened since. `unread` and `author` of a message are derived here, whatever the
   * caller put there.
   */
  put<T extends TableName>(table: T, record: Tables[T]): void {
    const normal = table === 'messages' ? withIndexed(record as MessageRecord) : record;
    this.#set(table, keyOf(table, record), normal as Tables[T]);
  }

  /** Removes a record at the end of the transaction. */
  remove<T extends TableName>(table: T, key: string): void {
    this.#set(table, key, undefined);
  }

  /** Writes a whole (small) blob with the transaction. */
  putBlob(id: string, bytes: Uint8Array): void {
    this.#removeBlobs.delete(id);
    this.#putBlobs.set(id, bytes);
  }

  /** Removes a blob with the transaction. */
  removeBlob(id: string): void {
    this.#putBlobs.delete(id);
    this.#removeBlobs.add(id);
  }

  /** Announces a message that was not known before: it becomes part of {@link StateChange.news}. */
  announce(messageKey: string): void {
    this.#news.add(messageKey);
  }

  /** Announces that the key of somebody became another one. */
  announceKeyChange(change: KeyChange): void {
    this.#keyChanges.push(change);
  }

  /** Tells that a chat became part of another one. */
  merge(fromChat: string, intoChat: string): void {
    if (fromChat === intoChat) return;
    this.#merged.set(fromChat, intoChat);
    for (const [from, into] of this.#merged) if (into === fromChat) this.#merged.set(from, intoChat);
  }

  /** Tells of a token that does not count: it becomes part of {@link StateChange.refusals}. */
  refuse(refused: TokenRefused): void {
    this.#refusals.push(refused);
  }

  /** Takes an announcement back. */
  dropNews(messageKey: string): void {
    this.#news.delete(messageKey);
  }

  /** Tells that a trusted contact is typing. */
  noteTyping(address: string): void {
    this.#typing.add(address);
  }

  /** Contacts who are typing. */
  get typing(): ReadonlySet<string> {
    return this.#typing;
  }

  /** Tokens that were refused. */
  get refusals(): readonly TokenRefused[] {
    return this.#refusals;
  }

  /** Keys that were announced. */
  get news(): ReadonlySet<string> {
    return this.#news;
  }

  /** Changes of keys that were announced. */
  get keyChanges(): readonly KeyChange[] {
    return this.#keyChanges;
  }

  /** Chats that were merged: old id to new id. */
  get merged(): ReadonlyMap<string, string> {
    return this.#merged;
  }

  /** What the transaction changes in a table so far, compared with the store. */
  async changes<T extends TableName>(table: T): Promise<RecordChange<Tables[T]>[]> {
    const state: TableState<Tables[T]> = this.#states[table];
    await this.#loadBefore(table);
    const changes: RecordChange<Tables[T]>[] = [];
    for (const [key, after] of state.pending) {
      const before = state.stored.get(key);
      if (before === after) continue;
      changes.push({ ...(before !== undefined && { before }), ...(after !== undefined && { after }) });
    }
    return changes;
  }

  /** All that has to be written, or undefined if nothing changed. */
  batch(): WriteBatch | undefined {
    const put: { [T in TableName]?: Tables[T][] } = {};
    const remove: { [T in TableName]?: string[] } = {};
    let some = this.#putBlobs.size > 0 || this.#removeBlobs.size > 0;
    for (const table of tableNames) some = this.#collect(table, put, remove) || some;
    if (!some) return undefined;
    return { put, remove, putBlobs: this.#putBlobs, removeBlobs: [...this.#removeBlobs] };
  }

  #collect<T extends TableName>(
    table: T,
    put: { [K in TableName]?: Tables[K][] },
    remove: { [K in TableName]?: string[] },
  ): boolean {
    const state: TableState<Tables[T]> = this.#states[table];
    if (state.pending.size === 0) return false;
    const records: Tables[T][] = [];
    const removed: string[] = [];
    for (const [key, record] of state.pending) {
      if (record === undefined) removed.push(key);
      else records.push(record);
    }
    if (records.length > 0) (put as { [K in T]?: Tables[K][] })[table] = records;
    if (removed.length > 0) remove[table] = removed;
    return true;
  }

  #set<T extends TableName>(table: T, key: string, record: Tables[T] | undefined): void {
    const state: TableState<Tables[T]> = this.#states[table];
    const old = state.pending.get(key);
    state.pending.set(key, record);
    for (const [name, field] of firstFields.get(table) ?? []) {
      const before = old === undefined ? undefined : indexValue(old, field);
      const after = record === undefined ? undefined : indexValue(record, field);
      if (before === after) continue;
      const bucket = state.buckets.get(name) ?? new Map<IndexValue, Set<string>>();
      state.buckets.set(name, bucket);
      if (before !== undefined) bucket.get(before)?.delete(key);
      if (after === undefined) continue;
      const keys = bucket.get(after);
      if (keys === undefined) bucket.set(after, new Set([key]));
      else keys.add(key);
    }
  }

  async #listStored<T extends TableName>(
    table: T,
    query: StoreQuery<T>,
    range: Range,
    own: number,
  ): Promise<Tables[T][]> {
    const { pending } = this.#states[table];
    const kept = (records: Tables[T][]) => records.filter((record) => !pending.has(keyOf(table, record)));
    if (query.limit === undefined) return kept(this.#remember(table, await this.#store.list(table, query)));
    const found: Tables[T][] = [];
    const size = Math.max(query.limit + Math.min(own, MIN_PAGE), 1);
    let next: StoreQuery<T> = { ...query, limit: size };
    for (;;) {
      const page = this.#remember(table, await this.#store.list(table, next));
      found.push(...kept(page));
      const last = page.at(-1);
      if (last === undefined || page.length < size || found.length >= query.limit) return found;
      const position = (tupleOf(last, range.fields) ?? []).slice(range.prefix.length);
      next = query.reverse ? { ...next, before: position } : { ...next, after: position };
    }
  }

  #remember<T extends TableName>(table: T, records: Tables[T][]): Tables[T][] {
    const state: TableState<Tables[T]> = this.#states[table];
    for (const record of records) {
      const key = keyOf(table, record);
      if (!state.stored.has(key)) state.stored.set(key, record);
    }
    return records;
  }

  async #loadBefore<T extends TableName>(table: T): Promise<void> {
    const state: TableState<Tables[T]> = this.#states[table];
    const missing = [...state.pending.keys()].filter((key) => !state.stored.has(key));
    if (missing.length === 0) return;
    const records = await this.#store.get(table, missing);
    missing.forEach((key, i) => {
      state.stored.set(key, records[i]);
    });
  }
}

function withIndexed(record: MessageRecord): MessageRecord {
  const unread = unreadOf(record);
  const author = record.fromMe || record.sender !== undefined ? undefined : record.from.address;
  if (unread === record.unread && author === record.author) return record;
  const { author: _, ...rest } = record;
  return author === undefined ? { ...rest, unread } : { ...rest, unread, author };
}

/** All orders of a table with their first field; `''` is the primary key's. */
function firstFieldsOf(table: TableName): readonly (readonly [string, string])[] {
  const { key, indexes } = schemaOf(table);
  return [['', key], ...Object.entries(indexes).map(([name, [first]]) => [name, first ?? key] as const)];
}

const firstFields = new Map(tableNames.map((table) => [table, firstFieldsOf(table)]));

function pendingIn<R extends object>(state: TableState<R>, range: Range): R[] {
  const [first] = range.prefix;
  const keys = first === undefined ? state.pending.keys() : (state.buckets.get(range.index ?? '')?.get(first) ?? []);
  const found: R[] = [];
  for (const key of keys) {
    const record = state.pending.get(key);
    if (record !== undefined && isInRange(record, range)) found.push(record);
  }
  return found;
}

function isInRange(record: object, { fields, prefix, after, before }: Range): boolean {
  const tuple = tupleOf(record, fields);
  return tuple !== undefined && compareTuples(tuple, prefix) === 0 && isBetween(tuple, after, before);
}
