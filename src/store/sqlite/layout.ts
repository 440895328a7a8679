import { limits } from '../../core/limits.js';
import { indexValue, schemaOf, tableNames } from '../order.js';
import type { TableName } from '../tables.js';
import { type Codec, recordPlace } from './codec.js';
import type { SqlDriver, SqlValue } from './driver.js';

/**
 * How tables become SQL. One SQL table per table of the schema:
 *
 * - `_row` (rowid), `_account` (number of the account in this file), one column for the primary key and each index field (without
 *   a type, so that SQLite converts nothing), `_text` (messages only: hash of the text in the search index), `_doc` (the
 *   whole record as JSON, sealed if the store is);
 * - a unique index on (`_account`, key), and per index of the schema one on (`_account`, fields, key) of the rows that have all fields.
 *
 * The content comes last so that SQLite reads the other columns without it.
 */

const columnsOfTables = new Map(
  tableNames.map((table) => {
    const { key, indexes } = schemaOf(table);
    return [table, [...new Set(Object.values(indexes).flat())].filter((field) => field !== key)];
  }),
);

/** Columns of a table that hold index fields, in a fixed order. */
export function indexColumns(table: TableName): readonly string[] {
  return columnsOfTables.get(table) ?? [];
}

/** SQL name of an index; the primary key's if `index` is undefined. */
export function indexSqlName(table: TableName, index: string | undefined): string {
  return `"${table}.${index ?? '_key'}"`;
}

/** Creates everything in an empty file. `search`: with a full-text index (a sealed store must not have one). */
export function createLayout(driver: SqlDriver, search: boolean): void {
  driver.exec('CREATE TABLE _meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)');
  driver.exec('CREATE TABLE _accounts (id INTEGER PRIMARY KEY AUTOINCREMENT, name NOT NULL UNIQUE)');
  // `chunks` is NULL until the blob is complete.
  driver.exec(
    'CREATE TABLE _blobs (_row INTEGER PRIMARY KEY AUTOINCREMENT, _account INTEGER NOT NULL, id NOT NULL, chunks INTEGER)',
  );
  driver.exec('CREATE UNIQUE INDEX "_blobs.id" ON _blobs (_account, id) WHERE chunks IS NOT NULL');
  driver.exec(
    'CREATE TABLE _chunks (blob INTEGER NOT NULL, number INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (blob, number))',
  );
  // Words are cut by search-text.ts; the index only has to split at blanks, and needs no positions.
  if (search) {
    driver.exec(
      `CREATE VIRTUAL TABLE _words USING fts5(words, content='', contentless_delete=1, detail=none, tokenize='ascii')`,
    );
  }
  for (const table of tableNames) {
    createTable(driver, table);
    for (const sql of indexSql(table).values()) driver.exec(sql);
  }
}

/**
 * Brings tables and indexes in line with the schema, in one transaction. Where the indexes of a table are not those of the schema (it
 * changed, in either direction of versions), all its index columns are filled again from the records. So a change of indexes needs
 * no migration.
 */
export function reindex(driver: SqlDriver, codec: Codec): void {
  const changed = tableNames.filter((table) => !hasItsIndexes(driver, table));
  if (changed.length === 0) return;
  driver.exec('BEGIN IMMEDIATE');
  try {
    for (const table of changed) rebuild(driver, codec, table);
    driver.exec('COMMIT');
  } catch (error) {
    driver.exec('ROLLBACK');
    throw error;
  }
}

function createTable(driver: SqlDriver, table: TableName): void {
  const { key } = schemaOf(table);
  const columns = indexColumns(table).map((field) => `"${field}", `);
  const text = table === 'messages' ? '_text, ' : '';
  driver.exec(
    `CREATE TABLE IF NOT EXISTS "${table}" (_row INTEGER PRIMARY KEY, _account INTEGER NOT NULL, "${key}" NOT NULL, ${columns.join('')}${text}_doc NOT NULL)`,
  );
}

/** Statements that create the indexes of a table, by name. */
function indexSql(table: TableName): Map<string, string> {
  const { key, indexes } = schemaOf(table);
  const statements = new Map([
    [`${table}._key`, `CREATE UNIQUE INDEX ${indexSqlName(table, undefined)} ON "${table}" (_account, "${key}")`],
  ]);
  for (const [name, fields] of Object.entries(indexes)) {
    const columns = ['_account', ...[...fields, key].map((field) => `"${field}"`)].join(', ');
    const present = fields.map((field) => `"${field}" IS NOT NULL`).join(' AND ');
    statements.set(
      `${table}.${name}`,
      `CREATE INDEX ${indexSqlName(table, name)} ON "${table}" (${columns}) WHERE ${present}`,
    );
  }
  return statements;
}

/** Indexes that a table has in the file, with the statements that created them. */
function existingIndexes(driver: SqlDriver, table: TableName): SqlValue[][] {
  return driver
    .prepare(`SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL`)
    .all([table]);
}

function hasItsIndexes(driver: SqlDriver, table: TableName): boolean {
  const wanted = indexSql(table);
  const existing = existingIndexes(driver, table);
  return existing.length === wanted.size && existing.every(([name, sql]) => wanted.get(String(name)) === sql);
}

function rebuild(driver: SqlDriver, codec: Codec, table: TableName): void {
  createTable(driver, table);
  for (const [name] of existingIndexes(driver, table)) driver.exec(`DROP INDEX "${name}"`);
  const columns = driver.prepare(`SELECT name FROM pragma_table_info('${table}')`).all([]);
  const existing = new Set(columns.map(([name]) => name));
  for (const field of indexColumns(table)) {
    if (!existing.has(field)) driver.exec(`ALTER TABLE "${table}" ADD COLUMN "${field}"`);
  }
  if (indexColumns(table).length > 0) fillColumns(driver, codec, table, indexColumns(table));
  for (const sql of indexSql(table).values()) driver.exec(sql);
}

function fillColumns(driver: SqlDriver, codec: Codec, table: TableName, fields: readonly string[]): void {
  const { key } = schemaOf(table);
  const slice = driver.prepare(
    `SELECT _row, _account, "${key}", _doc FROM "${table}" WHERE _row > ? ORDER BY _row LIMIT ${limits.storeSlice}`,
  );
  const update = driver.prepare(
    `UPDATE "${table}" SET ${fields.map((field, i) => `"${field}" = ?${i + 2}`).join(', ')} WHERE _row = ?1`,
  );
  for (let last: SqlValue = 0; ; ) {
    const rows = slice.all([last]);
    for (const [row, account, keyColumn, doc] of rows) {
      last = row as number;
      const place = recordPlace(account as number, table, keyColumn as SqlValue);
      const record = codec.decode(place, doc as SqlValue) as object;
      update.run([last, ...fields.map((field) => fieldColumn(codec, account as number, table, field, record))]);
    }
    if (rows.length < limits.storeSlice) return;
  }
}

/** Column of an index field of a record; NULL if the record lacks it. */
export function fieldColumn(codec: Codec, account: number, table: TableName, field: string, record: object): SqlValue {
  const value = indexValue(record, field);
  return value === undefined ? null : codec.column(account, table, field, value);
}
