import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { MemoryStore } from '../../../src/store/memory-store.js';
import type { StoreSecret } from '../../../src/store/sqlite/secret.js';
import { SqliteDatabase, SqliteStore } from '../../../src/store/sqlite/sqlite-store.js';
import { storeContract } from '../../../src/testing/store-contract.js';

const runner = { describe, it };

storeContract('MemoryStore', runner, async () => {
  const store = new MemoryStore();
  return { store, reopen: async () => store };
});

for (const [name, secret] of [
  ['SqliteStore', {}],
  ['sealed SqliteStore', { key: new Uint8Array(32).fill(7) }],
] as const satisfies readonly (readonly [string, StoreSecret])[]) {
  storeContract(name, runner, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'coi-store-'));
    const open = () => new SqliteStore(join(folder, 'store.db'), secret);
    return { store: open(), reopen: async () => open(), dispose: () => rm(folder, { recursive: true }) };
  });
}

storeContract('account of a SqliteDatabase', runner, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'coi-store-'));
  const database = new SqliteDatabase(join(folder, 'store.db'));
  // A second account with the same keys shows whether they are kept apart.
  const other = database.account('other');
  await other.open();
  await other.commit({
    put: { settings: [{ key: 'k', value: 'other' }] },
    putBlobs: new Map([['b', new Uint8Array(9)]]),
  });
  return {
    store: database.account('ada@example.org'),
    reopen: async () => database.account('ada@example.org'),
    dispose: async () => {
      await other.close();
      await rm(folder, { recursive: true });
    },
  };
});
