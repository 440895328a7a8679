import { MemoryStore } from '../../src/store/memory-store.js';
import type { StoreQuery, WriteBatch } from '../../src/store/store.js';
import type { TableName, Tables } from '../../src/store/tables.js';

/** A store that counts what goes through it: a measure of work that does not depend on the machine. */
export class MeteredStore extends MemoryStore {
  /** Records read, counted and written. */
  records = 0;
  /** Keys asked for, in order. */
  readonly keys: string[] = [];

  override async get<T extends TableName>(table: T, keys: readonly string[]): Promise<(Tables[T] | undefined)[]> {
    this.records += keys.length;
    this.keys.push(...keys);
    return super.get(table, keys);
  }

  override async list<T extends TableName>(table: T, query?: StoreQuery<T>): Promise<Tables[T][]> {
    const found = await super.list(table, query);
    this.records += found.length;
    return found;
  }

  override async count<T extends TableName>(table: T, query?: StoreQuery<T>): Promise<number> {
    const total = await super.count(table, query);
    this.records += total;
    return total;
  }

  override async commit(batch: WriteBatch): Promise<void> {
    for (const records of Object.values(batch.put ?? {})) this.records += records.length;
    return super.commit(batch);
  }
}
