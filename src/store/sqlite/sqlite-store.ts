import { InputError } from '../../core/errors.js';
import type { Store } from '../store.js';
import { AccountStore } from './account-store.js';
import { Connection } from './connection.js';
import type { StoreSecret } from './secret.js';

/**
 * A {@link Store} in a SQLite file of its own: what `Account.open({ store: 'ada.db' })` makes of the path.
 *
 * It uses `node:sqlite` where Node has it (22.13 and later), else the package `libsql`. A commit is on the disk when it
 * resolves. The file is readable for its owner only (mode 0600), and locked while it is open. `wipe()` deletes it.
 *
 * **Sealing.** With a passphrase or a key (32 bytes) a new file is sealed: every record and every blob is encrypted with AES-256-GCM,
 * bound to its place. What stays readable: names of tables and columns; how many accounts, records and blobs there are and how
 * large each is; the numbers that SQL orders by, which are dates, UIDs, due times and the flags hidden, unread and
 * pending; and which records have an index value in common (messages of one chat, say), as values that say nothing else: addresses,
 * ids, folder names and keys are HMACs, different for every account and column. There is no full-text index: search decrypts the
 * messages one after the other. Somebody who can write to the file can put back an older version of it unnoticed. A file is sealed
 * from its beginning or not at all.
 *
 * @throws InputError `INVALID_OPTION` (`:memory:` among others), `UNKNOWN_OPTION`
 */
export class SqliteStore extends AccountStore {
  readonly #connection: Connection;

  constructor(path: string, secret: StoreSecret = {}) {
    const connection = new Connection(path, secret);
    super(connection, '');
    this.#connection = connection;
  }

  /**
   * From now on the sealed file opens with this passphrase instead of its former passphrase or key. Quick: the records are not
   * written again. The store must be open.
   *
   * @throws StoreError `STORE_SEALED` if the file is not sealed.
   */
  async changePassphrase(passphrase: string): Promise<void> {
    await this.#connection.changeSecret({ passphrase });
  }
}

/**
 * One SQLite file for many accounts: they share one connection, one page cache and one lock, so that an idle account costs next
 * to nothing. The file is open while at least one of its accounts is.
 *
 * ```ts
 * const database = new SqliteDatabase('bots.db');
 * const ada = await Account.open({ email: 'ada@example.org', password, store: database.account('ada@example.org') });
 * ```
 *
 * Sealing is as for {@link SqliteStore}, with one secret for the file.
 */
export class SqliteDatabase {
  readonly #connection: Connection;

  constructor(path: string, secret: StoreSecret = {}) {
    this.#connection = new Connection(path, secret);
  }

  /**
   * The store of one account, to be opened by whoever uses it; made at its first opening. Closing or wiping it leaves
   * the others alone.
   *
   * @param name any text that is different for every account, such as its address. Compared exactly.
   */
  account(name: string): Store {
    if (typeof name !== 'string' || name === '') {
      throw new InputError('INVALID_OPTION', 'SqliteDatabase.account: give the account a name, such as its address.');
    }
    return new AccountStore(this.#connection, name);
  }

  /** As {@link SqliteStore.changePassphrase}; at least one account must be open. */
  async changePassphrase(passphrase: string): Promise<void> {
    await this.#connection.changeSecret({ passphrase });
  }
}
