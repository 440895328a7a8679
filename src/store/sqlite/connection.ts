import { open, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InputError, StoreError } from '../../core/errors.js';
import { type Codec, plainCodec, sealedCodec } from './codec.js';
import { CommitQueue } from './commit-queue.js';
import { openDriver, type SqlBinding, type SqlDriver, type SqlStatement, type SqlValue, storeError } from './driver.js';
import { createLayout, reindex } from './layout.js';
import { fileVersion, type Migration, markVersion, migrate, migrations, versionAfter } from './migrations.js';
import { checkSecret, hasSecret, newDataKey, openDataKey, type StoreSecret, sealDataKey } from './secret.js';

/**
 * See {@link Connection}. Keys are random, so a batch touches pages all over the file: with 16 MiB of cache, and a log of up to 16 MiB
 * (4000 pages), the cost of a message stays the same in large mailboxes.
 */
const PRAGMAS = [
  'journal_mode = WAL',
  'synchronous = FULL',
  'secure_delete = ON',
  'temp_store = MEMORY',
  'cache_size = -16384',
  'wal_autocheckpoint = 4000',
];

/** What only tests change. */
export interface ConnectionInternals {
  readonly bindings?: readonly SqlBinding[];
  readonly migrations?: readonly Migration[];
}

/**
 * One SQLite file, open while at least one account uses it. All accounts of the file share the connection, its page cache and
 * its prepared statements.
 *
 * Settings: WAL with `synchronous=FULL`, so a commit has reached the disk when it resolves (`NORMAL` would survive a
 * killed process, but not a power cut); `locking_mode=EXCLUSIVE`, so a second process cannot open the file (the lock goes away
 * with the process, even if that is killed); `secure_delete`, so deleted text is overwritten.
 */
export class Connection {
  readonly path: string;
  readonly #internals: ConnectionInternals;
  #secret: StoreSecret;
  #driver: SqlDriver | undefined;
  #codec: Codec = plainCodec;
  #dataKey: Uint8Array | undefined;
  readonly #statements = new Map<string, SqlStatement>();
  /** Accounts that are open. */
  readonly #users = new Set<string>();
  readonly #commits = new CommitQueue((sql) => void this.run(sql, []));
  /** Opening and closing happen one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(path: string, secret: StoreSecret, internals: ConnectionInternals = {}) {
    if (path === ':memory:' || path === '') {
      throw new InputError(
        'INVALID_OPTION',
        `store: "${path}" is no file. For an account in memory leave "store" out.`,
      );
    }
    checkSecret(secret);
    // An absolute path, because the bindings take some relative ones for URLs.
    this.path = resolve(path);
    this.#secret = { ...secret };
    this.#internals = internals;
  }

  /** How values are written in this file; known once it is open. */
  get codec(): Codec {
    return this.#codec;
  }

  /** Opens the file if it is not open yet, and an account in it; returns the account's number. */
  acquire(account: string): Promise<number> {
    return this.#inTurn(async () => {
      if (this.#users.has(account)) {
        throw new StoreError('STORE_LOCKED', `This account of the store ${this.path} is open already. Close it first.`);
      }
      if (!this.#driver) await this.#openFile();
      try {
        const number = this.#accountNumber(account);
        this.#users.add(account);
        return number;
      } finally {
        if (this.#users.size === 0) this.#closeFile();
      }
    });
  }

  /** Finishes pending commits and closes an account; the last one closes the file, or deletes it. */
  release(account: string, deleteFile = false): Promise<void> {
    return this.#inTurn(async () => {
      this.flush();
      this.#users.delete(account);
      if (this.#users.size > 0) return;
      this.#closeFile();
      if (!deleteFile) return;
      for (const suffix of ['', '-wal', '-shm', '-journal']) await rm(this.path + suffix, { force: true });
    });
  }

  /** First row of a query. */
  get(sql: string, values: readonly SqlValue[]): SqlValue[] | undefined {
    return this.#attempt(() => this.#prepared(sql).get(values));
  }

  /** All rows of a query. */
  all(sql: string, values: readonly SqlValue[]): SqlValue[][] {
    return this.#attempt(() => this.#prepared(sql).all(values));
  }

  /** Runs a statement that returns no rows, inside {@link write} only. Number of the row that it inserted; undefined if it changed nothing. */
  run(sql: string, values: readonly SqlValue[]): number | undefined {
    return this.#attempt(() => this.#prepared(sql).run(values));
  }

  /** Runs work that writes, everything or nothing; resolves once it is on disk. */
  async write<T>(work: () => T): Promise<T> {
    this.#requireOpen();
    return this.#commits.write(work);
  }

  /** Does the waiting commits now; before every read, so that a read sees all commits that were called before it. */
  flush(): void {
    this.#commits.flush();
  }

  /** Replaces the secret that opens the file. The records stay as they are: only their key is wrapped anew. */
  async changeSecret(secret: StoreSecret): Promise<void> {
    checkSecret(secret);
    this.#requireOpen();
    if (!this.#dataKey) {
      throw new StoreError(
        'STORE_SEALED',
        `The store ${this.path} is not sealed. Only a new store can be: make one and sync again.`,
      );
    }
    const seal = await sealDataKey(this.#dataKey, secret);
    await this.write(() => this.run(`UPDATE _meta SET value = ?1 WHERE name = 'seal'`, [seal]));
    this.#secret = { ...secret };
    this.checkpoint();
  }

  /** Moves everything from the log into the file and empties the log: what was overwritten is gone from the disk. */
  checkpoint(): void {
    this.flush();
    this.all('PRAGMA wal_checkpoint(TRUNCATE)', []);
  }

  #prepared(sql: string): SqlStatement {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#requireOpen().prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #attempt<T>(call: () => T): T {
    try {
      return call();
    } catch (error) {
      throw storeError(error, this.path);
    }
  }

  #requireOpen(): SqlDriver {
    if (this.#driver) return this.#driver;
    throw new InputError('INVALID_STATE', 'The store is not open: call open() first.');
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }

  async #openFile(): Promise<void> {
    await this.#createPrivate();
    const driver = await openDriver(this.path, this.#internals.bindings);
    try {
      await this.#prepareFile(driver);
    } catch (error) {
      driver.close();
      throw storeError(error, this.path);
    }
    this.#driver = driver;
  }

  /** For our own eyes only: it holds private keys. An existing file is not touched (closing it would drop SQLite's locks). */
  async #createPrivate(): Promise<void> {
    // It usually exists already; whatever else is wrong, SQLite says it when it opens the file.
    const file = await open(this.path, 'wx', 0o600).catch(() => undefined);
    await file?.close();
  }

  async #prepareFile(driver: SqlDriver): Promise<void> {
    const steps = this.#internals.migrations ?? migrations;
    driver.exec('PRAGMA locking_mode = EXCLUSIVE');
    // Takes the lock at once: two processes that both began by reading would both fail to write.
    driver.exec('BEGIN EXCLUSIVE');
    driver.exec('COMMIT');
    const version = fileVersion(driver, this.path, steps);
    for (const pragma of PRAGMAS) driver.prepare(`PRAGMA ${pragma}`).all([]);
    if (version === 0) {
      await this.#createFile(driver, versionAfter(steps));
      return;
    }
    const seal = driver.prepare(`SELECT value FROM _meta WHERE name = 'seal'`).get([])?.[0];
    await this.#unseal(typeof seal === 'string' ? seal : undefined);
    migrate(driver, this.#codec, version, steps);
    reindex(driver, this.#codec);
    // What a crash left of blobs that were being written.
    driver.exec('DELETE FROM _chunks WHERE blob IN (SELECT _row FROM _blobs WHERE chunks IS NULL)');
    driver.exec('DELETE FROM _blobs WHERE chunks IS NULL');
  }

  async #createFile(driver: SqlDriver, version: number): Promise<void> {
    const dataKey = hasSecret(this.#secret) ? newDataKey() : undefined;
    const seal = dataKey && (await sealDataKey(dataKey, this.#secret));
    driver.exec('BEGIN IMMEDIATE');
    createLayout(driver, seal === undefined);
    if (seal !== undefined) driver.prepare(`INSERT INTO _meta VALUES ('seal', ?)`).run([seal]);
    markVersion(driver, version);
    driver.exec('COMMIT');
    this.#useKey(dataKey);
  }

  async #unseal(seal: string | undefined): Promise<void> {
    if (seal === undefined && hasSecret(this.#secret)) {
      throw new StoreError('STORE_SEALED', `The store ${this.path} is not sealed: open it without passphrase and key.`);
    }
    this.#useKey(seal === undefined ? undefined : await openDataKey(seal, this.#secret, this.path));
  }

  #useKey(dataKey: Uint8Array | undefined): void {
    this.#dataKey = dataKey;
    this.#codec = dataKey ? sealedCodec(dataKey) : plainCodec;
  }

  #accountNumber(account: string): number {
    const name = this.#codec.column(0, '_accounts', 'name', account);
    const find = () => this.get('SELECT id FROM _accounts WHERE name = ?', [name])?.[0];
    if (find() === undefined) this.run('INSERT INTO _accounts (name) VALUES (?)', [name]);
    return find() as number;
  }

  #closeFile(): void {
    const driver = this.#driver;
    this.#driver = undefined;
    this.#dataKey = undefined;
    this.#statements.clear();
    driver?.close();
  }
}
