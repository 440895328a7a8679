import { type AbortOptions, throwIfAborted } from '../../core/abort.js';
import { CoiError, StoreError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { jsonOf, keyOf, tableNames } from '../../store/order.js';
import type { MessageRecord, OutboxRecord, RecipientRecord } from '../../store/records.js';
import type { Store } from '../../store/store.js';
import type { TableName, Tables } from '../../store/tables.js';
import { damaged } from './damaged.js';
import type { BackupEntry } from './entries.js';
import { UNFINISHED_RESTORE } from './unfinished.js';

const NOT_SENT =
  'It was waiting to be sent when the backup was made. Try again if it did not go out from the other device.';

/** True if a process ended while it put a backup into this store. */
export async function isHalfRestored(store: Store): Promise<boolean> {
  return (await store.get('settings', [UNFINISHED_RESTORE]))[0] !== undefined;
}

/**
 * Puts the entries of a backup, those behind the manifest, into an empty store. If it fails, the store holds a part and is to be wiped.
 *
 * What was waiting to be sent comes as failed: the other device may have sent it since, so it is up to the user.
 *
 * @throws StoreError `BACKUP_DAMAGED`
 */
export async function restore(
  entries: AsyncIterator<BackupEntry>,
  store: Store,
  { signal }: AbortOptions,
): Promise<void> {
  await store.commit({ put: { settings: [{ key: UNFINISHED_RESTORE, value: true }] } });
  const batch = new Batch(store);
  for (let entry = await nextOf(entries); entry.kind !== 'end'; entry = await nextOf(entries)) {
    throwIfAborted(signal);
    if (entry.kind === 'put') {
      batch.set(entry.table, keyOf(entry.table, entry.record), entry.record);
    } else if (entry.kind === 'remove') {
      batch.set(entry.table, entry.key, undefined);
    } else if (entry.kind === 'blob') {
      await restoreBlob(entry.id, entries, store, signal);
    } else {
      throw damaged('its entries are in no order');
    }
    if (batch.full) await batch.commit();
  }
  throwIfAborted(signal);
  batch.set('settings', UNFINISHED_RESTORE, undefined);
  await batch.commit();
}

/** @throws StoreError `STORE_NOT_EMPTY` */
export async function requireEmpty(store: Store): Promise<void> {
  for (const table of tableNames) {
    if ((await store.count(table, { limit: 1 })) === 0) continue;
    throw new StoreError('STORE_NOT_EMPTY', 'A backup needs an empty store, and this one is in use. Give another one.');
  }
}

async function nextOf(entries: AsyncIterator<BackupEntry>): Promise<BackupEntry> {
  const next = await entries.next();
  if (next.done) throw damaged('it has no end');
  return next.value;
}

async function restoreBlob(
  id: string,
  entries: AsyncIterator<BackupEntry>,
  store: Store,
  signal: AbortSignal | undefined,
): Promise<void> {
  const gone = new CoiError('NOT_FOUND', 'The blob was removed while the backup was made.');
  async function* octets(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const entry = await nextOf(entries);
      if (entry.kind === 'octets') yield entry.octets;
      else if (entry.kind !== 'blob-end') throw damaged('its entries are in no order');
      else if (entry.complete) return;
      else throw gone;
    }
  }
  try {
    await store.writeBlob(id, octets(), { signal });
  } catch (thrown) {
    if (thrown !== gone) throw thrown;
    // An earlier entry may have brought it.
    await store.commit({ removeBlobs: [id] });
  }
}

/** Records on their way into the store, the last one of each key. */
class Batch {
  readonly #store: Store;
  readonly #records = new Map<TableName, Map<string, Tables[TableName] | undefined>>();
  #count = 0;
  #size = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  get full(): boolean {
    return this.#count >= limits.storeSlice || this.#size >= limits.backupBatchBytes;
  }

  set(table: TableName, key: string, record: Tables[TableName] | undefined): void {
    const records = this.#records.get(table) ?? new Map();
    this.#records.set(table, records);
    records.set(key, record && unsent(table, record));
    this.#count++;
    if (record !== undefined) this.#size += jsonOf(table, record).length;
  }

  async commit(): Promise<void> {
    const put: { [T in TableName]?: Tables[TableName][] } = {};
    const remove: { [T in TableName]?: string[] } = {};
    for (const [table, records] of this.#records) {
      put[table] = [...records.values()].filter((record) => record !== undefined);
      remove[table] = [...records].filter(([, record]) => record === undefined).map(([key]) => key);
    }
    // Each list was filled from its own table.
    await this.#store.commit({ put: put as { [T in TableName]?: Tables[T][] }, remove });
    this.#records.clear();
    this.#count = 0;
    this.#size = 0;
  }
}

function unsent(table: TableName, record: Tables[TableName]): Tables[TableName] {
  if (table === 'messages') return failedMessage(record as MessageRecord);
  return table === 'outbox' ? failedEntry(record as OutboxRecord) : record;
}

function failedMessage(message: MessageRecord): MessageRecord {
  if (message.state !== 'queued' && message.state !== 'sending') return message;
  const failed = (recipient: RecipientRecord): RecipientRecord =>
    recipient.state === 'pending' ? { address: recipient.address, state: 'failed', reason: NOT_SENT } : recipient;
  const { recipients } = message;
  return { ...message, state: 'failed', ...(recipients && { recipients: recipients.map(failed) }) };
}

function failedEntry(entry: OutboxRecord): OutboxRecord {
  if (entry.state !== 'queued' && entry.state !== 'sending') return entry;
  return { ...entry, state: 'failed', lastError: NOT_SENT };
}
