import { CoiError, describe, StoreError } from '../../core/errors.js';

/** What SQLite is given and gives back. Numbers are finite, text has no NUL. */
export type SqlValue = string | number | null | Uint8Array;

/** One prepared statement. Values are bound by position; the first must not be null (libsql ends the process over it). */
export interface SqlStatement {
  /** Number of the row that was inserted; undefined if nothing was inserted, changed or removed. */
  run(values: readonly SqlValue[]): number | undefined;
  /** First row, as an array in the order of the columns. The statement is done afterwards. */
  get(values: readonly SqlValue[]): SqlValue[] | undefined;
  all(values: readonly SqlValue[]): SqlValue[][];
}

/** One open database file: what `node:sqlite` and `libsql` have in common. Every call is synchronous, so each is kept short. */
export interface SqlDriver {
  exec(sql: string): void;
  prepare(sql: string): SqlStatement;
  close(): void;
}

/** Opens a file with one binding, or says with `undefined` that this runtime does not have the binding. */
export type SqlBinding = (path: string) => Promise<SqlDriver | undefined>;

/** The parts of `node:sqlite` that we use (its types come only with newer versions of @types/node). */
interface NodeSqlite {
  readonly DatabaseSync: new (path: string) => NodeDatabase;
}

interface NodeDatabase {
  exec(sql: string): void;
  prepare(sql: string): NodeStatement;
  close(): void;
}

interface NodeStatement {
  run(...values: SqlValue[]): RunResult;
  get(...values: SqlValue[]): object | undefined;
  all(...values: SqlValue[]): object[];
}

/** What both bindings say about a statement that returns no rows. */
interface RunResult {
  readonly changes: number | bigint;
  readonly lastInsertRowid: number | bigint;
}

function insertedRow({ changes, lastInsertRowid }: RunResult): number | undefined {
  return Number(changes) > 0 ? Number(lastInsertRowid) : undefined;
}

/** `node:sqlite`, built into Node from 22.13 on. */
const nodeSqlite: SqlBinding = async (path) => {
  const sqlite = withoutSqliteWarning(() => process.getBuiltinModule('node:sqlite'));
  if (!sqlite || !('DatabaseSync' in sqlite)) return undefined;
  const database = new (sqlite as NodeSqlite).DatabaseSync(path);
  return {
    exec: (sql) => database.exec(sql),
    close: () => database.close(),
    prepare(sql) {
      const statement = database.prepare(sql);
      // Rows are objects with their columns in order; no query of ours has two columns of one name.
      return {
        run: (values) => insertedRow(statement.run(...checked(values))),
        get: (values) => {
          const row = statement.get(...checked(values));
          return row && Object.values(row).map(fromSql);
        },
        all: (values) => statement.all(...checked(values)).map((row) => Object.values(row).map(fromSql)),
      };
    },
  };
};

/** `libsql` from npm, an optional peer dependency with prebuilt binaries. */
const libsql: SqlBinding = async (path) => {
  const module = await import('libsql').catch((error: unknown) => {
    // The package, or the prebuilt binary for this platform.
    throw isMissing(error) ? sqliteMissing(error) : error;
  });
  const database = new module.default(path);
  return {
    exec: (sql) => void database.exec(sql),
    close: () => {
      // The connection lives on until its statements are garbage, so its lock has to be given back by hand. Leaving WAL comes
      // first: the locking mode is fixed while it lasts.
      try {
        for (const pragma of ['journal_mode = DELETE', 'locking_mode = NORMAL', 'schema_version']) {
          database.prepare(`PRAGMA ${pragma}`).all([]);
        }
      } catch {
        // A file that could not be opened properly: there is no lock to give back.
      }
      database.close();
    },
    prepare(sql) {
      const statement = database.prepare(sql);
      // Statements that return nothing do not know raw().
      const rows = statement.columns().length > 0 ? statement.raw() : statement;
      return {
        run: (values) => insertedRow(statement.run(checked(values))),
        get: (values) => (rows.get(checked(values)) as unknown[] | undefined)?.map(fromSql),
        all: (values) => (rows.all(checked(values)) as unknown[][]).map((row) => row.map(fromSql)),
      };
    },
  };
};

/**
 * Opens a file with the first binding that this runtime has.
 *
 * @throws StoreError `SQLITE_MISSING` if there is none, else as {@link storeError}.
 */
export async function openDriver(
  path: string,
  bindings: readonly SqlBinding[] = [nodeSqlite, libsql],
): Promise<SqlDriver> {
  for (const binding of bindings) {
    const driver = await binding(path).catch((error: unknown) => {
      throw storeError(error, path);
    });
    if (driver) return driver;
  }
  throw sqliteMissing();
}

function sqliteMissing(cause?: unknown): StoreError {
  return new StoreError(
    'SQLITE_MISSING',
    `This Node (${process.version}) has no SQLite of its own (it comes with 22.13): run "npm install libsql", or use a newer Node.`,
    cause === undefined ? {} : { cause },
  );
}

/** What to tell the user about a failure of SQLite; our own errors stay as they are. */
export function storeError(error: unknown, path: string): CoiError {
  if (error instanceof CoiError) return error;
  const init = { cause: error };
  switch (primaryCode(error)) {
    case 5:
    case 6:
      return new StoreError(
        'STORE_LOCKED',
        `The store ${path} is open already, here or in another process. One at a time can use it: close that one first.`,
        init,
      );
    case 11:
      return new StoreError(
        'STORE_CORRUPT',
        `The store ${path} is damaged. Restore it from a backup, or delete it and sync again.`,
        init,
      );
    case 26:
      return new StoreError('STORE_CORRUPT', `The file ${path} is no store of coi-sdk. Give another path.`, init);
    case 13:
      return new StoreError('STORE_FAILED', `The store ${path} cannot be written: the disk is full.`, init);
    case 8:
    case 14:
      return new StoreError(
        'STORE_FAILED',
        `The store ${path} cannot be opened for writing: does its folder exist, and may you write there?`,
        init,
      );
    default:
      return new StoreError('STORE_FAILED', `The store ${path} failed: ${describe(error)}`, init);
  }
}

/** SQLite's primary result code (`errcode` of node:sqlite, `rawCode` of libsql; the latter only has words when opening fails). */
function primaryCode(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('errcode' in error && typeof error.errcode === 'number') return error.errcode & 0xff;
  if ('rawCode' in error && typeof error.rawCode === 'number') return error.rawCode & 0xff;
  return error instanceof Error && error.message.includes('Unable to open') ? 14 : undefined;
}

/** No bytes, at an address that is not null: Node 22 binds some other empty arrays as NULL. */
const EMPTY = new Uint8Array(1).subarray(0, 0);

/** The values themselves; the bindings differ in what they do with anything else, up to ending the process. */
function checked(values: readonly SqlValue[]): SqlValue[] {
  return values.map((value, i) => {
    if (value instanceof Uint8Array) return value.length === 0 ? EMPTY : value;
    const fits =
      typeof value === 'string'
        ? !value.includes('\0')
        : typeof value === 'number'
          ? Number.isFinite(value)
          : value === null && i > 0;
    if (!fits) throw new TypeError(`SQL value ${i} cannot be bound.`);
    return value;
  });
}

/** libsql returns blobs as ArrayBuffer. */
function fromSql(value: unknown): SqlValue {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (value === null || typeof value === 'string' || typeof value === 'number' || value instanceof Uint8Array)
    return value;
  throw new TypeError(`SQLite returned a ${typeof value}.`);
}

/** Node 22 and 24 warn that their SQLite is experimental. It is declared in our docs; every other warning goes through. */
function withoutSqliteWarning<T>(load: () => T): T {
  const original = process.emitWarning;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (String(warning).startsWith('SQLite is an experimental feature')) return;
    Reflect.apply(original, process, [warning, ...rest]);
  };
  try {
    return load();
  } finally {
    process.emitWarning = original;
  }
}

function isMissing(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'ERR_MODULE_NOT_FOUND' || error.code === 'MODULE_NOT_FOUND')
  );
}
