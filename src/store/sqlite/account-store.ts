import type { AbortOptions } from '../../core/abort.js';
import { InputError } from '../../core/errors.js';
import { tableNames } from '../order.js';
import type { Store, StoreQuery, TextQuery, WriteBatch } from '../store.js';
import type { TableName, Tables } from '../tables.js';
import { Blobs } from './blobs.js';
import type { Connection } from './connection.js';
import { RecordReader } from './record-reader.js';
import { RecordWriter } from './record-writer.js';

/** What an open account works with. */
interface Session {
  readonly reader: RecordReader;
  readonly writer: RecordWriter;
  readonly blobs: Blobs;
}

/** The store of one account in a SQLite file; made by {@link SqliteStore} and {@link SqliteDatabase}. */
export class AccountStore implements Store {
  readonly #connection: Connection;
  readonly #name: string;
  #session: Session | undefined;

  constructor(connection: Connection, name: string) {
    this.#connection = connection;
    this.#name = name;
  }

  async open(): Promise<void> {
    const account = await this.#connection.acquire(this.#name);
    this.#session = {
      reader: new RecordReader(this.#connection, account),
      writer: new RecordWriter(this.#connection, account),
      blobs: new Blobs(this.#connection, account),
    };
  }

  async get<T extends TableName>(table: T, keys: readonly string[]): Promise<(Tables[T] | undefined)[]> {
    return this.#opened().reader.get(table, keys);
  }

  async list<T extends TableName>(table: T, query?: StoreQuery<T>): Promise<Tables[T][]> {
    return this.#opened().reader.list(table, query);
  }

  async *scan<T extends TableName>(table: T): AsyncGenerator<Tables[T][]> {
    yield* this.#opened().reader.scan(table);
  }

  async count<T extends TableName>(table: T, query?: StoreQuery<T>): Promise<number> {
    return this.#opened().reader.count(table, query);
  }

  async search(query: TextQuery): Promise<Tables['messages'][]> {
    return this.#opened().reader.search(query);
  }

  async commit(batch: WriteBatch): Promise<void> {
    const { writer, blobs } = this.#opened();
    const records = tableNames.flatMap((table) =>
      (batch.put?.[table] ?? []).map((record) => writer.prepare(table, record)),
    );
    await this.#connection.write(() => {
      for (const table of tableNames) for (const key of batch.remove?.[table] ?? []) writer.remove(table, key);
      for (const id of batch.removeBlobs ?? []) blobs.remove(id);
      for (const record of records) writer.put(record);
      for (const [id, bytes] of batch.putBlobs ?? []) blobs.put(id, bytes);
    });
  }

  async writeBlob(id: string, chunks: AsyncIterable<Uint8Array>, options: AbortOptions = {}): Promise<void> {
    await this.#opened().blobs.write(id, chunks, options);
  }

  async *readBlob(id: string): AsyncGenerator<Uint8Array> {
    yield* this.#opened().blobs.read(id);
  }

  async wipe(): Promise<void> {
    const { writer, blobs } = this.#opened();
    // The last account takes the file with it.
    const alone = this.#connection.get('SELECT count(*) FROM _accounts', [])?.[0] === 1;
    if (!alone) {
      await this.#connection.write(() => {
        blobs.removeAll();
        writer.removeAll();
      });
      this.#connection.checkpoint();
    }
    this.#session = undefined;
    await this.#connection.release(this.#name, alone);
  }

  async close(): Promise<void> {
    if (!this.#session) return;
    this.#session = undefined;
    await this.#connection.release(this.#name);
  }

  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #opened(): Session {
    if (this.#session) return this.#session;
    throw new InputError('INVALID_STATE', 'The store is not open: call open() first.');
  }
}
