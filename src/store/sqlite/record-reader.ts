import { limits } from '../../core/limits.js';
import { compareTuples, isBetween, type Range, rangeOf, schemaOf, tupleOf } from '../order.js';
import { matchesWords, queryWords } from '../search-text.js';
import type { IndexValue, StoreQuery, TextQuery } from '../store.js';
import type { TableName, Tables } from '../tables.js';
import { recordPlace } from './codec.js';
import type { Connection } from './connection.js';
import type { SqlValue } from './driver.js';
import { countSql, parametersOf, type SqlRange, selectSql, sqlRangeOf } from './queries.js';
import { matchExpression } from './word-index.js';

/** Reads the records of one account. Every read first finishes the commits that were called before it. */
export class RecordReader {
  readonly #connection: Connection;
  readonly #account: number;

  constructor(connection: Connection, account: number) {
    this.#connection = connection;
    this.#account = account;
  }

  /** See {@link Store.get}. */
  async get<T extends TableName>(table: T, keys: readonly string[]): Promise<(Tables[T] | undefined)[]> {
    const { key: field } = schemaOf(table);
    const sql = `SELECT _doc FROM "${table}" WHERE _account = ? AND "${field}" = ?`;
    const records: (Tables[T] | undefined)[] = [];
    this.#connection.flush();
    for (const key of keys) {
      if (records.length > 0 && records.length % limits.storeSlice === 0) await this.#nextTurn();
      const column = this.#connection.codec.column(this.#account, table, field, key);
      const row = this.#connection.get(sql, [this.#account, column]);
      records.push(row && this.#decode(table, column, row[0]));
    }
    return records;
  }

  /** See {@link Store.list}. */
  async list<T extends TableName>(table: T, query?: StoreQuery<T>): Promise<Tables[T][]> {
    const records: Tables[T][] = [];
    for await (const slice of this.#records(table, rangeOf(table, query)))
      for (const record of slice) records.push(record);
    return records;
  }

  /** See {@link Store.scan}. In the order of the key's column, which in a sealed store is that of its HMACs. */
  scan<T extends TableName>(table: T): AsyncGenerator<Tables[T][]> {
    const sql = sqlRangeOf(this.#connection.codec, this.#account, table, rangeOf(table));
    return this.#slices(table, sql, Number.POSITIVE_INFINITY, limits.storeSlice);
  }

  /** See {@link Store.count}. */
  async count<T extends TableName>(table: T, query?: StoreQuery<T>): Promise<number> {
    const range = rangeOf(table, query);
    const sql = sqlRangeOf(this.#connection.codec, this.#account, table, range);
    if (!sql.exact) return (await this.list(table, query)).length;
    this.#connection.flush();
    const limit = Math.min(range.limit, Number.MAX_SAFE_INTEGER);
    return this.#connection.get(countSql(sql), [...parametersOf(this.#account, sql), limit])?.[0] as number;
  }

  /** See {@link Store.search}. */
  async search(query: TextQuery): Promise<Tables['messages'][]> {
    const words = queryWords(query.text);
    const limit = query.limit ?? 50;
    if (words.length === 0 || limit <= 0) return [];
    return this.#connection.codec.sealed ? this.#scan(query, words, limit) : this.#match(query, words, limit);
  }

  /** Records of a range in the order of the contract, slice by slice. */
  async *#records<T extends TableName>(table: T, range: Range): AsyncGenerator<Tables[T][]> {
    const { codec } = this.#connection;
    const sql = sqlRangeOf(codec, this.#account, table, range);
    let left = range.limit;
    if (left <= 0) return;
    for await (const slice of codec.sealed ? this.#sorted(table, sql, range) : this.#slices(table, sql, left, left)) {
      yield slice.slice(0, left);
      left -= slice.length;
      if (left <= 0) return;
    }
  }

  /** Records in the order of their columns: at most `limit`, in slices that begin with `size`. */
  async *#slices<T extends TableName>(
    table: T,
    range: SqlRange,
    limit: number,
    size: number,
  ): AsyncGenerator<Tables[T][]> {
    let rest = range;
    let wanted = size;
    for (let left = limit; left > 0; ) {
      const most = Math.min(left, wanted, limits.storeSlice);
      this.#connection.flush();
      const rows = this.#connection.all(selectSql(rest), [...parametersOf(this.#account, rest), most]);
      yield rows.map((row) => this.#decode(table, row[row.length - 1] ?? null, row[0]));
      const last = rows[rows.length - 1];
      if (!last || rows.length < most) return;
      left -= rows.length;
      wanted *= 2;
      const bound = { values: last.slice(1), inclusive: false };
      rest = range.reverse ? { ...range, upper: bound } : { ...range, lower: bound };
      await this.#nextTurn();
    }
  }

  /**
   * Records of a sealed store in the order of the contract. SQL orders by leading numbers only (sealed strings are in no
   * useful order), so records whose leading numbers are equal are collected, and sorted by what they really are.
   */
  async *#sorted<T extends TableName>(table: T, sql: SqlRange, range: Range): AsyncGenerator<Tables[T][]> {
    const { fields, prefix, after, before, reverse } = range;
    let group: { readonly tuple: readonly IndexValue[]; readonly record: Tables[T] }[] = [];
    let groupRank: string | undefined;
    const sortedGroup = () => {
      group.sort((a, b) => compareTuples(a.tuple, b.tuple) * (reverse ? -1 : 1));
      return group.map(({ record }) => record);
    };
    // One more than is asked for, to see that the last group is complete.
    for await (const slice of this.#slices(table, sql, Number.POSITIVE_INFINITY, range.limit + 1)) {
      for (const record of slice) {
        const tuple = tupleOf(record, fields);
        if (!tuple || !isBetween(tuple, after, before)) continue;
        const rank = leadingNumbers(tuple, prefix.length);
        if (rank !== groupRank && group.length > 0) {
          yield sortedGroup();
          group = [];
        }
        groupRank = rank;
        group.push({ tuple, record });
      }
    }
    if (group.length > 0) yield sortedGroup();
  }

  /** Search in the full-text index. */
  #match(query: TextQuery, words: readonly string[], limit: number): Tables['messages'][] {
    const { codec } = this.#connection;
    const { chatId, before } = query;
    const values: SqlValue[] = [matchExpression(this.#account, words)];
    let where = 'messages.hidden = 0';
    if (chatId !== undefined) {
      where += ' AND messages."chatId" = ?';
      values.push(codec.column(this.#account, 'messages', 'chatId', chatId));
    }
    if (before) {
      where += ' AND (messages.date, messages."key") < (?, ?)';
      values.push(before[0], codec.column(this.#account, 'messages', 'key', before[1]));
    }
    this.#connection.flush();
    const hits = this.#connection.all(
      `SELECT messages._row FROM _words JOIN messages ON messages._row = _words.rowid WHERE _words MATCH ? AND ${where} ORDER BY messages.date DESC, messages."key" DESC LIMIT ?`,
      [...values, limit],
    );
    return hits.map(([row]) => {
      const [key, doc] = this.#connection.get('SELECT "key", _doc FROM messages WHERE _row = ?', [row ?? 0]) ?? [];
      return this.#decode('messages', key ?? null, doc);
    });
  }

  /** Search without an index, in a sealed store: decrypts message by message, newest first. */
  async #scan(query: TextQuery, words: readonly string[], limit: number): Promise<Tables['messages'][]> {
    const { chatId, before } = query;
    const newestFirst = { reverse: true, ...(before && { before }) };
    const range =
      chatId === undefined
        ? rangeOf('messages', { ...newestFirst, index: 'byDate', prefix: [0] })
        : rangeOf('messages', { ...newestFirst, index: 'byChat', prefix: [chatId, 0] });
    const found: Tables['messages'][] = [];
    for await (const slice of this.#records('messages', range)) {
      for (const record of slice) {
        if (matchesWords(record.text, words)) found.push(record);
        if (found.length === limit) return found;
      }
    }
    return found;
  }

  #decode<T extends TableName>(table: T, key: SqlValue, doc: SqlValue | undefined): Tables[T] {
    const place = recordPlace(this.#account, table, key);
    // Only records of its own type are ever put into a table.
    return this.#connection.codec.decode(place, doc ?? null) as Tables[T];
  }

  /** Lets other work go on in the middle of a long read. */
  async #nextTurn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#connection.flush();
  }
}

/** The numbers behind `start` up to the first string, as text to compare. */
function leadingNumbers(tuple: readonly IndexValue[], start: number): string {
  const end = tuple.findIndex((value, i) => i >= start && typeof value === 'string');
  return tuple.slice(start, end === -1 ? tuple.length : end).join(' ');
}
