import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AccountStore } from '../../../src/store/sqlite/account-store.js';
import { Connection } from '../../../src/store/sqlite/connection.js';
import { openDriver } from '../../../src/store/sqlite/driver.js';
import type { Migration } from '../../../src/store/sqlite/migrations.js';
import { SqliteStore } from '../../../src/store/sqlite/sqlite-store.js';
import { collect, message, tempFolder } from './records.js';

/** A file of version 1 as released, written without any code of the store. */
async function writeVersion1(path: string): Promise<void> {
  const driver = await openDriver(path);
  driver.exec(`
    CREATE TABLE _meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE _accounts (id INTEGER PRIMARY KEY AUTOINCREMENT, name NOT NULL UNIQUE);
    CREATE TABLE _blobs (_row INTEGER PRIMARY KEY AUTOINCREMENT, _account INTEGER NOT NULL, id NOT NULL, chunks INTEGER);
    CREATE UNIQUE INDEX "_blobs.id" ON _blobs (_account, id) WHERE chunks IS NOT NULL;
    CREATE TABLE _chunks (blob INTEGER NOT NULL, number INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (blob, number));
    CREATE VIRTUAL TABLE _words USING fts5(words, content='', contentless_delete=1, detail=none, tokenize='ascii');
    CREATE TABLE "messages" (_row INTEGER PRIMARY KEY, _account INTEGER NOT NULL, "key" NOT NULL, "chatId", "hidden", "date",
      "messageId", "unread", "pending", _text, _doc NOT NULL);
    CREATE UNIQUE INDEX "messages._key" ON "messages" (_account, "key");
    CREATE INDEX "messages.byChat" ON "messages" (_account, "chatId", "hidden", "date", "key")
      WHERE "chatId" IS NOT NULL AND "hidden" IS NOT NULL AND "date" IS NOT NULL;
    CREATE INDEX "messages.byDate" ON "messages" (_account, "hidden", "date", "key") WHERE "hidden" IS NOT NULL AND "date" IS NOT NULL;
    CREATE INDEX "messages.byMessageId" ON "messages" (_account, "messageId", "key") WHERE "messageId" IS NOT NULL;
    CREATE INDEX "messages.unread" ON "messages" (_account, "chatId", "unread", "date", "key")
      WHERE "chatId" IS NOT NULL AND "unread" IS NOT NULL AND "date" IS NOT NULL;
    CREATE INDEX "messages.pending" ON "messages" (_account, "pending", "date", "key") WHERE "pending" IS NOT NULL AND "date" IS NOT NULL;
    CREATE TABLE "locations" (_row INTEGER PRIMARY KEY, _account INTEGER NOT NULL, "key" NOT NULL, "folder", "uid", "message", _doc NOT NULL);
    CREATE UNIQUE INDEX "locations._key" ON "locations" (_account, "key");
    CREATE INDEX "locations.byFolder" ON "locations" (_account, "folder", "uid", "key") WHERE "folder" IS NOT NULL AND "uid" IS NOT NULL;
    CREATE INDEX "locations.byMessage" ON "locations" (_account, "message", "key") WHERE "message" IS NOT NULL;
    CREATE TABLE "folders" (_row INTEGER PRIMARY KEY, _account INTEGER NOT NULL, "path" NOT NULL, _doc NOT NULL);
    CREATE UNIQUE INDEX "folders._key" ON "folders" (_account, "path");
    CREATE TABLE "chats" (_row INTEGER PRIMARY KEY, _account INTEGER NOT NULL, "id" NOT NULL, "lastDate", _doc NOT NULL);
    CREATE UNIQUE INDEX "chats._key" ON "chats" (_account, "id");
    CREATE INDEX "chats.byDate" ON "chats" (_account, "lastDate", "id") WHERE "lastDate" IS NOT NULL;
    CREATE TABLE "contacts" (_row INTEGER PRIMARY KEY, _account INTEGER NOT NULL, "address" NOT NULL, _doc NOT NULL);
    CREATE UNIQUE INDEX "contacts._key" ON "contacts" (_account, "address");
    CREATE TABLE "threads" (_row INTEGER PRIMARY KEY, _account INTEGER NOT NULL, "messageId" NOT NULL, "chatId", _doc NOT NULL);
    CREATE UNIQUE INDEX "threads._key" ON "threads" (_account, "messageId");
    CREATE INDEX "threads.byChat" ON "threads" (_account, "chatId", "messageId") WHERE "chatId" IS NOT NULL;
    CREATE TABLE "facts" (_row INTEGER PRIMARY KEY, _account INTEGER NOT NULL, "key" NOT NULL, "target", _doc NOT NULL);
    CREATE UNIQUE INDEX "facts._key" ON "facts" (_account, "key");
    CREATE INDEX "facts.byTarget" ON "facts" (_account, "target", "key") WHERE "target" IS NOT NULL;
    CREATE TABLE "outbox" (_row INTEGER PRIMARY KEY, _account INTEGER NOT NULL, "id" NOT NULL, "state", "dueAt", "message", _doc NOT NULL);
    CREATE UNIQUE INDEX "outbox._key" ON "outbox" (_account, "id");
    CREATE INDEX "outbox.byState" ON "outbox" (_account, "state", "dueAt", "id") WHERE "state" IS NOT NULL AND "dueAt" IS NOT NULL;
    CREATE INDEX "outbox.byMessage" ON "outbox" (_account, "message", "id") WHERE "message" IS NOT NULL;
    CREATE TABLE "actions" (_row INTEGER PRIMARY KEY, _account INTEGER NOT NULL, "key" NOT NULL, "message", _doc NOT NULL);
    CREATE UNIQUE INDEX "actions._key" ON "actions" (_account, "key");
    CREATE INDEX "actions.byMessage" ON "actions" (_account, "message", "key") WHERE "message" IS NOT NULL;
    CREATE TABLE "settings" (_row INTEGER PRIMARY KEY, _account INTEGER NOT NULL, "key" NOT NULL, _doc NOT NULL);
    CREATE UNIQUE INDEX "settings._key" ON "settings" (_account, "key");
    PRAGMA application_id = 1668245809;
    PRAGMA user_version = 1;
    INSERT INTO _accounts (id, name) VALUES (1, '');
    INSERT INTO _blobs VALUES (1, 1, 'blob', 2), (2, 1, 'unfinished', NULL);
    INSERT INTO _chunks VALUES (1, 0, x'0102'), (1, 1, x'03'), (2, 0, x'04');
    INSERT INTO _words (rowid, words) VALUES (7, '${'\uE000'}1 some text');
  `);
  const record = message('k');
  driver
    .prepare('INSERT INTO messages VALUES (7, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
    .run([1, 'k', record.chatId, 0, record.date, record.messageId, 1, 0, 'mark', JSON.stringify(record)]);
  driver.close();
}

describe('a file of version 1', () => {
  it('is read and written by this version', async () => {
    const path = join(await tempFolder(), 'v1.db');
    await writeVersion1(path);
    const store = new SqliteStore(path);
    await store.open();
    expect(await store.list('messages', { index: 'byChat', prefix: [message('k').chatId, 0] })).toEqual([message('k')]);
    expect(await store.search({ text: 'tex' })).toEqual([message('k')]);
    expect([...(await collect(store.readBlob('blob')))]).toEqual([1, 2, 3]);
    await expect(collect(store.readBlob('unfinished'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await store.commit({ put: { messages: [message('k', { text: 'new words' })] } });
    expect(await store.search({ text: 'tex' })).toEqual([]);
    expect((await store.search({ text: 'new' })).length).toBe(1);
    await store.close();
  });

  it('has the layout that this version creates, once it was opened', async () => {
    const folder = await tempFolder();
    await writeVersion1(join(folder, 'v1.db'));
    const layouts: unknown[] = [];
    for (const name of ['v1.db', 'new.db']) {
      const store = new SqliteStore(join(folder, name));
      await store.open();
      await store.close();
      const driver = await openDriver(join(folder, name));
      const indexes = driver.prepare(`SELECT name, sql FROM sqlite_master WHERE type = 'index' ORDER BY name`).all([]);
      const columns = driver
        .prepare(
          'SELECT t.name, c.name FROM sqlite_master AS t JOIN pragma_table_info(t.name) AS c ON t.sql IS NOT NULL ORDER BY t.name, c.name',
        )
        .all([]);
      layouts.push({ indexes, columns });
      driver.close();
    }
    expect(layouts[0]).toEqual(layouts[1]);
  });
});

describe('migrating', () => {
  const open = async (path: string, steps: readonly Migration[], key?: Uint8Array) => {
    const store = new AccountStore(new Connection(path, key ? { key } : {}, { migrations: steps }), '');
    await store.open();
    return store;
  };
  const changes: readonly [string, string][] = [
    ['an index that is new', 'DROP INDEX "messages.byDate"'],
    ['an index that is not wanted any more', 'CREATE INDEX "messages.old" ON messages (_account, "hidden")'],
    [
      'an index that has changed',
      'DROP INDEX "chats.byDate"; CREATE INDEX "chats.byDate" ON chats (_account, "lastDate")',
    ],
    [
      'columns that an older version did not fill',
      'DROP INDEX "messages.byDate"; UPDATE messages SET "date" = NULL, "hidden" = NULL',
    ],
    ['columns that are new', 'DROP INDEX "locations.byFolder"; ALTER TABLE locations DROP COLUMN "uid"'],
    ['a table that is new', 'DROP TABLE locations'],
  ];
  for (const key of [undefined, new Uint8Array(32).fill(3)]) {
    it.each(changes)(`copes with %s, ${key ? 'sealed' : 'plain'}`, async (_, change) => {
      const path = join(await tempFolder(), 'x.db');
      const records = Array.from({ length: 1200 }, (_, i) => message(`k${i}`, { date: 5000 - i }));
      const location = {
        key: 'l',
        folder: 'f',
        uidValidity: '1',
        uid: 7,
        message: 'k1',
        flags: [],
        internalDate: 0,
        size: 0,
      };
      const before = await open(path, [], key);
      await before.commit({ put: { messages: records, locations: [location] } });
      await before.close();
      const driver = await openDriver(path);
      driver.exec(change);
      driver.close();

      const after = await open(path, [], key);
      const listed = await after.list('messages', { index: 'byDate', prefix: [0] });
      expect(listed).toEqual([...records].reverse());
      expect(await after.list('locations', { index: 'byFolder', prefix: ['f', 7] })).toEqual(
        change.includes('DROP TABLE') ? [] : [location],
      );
      await after.commit({ put: { locations: [{ ...location, key: 'm' }] } });
      expect((await after.list('locations', { index: 'byMessage', prefix: ['k1'] })).map((one) => one.key)).toContain(
        'm',
      );
      await after.close();
      const again = await openDriver(path);
      expect(again.prepare(`SELECT count(*) FROM sqlite_master WHERE name = 'messages.old'`).get([])).toEqual([0]);
      again.close();
    });
  }

  it('runs each step once, in order', async () => {
    const path = join(await tempFolder(), 'x.db');
    await (await open(path, [])).close();
    const ran: number[] = [];
    const steps: Migration[] = [1, 2, 3].map((step) => () => void ran.push(step));
    await (await open(path, steps.slice(0, 1))).close();
    await (await open(path, steps)).close();
    await (await open(path, steps)).close();
    expect(ran).toEqual([1, 2, 3]);
  });

  it('runs no step on a new file', async () => {
    const path = join(await tempFolder(), 'x.db');
    const never: Migration = () => {
      throw new Error('not for new files');
    };
    await (await open(path, [never])).close();
    await (await open(path, [never])).close();
  });

  it('changes nothing if a step fails', async () => {
    const path = join(await tempFolder(), 'x.db');
    const store = await open(path, []);
    await store.commit({ put: { messages: [message('k')] } });
    await store.close();
    const breaks: Migration = (driver) => {
      driver.exec('DELETE FROM messages');
      throw new Error('broken step');
    };
    await expect(open(path, [() => {}, breaks])).rejects.toMatchObject({ code: 'STORE_FAILED' });
    const again = await open(path, []);
    expect(await again.count('messages')).toBe(1);
    await again.close();
  });

  it('refuses a file of a newer version and leaves it alone', async () => {
    const path = join(await tempFolder(), 'x.db');
    await (await open(path, [() => {}])).close();
    await expect(new SqliteStore(path).open()).rejects.toMatchObject({ code: 'STORE_NEWER' });
    await (await open(path, [() => {}])).close();
  });
});
