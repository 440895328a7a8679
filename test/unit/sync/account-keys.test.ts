import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { formatAutocryptHeader } from '../../../src/autocrypt/header.js';
import { learn } from '../../../src/autocrypt/learn.js';
import { factsOfMail, type MailFacts } from '../../../src/autocrypt/mail-facts.js';
import { systemClock } from '../../../src/core/clock.js';
import { secureRandom } from '../../../src/core/random.js';
import { readMail } from '../../../src/mail/read-mail.js';
import { generateKey } from '../../../src/openpgp/keys.js';
import { MemoryStore } from '../../../src/store/memory-store.js';
import { openStore } from '../../../src/store/open-store.js';
import type { Store } from '../../../src/store/store.js';
import { AccountKeys } from '../../../src/sync/keys/account-keys.js';
import { TransactionKeyStore } from '../../../src/sync/keys/transaction-key-store.js';
import { StateWriter } from '../../../src/sync/state-writer.js';

const ADA = 'ada@example.org';
const BOB = 'bob@example.net';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function newFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'coi-keys-'));
  folders.push(folder);
  return join(folder, 'ada.db');
}

function writerOn(store: Store): StateWriter {
  return new StateWriter({ store, identity: { email: ADA, addresses: new Set([ADA]) }, clock: systemClock });
}

async function keysOn(store: Store, passphrase?: string) {
  const writer = writerOn(store);
  const keys = await AccountKeys.open({ writer, clock: systemClock, random: secureRandom, passphrase });
  return { writer, keys: keys.manager };
}

async function factsOfBob(id: string, date: string): Promise<{ facts: MailFacts; fingerprint: string }> {
  const key = await generateKey({ address: BOB });
  const header = formatAutocryptHeader({
    address: BOB,
    preferEncrypt: 'mutual',
    keyData: key.toPublic().bytes(),
  });
  const text = `From: ${BOB}\r\nTo: ${ADA}\r\nDate: ${date}\r\nMessage-ID: <${id}>\r\nAutocrypt: ${header}\r\n\r\nHi\r\n`;
  const mail = await readMail(new TextEncoder().encode(text));
  return { facts: await factsOfMail({ mail, receivedAt: Date.parse(date) }), fingerprint: key.fingerprint };
}

describe('keys in the store of an account', () => {
  test('own keys, preferences, peers and verification are there after opening the store again', async () => {
    const path = await newFile();
    const store = await openStore(path);
    const { writer, keys } = await keysOn(store);
    const { fingerprint } = await keys.create();
    await keys.setPreferences({ preferEncrypt: 'mutual' });
    const bob = await factsOfBob('1@example.net', 'Mon, 2 Nov 2026 10:00:00 +0000');
    await writer.run((tx) => learn(new TransactionKeyStore(tx), [bob.facts], new Set([ADA])));
    await keys.setVerified(BOB, bob.fingerprint);
    await store.close();

    const again = await openStore(path);
    const { keys: reopened } = await keysOn(again);
    expect(reopened.state()).toBe('ready');
    expect(reopened.ownKeys.map((key) => key.fingerprint)).toEqual([fingerprint]);
    expect(reopened.preferEncrypt).toBe('mutual');
    expect(await reopened.peer(BOB)).toMatchObject({ fingerprint: bob.fingerprint, verified: bob.fingerprint });
    expect((await reopened.keyHistory(BOB)).map((seen) => seen.fingerprint)).toEqual([bob.fingerprint]);
    await again.close();
  });

  test('nothing is learned of a transaction that fails', async () => {
    const store = new MemoryStore();
    await store.open();
    const { writer, keys } = await keysOn(store);
    const bob = await factsOfBob('1@example.net', 'Mon, 2 Nov 2026 10:00:00 +0000');
    const failing = writer.run(async (tx) => {
      await learn(new TransactionKeyStore(tx), [bob.facts], new Set([ADA]));
      throw new Error('the rest of the work');
    });
    await expect(failing).rejects.toThrow('the rest of the work');
    expect(await keys.peer(BOB)).not.toHaveProperty('fingerprint');
    expect(await store.count('keyFacts')).toBe(0);
  });

  test('verifying a peer while a mail of theirs is taken in loses neither', async () => {
    const store = new MemoryStore();
    await store.open();
    const { writer, keys } = await keysOn(store);
    const first = await factsOfBob('1@example.net', 'Mon, 2 Nov 2026 10:00:00 +0000');
    const second = await factsOfBob('2@example.net', 'Tue, 3 Nov 2026 10:00:00 +0000');
    const own = new Set([ADA]);
    await writer.run((tx) => learn(new TransactionKeyStore(tx), [first.facts], own));
    await Promise.all([
      keys.setVerified(BOB, first.fingerprint),
      writer.run((tx) => learn(new TransactionKeyStore(tx), [second.facts], own)),
    ]);
    expect(await keys.peer(BOB)).toMatchObject({ fingerprint: second.fingerprint, verified: first.fingerprint });
  });

  test('what a mail shows while preferences are saved counts at once', async () => {
    const store = new MemoryStore();
    await store.open();
    const { writer, keys } = await keysOn(store);
    await Promise.all([
      keys.setPreferences({ preferEncrypt: 'mutual' }),
      writer.run((tx) => new TransactionKeyStore(tx).noteEvidence({ setupMessage: 5 })),
    ]);
    expect(keys.state()).toBe('import-needed');
    expect(keys.preferEncrypt).toBe('mutual');
  });

  test('what the mailbox has shown is not forgotten when preferences are saved that did not know of it', async () => {
    const store = new MemoryStore();
    await store.open();
    const { writer, keys } = await keysOn(store);
    await writer.run((tx) => new TransactionKeyStore(tx).noteEvidence({ setupMessage: 5 }));
    await keys.setPreferences({ preferEncrypt: 'mutual' });
    const { keys: reopened } = await keysOn(store);
    expect(reopened.state()).toBe('import-needed');
    expect(reopened.preferEncrypt).toBe('mutual');
  });
});

describe('keyPassphrase', () => {
  test('the secret is not in the file, and cannot be had without the passphrase', async () => {
    const path = await newFile();
    const store = await openStore(path);
    const { keys } = await keysOn(store, 'correct horse');
    await keys.create();
    const secret = Buffer.from(keys.decryptionKeys[0]?.bytes() ?? []).toString('base64');
    const [record] = await store.list('ownKeys');
    expect(record).toMatchObject({ sealed: true });
    expect(record?.secret).not.toContain(secret.slice(0, 40));
    await store.close();
    expect((await readFile(path)).includes(secret.slice(0, 40))).toBe(false);

    const again = await openStore(path);
    await expect(keysOn(again)).rejects.toMatchObject({ code: 'KEY_LOCKED' });
    await expect(keysOn(again, 'wrong')).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' });
    const { keys: opened } = await keysOn(again, 'correct horse');
    expect(opened.state()).toBe('ready');
    await again.close();
  }, 60_000);

  test('keys that were made without one are sealed once there is one', async () => {
    const store = new MemoryStore();
    await store.open();
    const { keys } = await keysOn(store);
    const { fingerprint } = await keys.create();
    await keysOn(store, 'from now on');
    expect(await store.list('ownKeys')).toMatchObject([{ fingerprint, sealed: true }]);
    await expect(keysOn(store)).rejects.toMatchObject({ code: 'KEY_LOCKED' });
  });
});
