import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Account, type BackupProgress, MemoryStore, type Store, type StoreInput, schema, type Tables } from 'coi-sdk';
import { SqliteStore } from 'coi-sdk/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cardPhotoBlob, updateCard } from '../../../src/sync/storage/cards.js';
import { useHostBench } from '../../support/host-bench.js';
import { type Opened, openSession } from './open-session.js';
import { chatRecord, messageRecord, ownRecord } from './records.js';

const passphrase = 'correct horse';
const tables = Object.keys(schema) as (keyof Tables)[];

/** Everything that a store holds, blobs as their text. */
async function dump(store: Store): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  const blobs = new Set<string>();
  for (const table of tables) {
    const records = await store.list(table);
    found[table] = records;
    for (const [, id] of JSON.stringify(records).matchAll(/"blob":"([^"]+)"/g)) blobs.add(id ?? '');
  }
  for (const id of blobs) found[`blob ${id}`] = (await readBlob(store, id)).toString('base64').slice(0, 1_000_000);
  return found;
}

async function readBlob(store: Store, id: string): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of store.readBlob(id)) pieces.push(piece);
  return Buffer.concat(pieces);
}

function streamOf(pieces: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
}

const file = (id: string) => [{ part: '2', filename: 'f', contentType: 'text/plain', size: 3, blob: id }];
const big = Buffer.alloc(3_000_000, 'big file ');

/** What an account of some months may hold. */
async function fill(store: Store): Promise<void> {
  const messages = Array.from({ length: 1300 }, (_, i) =>
    messageRecord(`m${i}`, { date: i, text: `Grüße ${i} \ud800` }),
  );
  await store.commit({
    put: {
      messages: [
        ...messages,
        messageRecord('files', { attachments: file('small') }),
        messageRecord('more', { attachments: file('big') }),
      ],
      chats: [chatRecord('single:bob@example.net', { draft: 'not yet', muted: 1 })],
      contacts: [{ address: 'bob@example.net', name: 'Bob', usesChat: true }],
      settings: [
        { key: 'account', value: 'ada@example.org' },
        { key: '__proto__', value: { deep: [null, 'x'] } },
      ],
      facts: [{ key: 'f', target: 't', kind: 'k', from: 'x', date: 1, value: { a: 1 } }],
    },
    putBlobs: new Map([
      ['small', Buffer.from('abc')],
      ['big', big],
    ]),
  });
}

describe('a backup', () => {
  let folder: string;
  let path: string;
  const open: Opened[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coi-backup-'));
    path = join(folder, 'ada.backup');
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map(({ account }) => account.close()));
    await rm(folder, { recursive: true });
  });

  async function account(store: StoreInput): Promise<Opened> {
    const opened = await openSession({ store });
    open.push(opened);
    return opened;
  }

  async function filled(): Promise<Opened> {
    const store = new MemoryStore();
    await store.open();
    await fill(store);
    await store.close();
    return account(store);
  }

  /** The content of a store after a backup was put into it. */
  async function restored(source: string | AsyncIterable<Uint8Array> = path): Promise<Record<string, unknown>> {
    const store = new MemoryStore();
    await Account.importBackup(source, { passphrase, store });
    await store.open();
    return dump(store);
  }

  const stores: Record<string, () => Store> = {
    'a store in memory': () => new MemoryStore(),
    'a SQLite file': () => new SqliteStore(join(folder, `${Math.random()}.db`)),
    'a sealed SQLite file': () =>
      new SqliteStore(join(folder, `${Math.random()}.db`), { key: new Uint8Array(32).fill(3) }),
  };
  const names = Object.keys(stores);
  const make = (name: string) => (stores[name] ?? stores['a SQLite file'])?.() as Store;

  it.each(names.map((name, i) => [name, names[(i + 1) % names.length] ?? name]))(
    'brings everything from %s into %s',
    async (from, to) => {
      const source = make(from);
      await source.open();
      await fill(source);
      const before = await dump(source);
      await source.close();
      const { account: ada } = await account(source);
      const info = await ada.exportBackup(path, { passphrase });
      expect(info).toMatchObject({ email: 'ada@example.org', records: 1307 });

      const target = make(to);
      expect(await Account.importBackup(path, { passphrase, store: target })).toEqual(info);
      const again = await account(target);
      expect(await dump(again.session.store)).toEqual(before);
      expect((await readBlob(again.session.store, 'big')).equals(big)).toBe(true);
      expect((await again.account.search('Grüße 1277', { limit: 1 })).map(({ id }) => id)).toEqual(['m1277']);
    },
  );

  it('is of one moment, though the account goes on working meanwhile', async () => {
    const { account: ada, session } = await filled();
    const { writer, store } = session;
    let pieces = 0;
    const octets: Uint8Array[] = [];
    const target = new WritableStream<Uint8Array>({
      async write(piece) {
        octets.push(piece);
        const n = pieces++;
        await writer.run(async (tx) => {
          tx.put('messages', messageRecord(`m${n}`, { text: `changed ${n}` }));
          tx.put('messages', messageRecord(`new${n}`, { attachments: file(`new blob ${n}`) }));
          tx.putBlob(`new blob ${n}`, Buffer.from(`content ${n}`));
          tx.remove('messages', `m${1000 + n}`);
          if (n === 1) tx.putBlob('small', Buffer.from('xyz'));
          if (n !== 8) return;
          tx.remove('messages', 'files');
          tx.removeBlob('small');
          for (let i = 0; i < 900; i++)
            tx.put('facts', { key: `f${i}`, target: 't', kind: 'k', from: 'x', date: 1, value: 1 });
        });
      },
    });
    await ada.exportBackup(target, { passphrase });
    expect(pieces).toBeGreaterThan(10);
    const result = await restored(streamOf(octets));
    // What was written after the last changes were read is not in it; everything else is.
    const now = await dump(store);
    const keysOf = (state: Record<string, unknown>) => (state.messages as { key: string }[]).map(({ key }) => key);
    const late = keysOf(now).filter((key) => key.startsWith('new') && !keysOf(result).includes(key));
    expect(late.length).toBeLessThan(5);
    const n = pieces - late.length;
    expect(keysOf(result)).toContain(`new${n - 1}`);
    expect(keysOf(result)).not.toContain('files');
    expect(keysOf(result)).not.toContain('m1003');
    expect(result[`blob new blob ${n - 1}`]).toBe(Buffer.from(`content ${n - 1}`).toString('base64'));
    expect(result.facts).toEqual(now.facts);
  });

  it('brings the pictures of cards', async () => {
    const { account: ada, session } = await filled();
    const photo = { contentType: 'image/png', bytes: Buffer.from('picture') };
    await session.writer.run((tx) => updateCard(tx, 'bob@example.net', { photo, nickname: 'Bobby' }));
    await ada.exportBackup(path, { passphrase });
    const store = new MemoryStore();
    await Account.importBackup(path, { passphrase, store });
    await store.open();
    const [card] = await store.get('cards', ['bob@example.net']);
    expect(card?.shared.nickname?.value).toBe('Bobby');
    const id = cardPhotoBlob('bob@example.net', card?.shared.photo?.value?.sha256 ?? '');
    expect(String(await readBlob(store, id))).toBe('picture');
  });

  it('does not run ahead of whoever takes it', async () => {
    const { account: ada, session } = await filled();
    let read = 0;
    const { store } = session;
    const original = store.readBlob.bind(store);
    store.readBlob = async function* (id) {
      for await (const piece of original(id)) {
        read += piece.length;
        yield piece;
      }
    };
    let taken = 0;
    let ahead = 0;
    const target = new WritableStream<Uint8Array>({
      async write(piece) {
        taken += piece.length;
        ahead = Math.max(ahead, read - taken);
        await new Promise((resolve) => setImmediate(resolve));
      },
    });
    await ada.exportBackup(target, { passphrase });
    expect(read).toBe(3_000_003);
    expect(ahead).toBeLessThan(700_000);
  });

  it('tells its progress, and takes streams of Node', async () => {
    const { account: ada } = await filled();
    const told: BackupProgress[] = [];
    await ada.exportBackup(path, { passphrase, onProgress: (progress) => told.push(progress) });
    expect(told.at(-1)).toEqual({ records: 1307, totalRecords: 1307, octets: (await readFile(path)).length });
    expect(told.length).toBeGreaterThan(40);
    const back: BackupProgress[] = [];
    const options = {
      passphrase,
      store: new MemoryStore(),
      onProgress: (progress: BackupProgress) => back.push(progress),
    };
    await Account.importBackup(createReadStream(path), options);
    expect(back.at(-1)).toMatchObject({ totalRecords: 1307, octets: told.at(-1)?.octets });
  });

  it('leaves an existing file alone, or replaces it once it is complete', async () => {
    const { account: ada } = await filled();
    await writeFile(path, 'old');
    await expect(ada.exportBackup(path, { passphrase })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    const controller = new AbortController();
    const aborting = { passphrase, overwrite: true, signal: controller.signal, onProgress: () => controller.abort() };
    await expect(ada.exportBackup(path, aborting)).rejects.toMatchObject({ code: 'ABORTED' });
    expect(await readFile(path, 'utf8')).toBe('old');
    await ada.exportBackup(path, { passphrase, overwrite: true });
    expect(await readdir(folder)).toEqual(['ada.backup']);
    expect((await restored()).contacts).toHaveLength(1);
  });

  it('leaves nothing when it is given up or its target fails', async () => {
    const { account: ada } = await filled();
    const controller = new AbortController();
    const options = { passphrase, signal: controller.signal, onProgress: () => controller.abort() };
    await expect(ada.exportBackup(path, options)).rejects.toMatchObject({ code: 'ABORTED' });
    expect(await readdir(folder)).toEqual([]);
    let aborted: unknown;
    const target = new WritableStream<Uint8Array>({
      abort: (reason) => {
        aborted = reason;
      },
    });
    await expect(ada.exportBackup(target, options)).rejects.toMatchObject({ code: 'ABORTED' });
    expect(aborted).toBeUndefined();
    const again = new AbortController();
    await expect(
      ada.exportBackup(target, { passphrase, signal: again.signal, onProgress: () => again.abort() }),
    ).rejects.toMatchObject({ code: 'ABORTED' });
    expect(aborted).toMatchObject({ code: 'ABORTED' });
    const full = new WritableStream<Uint8Array>({
      write: () => {
        throw new Error('disk full');
      },
    });
    await expect(ada.exportBackup(full, { passphrase })).rejects.toThrow('disk full');
  });

  describe('that is put into a store', () => {
    let store: string;
    beforeEach(async () => {
      store = join(folder, 'new.db');
      const { account: ada } = await filled();
      await ada.exportBackup(path, { passphrase });
    });
    const files = async () => (await readdir(folder)).sort();

    it('makes no store when the passphrase is wrong, or it is no backup', async () => {
      await expect(Account.importBackup(path, { passphrase: 'wrong', store })).rejects.toMatchObject({
        code: 'WRONG_PASSPHRASE',
      });
      await writeFile(join(folder, 'other'), Buffer.alloc(500, 'x'));
      await expect(Account.importBackup(join(folder, 'other'), { passphrase, store })).rejects.toMatchObject({
        code: 'BACKUP_INVALID',
      });
      await expect(Account.importBackup(join(folder, 'none'), { passphrase, store })).rejects.toMatchObject({
        code: 'FILE_NOT_FOUND',
      });
      expect(await files()).toEqual(['ada.backup', 'other']);
    });

    it('leaves nothing when it turns out to be damaged or cut off', async () => {
      const whole = await readFile(path);
      for (const at of [whole.length - 100, Math.floor(whole.length / 2)]) {
        const changed = Buffer.from(whole);
        changed[at] = (changed[at] ?? 0) ^ 1;
        await writeFile(path, changed);
        await expect(Account.importBackup(path, { passphrase, store })).rejects.toMatchObject({
          code: 'BACKUP_DAMAGED',
        });
        await writeFile(path, whole.subarray(0, at));
        await expect(Account.importBackup(path, { passphrase, store })).rejects.toMatchObject({
          code: 'BACKUP_DAMAGED',
        });
        expect(await files()).toEqual(['ada.backup']);
      }
    });

    it('leaves nothing when it is given up', async () => {
      const controller = new AbortController();
      const onProgress = ({ records }: BackupProgress) => {
        if (records > 600) controller.abort(new Error('enough'));
      };
      await expect(
        Account.importBackup(path, { passphrase, store, signal: controller.signal, onProgress }),
      ).rejects.toMatchObject({ code: 'ABORTED', cause: new Error('enough') });
      expect(await files()).toEqual(['ada.backup']);
      await expect(
        Account.importBackup(path, { passphrase, store, signal: AbortSignal.abort() }),
      ).rejects.toMatchObject({ code: 'ABORTED' });
    });

    it('does not touch a store that is in use', async () => {
      const used = new SqliteStore(store);
      await used.open();
      await used.commit({ put: { settings: [{ key: 'k', value: 1 }] } });
      await expect(Account.importBackup(path, { passphrase, store })).rejects.toMatchObject({ code: 'STORE_LOCKED' });
      await used.close();
      await expect(Account.importBackup(path, { passphrase, store })).rejects.toMatchObject({
        code: 'STORE_NOT_EMPTY',
      });
      const same = new SqliteStore(store);
      await same.open();
      expect(await same.get('settings', ['k'])).toEqual([{ key: 'k', value: 1 }]);
      await same.close();
    });

    it('that a killed process left half restored is no account, and can be restored again', async () => {
      const half = new SqliteStore(store);
      await half.open();
      await half.commit({ put: { settings: [{ key: 'restoring', value: true }], messages: [messageRecord('part')] } });
      await half.close();
      await expect(account(store)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
      await Account.importBackup(path, { passphrase, store });
      const { session } = await account(store);
      expect(await session.store.get('messages', ['part', 'm0'])).toMatchObject([undefined, { key: 'm0' }]);
      expect(await session.store.get('settings', ['restoring'])).toEqual([undefined]);
    });
  });

  it('refuses options that make no sense', async () => {
    const { account: ada } = await filled();
    const wrong = (options: object) => ada.exportBackup(path, options as { passphrase: string });
    await expect(wrong({})).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(wrong({ passphrase: '' })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(wrong({ passphrase, overWrite: true })).rejects.toMatchObject({ code: 'UNKNOWN_OPTION' });
    await expect(Account.importBackup(path, { passphrase } as never)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await ada.close();
    await expect(ada.exportBackup(path, { passphrase })).rejects.toMatchObject({ code: 'INVALID_STATE' });
  });

  it('brings what waited to be sent as failed, and leaves out what is with the server', async () => {
    const { account: ada, session } = await filled();
    const entry = {
      chatId: 'c',
      envelopeFrom: 'ada@example.org',
      recipients: ['bob@example.net'],
      size: 4,
      attempts: 0,
    };
    const at = { messageId: 'x', acceptedAt: 1, dueAt: 1 };
    await session.writer.run(async (tx) => {
      tx.put('messages', ownRecord('waiting'));
      tx.put(
        'messages',
        ownRecord('sent', { state: 'sent', recipients: [{ address: 'bob@example.net', state: 'sent' }] }),
      );
      tx.put('outbox', { id: '1', message: 'waiting', state: 'queued', blob: 'b1', ...entry, ...at });
      tx.put('outbox', { id: '2', message: 'sent', state: 'filing', blob: 'b2', ...entry, ...at });
      tx.putBlob('b1', Buffer.from('mail'));
      tx.putBlob('b2', Buffer.from('mail'));
    });
    await ada.exportBackup(path, { passphrase });
    const store = new MemoryStore();
    await Account.importBackup(path, { passphrase, store });
    const { account: again } = await account(store);
    const [waiting, sent] = await store.get('messages', ['waiting', 'sent']);
    expect(waiting).toMatchObject({ state: 'failed', recipients: [{ state: 'failed', reason: /waiting/ }] });
    expect(sent).toMatchObject({ state: 'sent' });
    expect((await again.outbox.list()).map(({ message, state }) => [message.id, state])).toEqual([
      ['waiting', 'failed'],
    ]);
    expect(String(await readBlob(store, 'b1'))).toBe('mail');
    await expect(readBlob(store, 'b2')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('an account that was restored from a backup', () => {
  const bench = useHostBench();

  it('goes on where the other one was, and sends what waited only when it is told to', async () => {
    const settings = bench.host.settings('ada@example.org');
    const ada = await Account.open({ ...settings, store: new MemoryStore() });
    await ada.start();
    const chat = await ada.chat('bob@example.net');
    await (await chat.send('first')).sent();
    await ada.stop();
    const waiting = await chat.send('second');
    const octets: Uint8Array[] = [];
    const target = new WritableStream<Uint8Array>({ write: (piece) => void octets.push(piece) });
    await ada.exportBackup(target, { passphrase });
    await ada.close();
    bench.host.deliver(
      'From: bob@example.net\nTo: ada@example.org\nMessage-ID: <chat$1@example.net>\nChat-Version: 1.0\n\nwhile away',
      {
        to: 'ada@example.org',
      },
    );

    const store = new MemoryStore();
    await Account.importBackup(streamOf(octets), { passphrase, store });
    await using again = await Account.open({ ...settings, store });
    const news: string[] = [];
    const arrived = new Promise<void>((resolve) => {
      again.on('message', ({ text }) => {
        news.push(text);
        resolve();
      });
    });
    await again.start();
    await arrived;
    expect(news).toEqual(['while away']);
    const message = await (await again.chat('bob@example.net')).message(waiting.id);
    expect(message?.state).toBe('failed');
    const inbox = bench.host.mailbox('bob@example.net').folder('INBOX');
    expect(inbox.messages).toHaveLength(1);
    await message?.retry();
    await message?.sent();
    expect(inbox.messages).toHaveLength(2);
    expect(String(inbox.messages[1]?.raw)).toContain(waiting.messageId);
  });
});
