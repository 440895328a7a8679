import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDriver } from '../../../src/store/sqlite/driver.js';
import { SqliteDatabase, SqliteStore } from '../../../src/store/sqlite/sqlite-store.js';
import { collect, message, rawBytes, tempFolder } from './records.js';

const key = new Uint8Array(32).fill(42);

/** Everything that says something about people, in one commit. */
const telling = {
  put: {
    messages: [
      message('plainkey1', {
        text: 'Plaintext words',
        subject: 'Plainsubject',
        messageId: 'plainid@plain.example',
        chatId: 'single:plain@plain.example',
        from: { address: 'plain@plain.example', name: 'Plainname' },
      }),
    ],
    contacts: [{ address: 'plain@plain.example', name: 'Plainname', usesChat: true }],
    threads: [{ messageId: 'plainid@plain.example', chatId: 'single:plain@plain.example' }],
    settings: [{ key: 'plainsetting', value: 'Plainvalue' }],
    folders: [
      { path: 'Plainfolder', role: 'inbox', uidValidity: '1', uidNext: 1, uidFrom: 1, historyBelow: 1 } as const,
    ],
  },
  putBlobs: new Map([['plainblob', Buffer.from('Plainbytes '.repeat(40_000))]]),
};

describe('a sealed store', () => {
  it('shows nothing of its content in its files, neither while open nor when closed', async () => {
    const folder = await tempFolder();
    const store = new SqliteDatabase(join(folder, 'sealed.db'), { key }).account('plain@account.example');
    await store.open();
    await store.commit(telling);
    await store.writeBlob(
      'plainblob2',
      (async function* () {
        yield Buffer.from('Plainbytes');
      })(),
    );
    const log = (await readFile(join(folder, 'sealed.db-wal'), 'latin1')).toLowerCase();
    expect(log.length).toBeGreaterThan(400_000);
    expect(log).not.toContain('plain');
    await store.close();
    const raw = (await rawBytes(folder)).toLowerCase();
    expect(raw.length).toBeGreaterThan(400_000);
    expect(raw).not.toContain('plain');
    // The check finds what is there.
    const open = new SqliteStore(join(folder, 'plain.db'));
    await open.open();
    await open.commit(telling);
    await open.close();
    for (const word of ['plaintext words', 'plainsubject', 'plain@plain.example', 'plainbytes']) {
      expect((await rawBytes(folder)).toLowerCase()).toContain(word);
    }
  });

  it('gives back what was put', async () => {
    const path = join(await tempFolder(), 'sealed.db');
    const store = new SqliteStore(path, { key });
    await store.open();
    await store.commit(telling);
    await store.close();
    const again = new SqliteStore(path, { key });
    await again.open();
    expect(await again.list('messages')).toEqual(telling.put.messages);
    expect(await again.get('contacts', ['plain@plain.example'])).toEqual(telling.put.contacts);
    expect((await collect(again.readBlob('plainblob'))).equals(telling.putBlobs.get('plainblob') as Buffer)).toBe(true);
    expect((await again.search({ text: 'plain' })).length).toBe(1);
    await again.close();
  });

  it('opens with its passphrase only, however the system writes its accents', async () => {
    const path = join(await tempFolder(), 'sealed.db');
    const store = new SqliteStore(path, { passphrase: 'caf\u00e9' });
    await store.open();
    await store.commit(telling);
    await store.close();
    for (const secret of [{}, { key }, { passphrase: 'cafe' }]) {
      await expect(new SqliteStore(path, secret).open()).rejects.toMatchObject({ code: 'STORE_SEALED' });
    }
    const again = new SqliteStore(path, { passphrase: 'cafe\u0301' });
    await again.open();
    expect(await again.count('messages')).toBe(1);
    await again.close();
  });

  it('opens with its key only', async () => {
    const path = join(await tempFolder(), 'sealed.db');
    const store = new SqliteStore(path, { key });
    await store.open();
    await store.close();
    for (const secret of [{}, { key: new Uint8Array(32) }, { passphrase: 'x' }]) {
      await expect(new SqliteStore(path, secret).open()).rejects.toMatchObject({ code: 'STORE_SEALED' });
    }
  });

  it('cannot be made of a plain one', async () => {
    const path = join(await tempFolder(), 'plain.db');
    const store = new SqliteStore(path);
    await store.open();
    await expect(store.changePassphrase('new')).rejects.toMatchObject({ code: 'STORE_SEALED' });
    await store.close();
    await expect(new SqliteStore(path, { key }).open()).rejects.toMatchObject({
      code: 'STORE_SEALED',
      message: expect.stringMatching(/not sealed/),
    });
  });

  it('changes its passphrase, and the old seal is gone from the disk', async () => {
    const folder = await tempFolder();
    const path = join(folder, 'sealed.db');
    const store = new SqliteStore(path, { passphrase: 'old' });
    await store.open();
    await store.commit(telling);
    await store.close();
    const sealOf = (raw: string) => /"wrapped":"([^"]+)"/.exec(raw)?.[1] ?? 'no seal';
    const oldSeal = sealOf(await rawBytes(folder));
    await store.open();
    await store.changePassphrase('new');
    await store.close();
    const raw = await rawBytes(folder);
    expect(oldSeal).not.toBe('no seal');
    expect(raw).not.toContain(oldSeal);
    expect(raw).toContain(sealOf(raw));
    await expect(new SqliteStore(path, { passphrase: 'old' }).open()).rejects.toMatchObject({ code: 'STORE_SEALED' });
    // The object itself has learnt the new one.
    await store.open();
    expect(await store.list('messages')).toEqual(telling.put.messages);
    await store.close();
  });

  it('refuses secrets that are none', () => {
    const refused = expect.objectContaining({ code: 'INVALID_OPTION' });
    expect(() => new SqliteStore('x.db', { passphrase: '' })).toThrow(refused);
    expect(() => new SqliteStore('x.db', { key: new Uint8Array(16) })).toThrow(refused);
    expect(() => new SqliteStore('x.db', { key, passphrase: 'x' })).toThrow(refused);
    // @ts-expect-error: the types refuse it as well
    expect(() => new SqliteStore('x.db', { pasphrase: 'x' })).toThrow(/Did you mean "passphrase"/);
  });

  it('notices contents that were exchanged, cut or changed', async () => {
    const path = join(await tempFolder(), 'sealed.db');
    const store = new SqliteStore(path, { key });
    await store.open();
    await store.commit({
      put: { messages: [message('a'), message('b'), message('c')] },
      putBlobs: new Map([['x', Buffer.alloc(600_000)]]),
    });
    await store.close();
    const driver = await openDriver(path);
    driver.exec('UPDATE messages SET _doc = (SELECT _doc FROM messages WHERE _row = 2) WHERE _row = 1');
    driver.exec(`UPDATE messages SET _doc = 'text' WHERE _row = 3`);
    driver.exec('DELETE FROM _chunks WHERE number = 2');
    driver.exec('UPDATE _blobs SET chunks = 2');
    driver.close();
    await store.open();
    await expect(store.get('messages', ['a'])).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    await expect(store.get('messages', ['c'])).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    await expect(collect(store.readBlob('x'))).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    expect(await store.get('messages', ['b'])).toEqual([message('b')]);
    await store.close();
  });

  it('cannot be made to use much memory by a forged seal', async () => {
    const path = join(await tempFolder(), 'sealed.db');
    const store = new SqliteStore(path, { passphrase: 'x' });
    await store.open();
    await store.close();
    const driver = await openDriver(path);
    driver.exec(`UPDATE _meta SET value = replace(value, '"N":32768', '"N":1073741824')`);
    driver.close();
    await expect(store.open()).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    const again = await openDriver(path);
    again.exec(`UPDATE _meta SET value = '{"derivation":null}'`);
    again.close();
    await expect(store.open()).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
  });
});
