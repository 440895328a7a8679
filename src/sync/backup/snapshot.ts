import { CoiError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { keyOf, tableNames } from '../../store/order.js';
import type { Store, WriteBatch } from '../../store/store.js';
import type { TableName, Tables } from '../../store/tables.js';
import type { StateWriter } from '../state-writer.js';
import { blobsOf } from './blobs.js';
import { type BackupEntry, RECORDS_VERSION } from './entries.js';

/** Rounds in which changes are caught up with before the writer has to wait for the last ones. */
const ROUNDS = 10;

/**
 * Everything that an account keeps, as it is when the last entries are read, while the account goes on working: first all tables, slice by
 * slice; then whatever was written meanwhile, as often as it takes; at the end the few changes that are left, of one moment between two
 * transactions. So nobody waits for a slow reader, and nothing is in memory as a whole.
 *
 * Entries of the outbox that the server has already are left out: the copy that they still have to file is up to this device.
 */
export async function* snapshot(writer: StateWriter): AsyncGenerator<BackupEntry> {
  const { store, identity, clock } = writer;
  const changes = new Changes();
  const stopListening = writer.onCommit((batch) => changes.add(batch));
  const entriesOf = new Entries(store, changes);
  try {
    let records = 0;
    for (const table of tableNames) records += await store.count(table);
    const createdAt = clock.now();
    yield { kind: 'manifest', manifest: { version: RECORDS_VERSION, email: identity.email, createdAt, records } };
    for (const table of tableNames) {
      for await (const slice of store.scan(table)) for (const record of slice) yield* entriesOf.record(table, record);
    }
    for (let round = 0; round < ROUNDS && changes.size > limits.storeSlice; round++) {
      const keys = changes.take();
      for (let at = 0; at < keys.length; at += limits.storeSlice) {
        yield* entriesOf.changes(await read(store, keys.slice(at, at + limits.storeSlice)));
      }
    }
    yield* entriesOf.changes(await writer.run(() => read(store, changes.take())));
    yield { kind: 'end' };
  } finally {
    stopListening();
  }
}

/** A record that was written. */
interface Change {
  readonly table: TableName;
  readonly key: string;
  /** As it is now; undefined if it is gone. */
  readonly record?: Tables[TableName] | undefined;
}

/** What was written since somebody looked. */
class Changes {
  /** Blobs that were written or removed. */
  readonly blobs = new Set<string>();
  #changes = new Map<string, Change>();

  get size(): number {
    return this.#changes.size;
  }

  add({ put, remove, putBlobs, removeBlobs }: WriteBatch): void {
    for (const table of tableNames) {
      for (const record of put?.[table] ?? []) this.#note(table, keyOf(table, record));
      for (const key of remove?.[table] ?? []) this.#note(table, key);
    }
    for (const id of [...(putBlobs?.keys() ?? []), ...(removeBlobs ?? [])]) this.blobs.add(id);
  }

  /** The records so far; from here on it begins anew. */
  take(): Change[] {
    const taken = [...this.#changes.values()];
    this.#changes = new Map();
    return taken;
  }

  #note(table: TableName, key: string): void {
    this.#changes.set(`${table}\n${key}`, { table, key });
  }
}

async function read(store: Store, changes: readonly Change[]): Promise<Change[]> {
  const found: Change[] = [];
  for (const table of tableNames) {
    const keys = changes.filter((change) => change.table === table).map(({ key }) => key);
    const records = keys.length === 0 ? [] : await store.get(table, keys);
    for (const [index, key] of keys.entries()) found.push({ table, key, record: records[index] });
  }
  return found;
}

/** Makes entries of records, each blob after the first record that names it. */
class Entries {
  readonly #store: Store;
  readonly #changes: Changes;
  readonly #written = new Set<string>();

  constructor(store: Store, changes: Changes) {
    this.#store = store;
    this.#changes = changes;
  }

  async *record(table: TableName, record: Tables[TableName]): AsyncGenerator<BackupEntry> {
    if (isSent(table, record)) return;
    yield { kind: 'put', table, record };
    for (const id of blobsOf(table, record)) if (!this.#written.has(id)) yield* this.#blob(id);
  }

  /** Blobs that changed as well come once more, or as incomplete if they are gone. */
  async *changes(changes: readonly Change[]): AsyncGenerator<BackupEntry> {
    const blobs = [...this.#changes.blobs].filter((id) => this.#written.has(id));
    this.#changes.blobs.clear();
    for (const id of blobs) yield* this.#blob(id);
    for (const { table, key, record } of changes) {
      if (record === undefined || isSent(table, record)) yield { kind: 'remove', table, key };
      else yield* this.record(table, record);
    }
  }

  async *#blob(id: string): AsyncGenerator<BackupEntry> {
    this.#written.add(id);
    yield { kind: 'blob', id };
    let complete = true;
    try {
      for await (const octets of this.#store.readBlob(id)) yield { kind: 'octets', octets };
    } catch (thrown) {
      // Removed or replaced since: it is among the changes, and comes once more.
      if (!(thrown instanceof CoiError) || thrown.code !== 'NOT_FOUND') throw thrown;
      complete = false;
    }
    yield { kind: 'blob-end', complete };
  }
}

function isSent(table: TableName, record: Tables[TableName]): boolean {
  return table === 'outbox' && 'state' in record && (record.state === 'filing' || record.state === 'done');
}
