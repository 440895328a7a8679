import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Connection } from '../../../src/store/sqlite/connection.js';
import { openDriver } from '../../../src/store/sqlite/driver.js';
import { SqliteDatabase, SqliteStore } from '../../../src/store/sqlite/sqlite-store.js';
import { collect, message, rawBytes, tempFolder } from './records.js';

describe('a SQLite file', () => {
  it('is refused as :memory:, with a hint', () => {
    expect(() => new SqliteStore(':memory:')).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringMatching(/leave "store" out/) }),
    );
  });

  it('is private to its owner', async () => {
    const path = join(await tempFolder(), 'ada.db');
    const store = new SqliteStore(path);
    await store.open();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await store.close();
  });

  it('is released at the end of an `await using`', async () => {
    const path = join(await tempFolder(), 'ada.db');
    {
      await using store = new SqliteStore(path);
      await store.open();
    }
    const next = new SqliteStore(path);
    await next.open();
    await next.close();
  });

  it('is opened by one store at a time in a process', async () => {
    const path = join(await tempFolder(), 'ada.db');
    const first = new SqliteStore(path);
    await first.open();
    await expect(new SqliteStore(path).open()).rejects.toMatchObject({ code: 'STORE_LOCKED' });
    // The failure has not cost the first one its lock.
    await expect(new SqliteStore(path).open()).rejects.toMatchObject({ code: 'STORE_LOCKED' });
    await first.commit({ put: { messages: [message('a')] } });
    await first.close();
    const second = new SqliteStore(path);
    await second.open();
    expect(await second.count('messages')).toBe(1);
    await second.close();
  });

  it('is refused if its folder does not exist, or it is a folder', async () => {
    const folder = await tempFolder();
    await mkdir(join(folder, 'sub'));
    for (const path of [join(folder, 'none', 'ada.db'), join(folder, 'sub')]) {
      await expect(new SqliteStore(path).open()).rejects.toMatchObject({
        code: 'STORE_FAILED',
        message: expect.stringMatching(/folder/),
      });
    }
  });

  it('is refused if it is something else', async () => {
    const folder = await tempFolder();
    const text = join(folder, 'notes.txt');
    await writeFile(text, 'Not a database. '.repeat(1000));
    await expect(new SqliteStore(text).open()).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    expect(await readFile(text, 'utf8')).toBe('Not a database. '.repeat(1000));

    const other = join(folder, 'other.db');
    const driver = await openDriver(other);
    driver.exec('CREATE TABLE things (name)');
    driver.close();
    await expect(new SqliteStore(other).open()).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringMatching(/no store of coi-sdk/),
    });
  });

  it('that is damaged is told from one that is not', async () => {
    const path = join(await tempFolder(), 'ada.db');
    const store = new SqliteStore(path);
    await store.open();
    await store.commit({ put: { messages: Array.from({ length: 500 }, (_, i) => message(`k${i}`)) } });
    await store.close();
    const bytes = await readFile(path);
    bytes.fill(0x5a, 8192);
    await writeFile(path, bytes);
    const damaged = new SqliteStore(path);
    const reading = damaged.open().then(() => damaged.list('messages'));
    await expect(reading).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    await damaged.close();
  });

  it('needs a binding, and says which command brings one', async () => {
    const path = join(await tempFolder(), 'ada.db');
    await expect(openDriver(path, [async () => undefined])).rejects.toMatchObject({
      code: 'SQLITE_MISSING',
      message: expect.stringMatching(/npm install libsql/),
    });
  });

  it('gives SQL values back as they were', async () => {
    const driver = await openDriver(join(await tempFolder(), 'x.db'));
    const values = [
      1,
      0,
      -1.5,
      Number.MAX_SAFE_INTEGER,
      '',
      'é中😀',
      new Uint8Array(),
      new Uint8Array([0, 1, 255]).subarray(1),
      null,
    ];
    const row = driver.prepare(`SELECT ${values.map((_, i) => `? AS c${i}`).join(', ')}`).get(values);
    expect(row?.map((value) => (value instanceof Uint8Array ? [...value] : value))).toEqual(
      values.map((value) => (value instanceof Uint8Array ? [...value] : value)),
    );
    for (const value of [null, Number.NaN, 'a\0b']) {
      expect(() => driver.prepare('SELECT ?').get([value])).toThrow(TypeError);
    }
    driver.close();
  });
});

describe('commits that wait together', () => {
  it('succeed and fail one by one', async () => {
    const connection = new Connection(join(await tempFolder(), 'x.db'), {});
    await connection.acquire('ada');
    const put = (name: string) => connection.run('INSERT INTO _meta VALUES (?, ?)', [name, 'x']);
    const results = await Promise.allSettled([
      connection.write(() => put('a')),
      connection.write(() => {
        put('b');
        throw new Error('half way');
      }),
      connection.write(() => put('a')),
      connection.write(() => put('c')),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(results[1]).toMatchObject({ reason: { message: 'half way' } });
    expect(results[2]).toMatchObject({ reason: { code: 'STORE_FAILED' } });
    expect(connection.all('SELECT name FROM _meta ORDER BY name', [])).toEqual([['a'], ['c']]);
    await connection.release('ada');
  });

  it('all fail if the transaction as a whole does', async () => {
    const connection = new Connection(join(await tempFolder(), 'x.db'), {});
    await connection.acquire('ada');
    const put = (name: string) => connection.run('INSERT INTO _meta VALUES (?, ?)', [name, 'x']);
    const results = await Promise.allSettled([
      connection.write(() => put('a')),
      connection.write(() => {
        // What SQLite does by itself when the disk is full.
        connection.run('ROLLBACK', []);
        throw new Error('disk full');
      }),
    ]);
    expect(results).toMatchObject([
      { status: 'rejected', reason: { message: 'disk full' } },
      { status: 'rejected', reason: { message: 'disk full' } },
    ]);
    expect(connection.all('SELECT name FROM _meta', [])).toEqual([]);
    await connection.write(() => put('d'));
    expect(connection.all('SELECT name FROM _meta', [])).toEqual([['d']]);
    await connection.release('ada');
  });
});

describe('accounts in one file', () => {
  it('see only their own records, blobs and search results', async () => {
    const database = new SqliteDatabase(join(await tempFolder(), 'all.db'));
    const [ada, bob] = [database.account('ada@example.org'), database.account('bob@example.net')];
    await Promise.all([ada.open(), bob.open()]);
    await ada.commit({
      put: { messages: [message('k', { text: 'from ada' })] },
      putBlobs: new Map([['b', Buffer.from('A')]]),
    });
    await bob.commit({
      put: { messages: [message('k', { text: 'from bob' })] },
      putBlobs: new Map([['b', Buffer.from('B')]]),
    });
    expect((await ada.list('messages')).map(({ text }) => text)).toEqual(['from ada']);
    expect((await bob.search({ text: 'from' })).map(({ text }) => text)).toEqual(['from bob']);
    expect(await ada.search({ text: 'bob' })).toEqual([]);
    await ada.commit({ removeBlobs: ['b'], remove: { messages: ['k'] } });
    expect((await collect(bob.readBlob('b'))).toString()).toBe('B');
    expect(await bob.count('messages')).toBe(1);
    await Promise.all([ada.close(), bob.close()]);
  });

  it('open and close independently; the file is free when the last one is closed', async () => {
    const path = join(await tempFolder(), 'all.db');
    const database = new SqliteDatabase(path);
    const [ada, bob] = [database.account('ada@example.org'), database.account('bob@example.net')];
    await ada.open();
    await bob.open();
    await expect(database.account('ada@example.org').open()).rejects.toMatchObject({ code: 'STORE_LOCKED' });
    await ada.close();
    await bob.commit({ put: { messages: [message('b')] } });
    await expect(new SqliteDatabase(path).account('x').open()).rejects.toMatchObject({ code: 'STORE_LOCKED' });
    await bob.close();
    const again = new SqliteDatabase(path).account('bob@example.net');
    await again.open();
    expect(await again.count('messages')).toBe(1);
    await again.close();
  });

  it('are wiped one by one, without a trace; the last one takes the file along', async () => {
    const folder = await tempFolder();
    const database = new SqliteDatabase(join(folder, 'all.db'));
    const [ada, bob] = [database.account('ada@wiped.example'), database.account('bob@example.net')];
    await Promise.all([ada.open(), bob.open()]);
    await ada.commit({
      put: { messages: Array.from({ length: 50 }, (_, i) => message(`k${i}`, { text: `Adasecret${i} word` })) },
      putBlobs: new Map([['b', Buffer.from('adablob '.repeat(50_000))]]),
    });
    await bob.commit({ put: { messages: [message('k', { text: 'Bobstext' })] } });
    await ada.wipe();
    await bob.close();
    const raw = (await rawBytes(folder)).toLowerCase();
    expect(raw).toContain('bobstext');
    expect(raw).not.toContain('adasecret');
    expect(raw).not.toContain('adablob');
    expect(raw).not.toContain('ada@wiped');
    await bob.open();
    expect(await bob.count('messages')).toBe(1);
    await bob.wipe();
    expect(await readdir(folder)).toEqual([]);
  });

  it('need a name', async () => {
    const database = new SqliteDatabase(join(await tempFolder(), 'all.db'));
    expect(() => database.account('')).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  });
});
