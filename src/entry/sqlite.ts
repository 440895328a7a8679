/** SQLite stores, for those who want more than a path as `store`: many accounts in one file, changing the passphrase. */
export type { StoreSecret } from '../store/sqlite/secret.js';
export { SqliteDatabase, SqliteStore } from '../store/sqlite/sqlite-store.js';
