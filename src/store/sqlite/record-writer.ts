import { jsonOf, keyOf, schemaOf, tableNames } from '../order.js';
import type { TableName } from '../tables.js';
import { recordPlace } from './codec.js';
import type { Connection } from './connection.js';
import type { SqlValue } from './driver.js';
import { fieldColumn, indexColumns } from './layout.js';
import { addWords, removeAllWords, removeWords, textMark } from './word-index.js';

/** A record ready to be written. */
export interface PreparedRecord {
  readonly table: TableName;
  readonly key: SqlValue;
  readonly fields: readonly SqlValue[];
  readonly doc: SqlValue;
  /** Text for the search index; empty for what is not to be found. */
  readonly text: string;
}

/** Writes the records of one account; all but {@link prepare} inside a transaction. */
export class RecordWriter {
  readonly #connection: Connection;
  readonly #account: number;

  constructor(connection: Connection, account: number) {
    this.#connection = connection;
    this.#account = account;
  }

  /** Does what needs no database, and finds what is wrong with a record before anything is written. */
  prepare(table: TableName, record: object): PreparedRecord {
    const { codec } = this.#connection;
    const key = codec.column(this.#account, table, schemaOf(table).key, keyOf(table, record));
    const fields = indexColumns(table).map((field) => fieldColumn(codec, this.#account, table, field, record));
    const doc = codec.encode(recordPlace(this.#account, table, key), jsonOf(table, record));
    return { table, key, fields, doc, text: table === 'messages' && !codec.sealed ? textOf(record) : '' };
  }

  put({ table, key, fields, doc, text }: PreparedRecord): void {
    if (table !== 'messages') {
      this.#connection.run(upsertSql(table), [this.#account, key, ...fields, doc]);
      return;
    }
    const mark = text === '' ? null : textMark(text);
    const values = [this.#account, key, ...fields, mark, doc];
    const inserted = this.#connection.run(insertMessageSql, values);
    if (inserted !== undefined) {
      if (mark !== null) addWords(this.#connection, this.#account, inserted, text);
      return;
    }
    const old = this.#indexed(key);
    this.#connection.run(upsertSql(table), values);
    if (!old || old.mark === mark) return;
    if (typeof old.mark === 'string') removeWords(this.#connection, old.row);
    if (mark !== null) addWords(this.#connection, this.#account, old.row, text);
  }

  remove(table: TableName, key: string): void {
    const { key: field } = schemaOf(table);
    const column = this.#connection.codec.column(this.#account, table, field, key);
    const old = table === 'messages' ? this.#indexed(column) : undefined;
    if (typeof old?.mark === 'string') removeWords(this.#connection, old.row);
    this.#connection.run(`DELETE FROM "${table}" WHERE _account = ? AND "${field}" = ?`, [this.#account, column]);
  }

  /** Removes everything of the account. */
  removeAll(): void {
    if (!this.#connection.codec.sealed) removeAllWords(this.#connection, this.#account);
    for (const table of tableNames) this.#connection.run(`DELETE FROM "${table}" WHERE _account = ?`, [this.#account]);
    this.#connection.run('DELETE FROM _accounts WHERE id = ?', [this.#account]);
  }

  /** Row of a message, and the mark of its text in the search index. */
  #indexed(key: SqlValue): { readonly row: number; readonly mark: SqlValue } | undefined {
    const found = this.#connection.get('SELECT _row, _text FROM messages WHERE _account = ? AND "key" = ?', [
      this.#account,
      key,
    ]);
    return found && { row: found[0] as number, mark: found[1] ?? null };
  }
}

/** Text of a message that can be found: hidden ones cannot. */
function textOf(record: object): string {
  const { text, hidden } = record as { readonly text?: unknown; readonly hidden?: unknown };
  return hidden === 0 && typeof text === 'string' ? text : '';
}

/** Columns of a table in the order in which {@link RecordWriter.put} binds them. */
function columnsOf(table: TableName): readonly string[] {
  const fields = indexColumns(table).map((field) => `"${field}"`);
  const text = table === 'messages' ? ['_text'] : [];
  return ['_account', `"${schemaOf(table).key}"`, ...fields, ...text, '_doc'];
}

/** Most messages that are written are new: one statement then does for looking and inserting. */
const insertMessageSql = `${insertSql('messages')} ON CONFLICT DO NOTHING`;

function insertSql(table: TableName): string {
  const columns = columnsOf(table);
  return `INSERT INTO "${table}" (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;
}

const upserts = new Map<TableName, string>();

/** Statement that puts a record in place of an older one, whose row number stays (the search index refers to it). */
function upsertSql(table: TableName): string {
  const known = upserts.get(table);
  if (known !== undefined) return known;
  const [account, key, ...changing] = columnsOf(table);
  const changes = changing.map((column) => `${column} = excluded.${column}`).join(', ');
  const sql = `${insertSql(table)} ON CONFLICT (${account}, ${key}) DO UPDATE SET ${changes}`;
  upserts.set(table, sql);
  return sql;
}
