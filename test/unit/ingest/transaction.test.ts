import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../../src/store/memory-store.js';
import type { LocationRecord } from '../../../src/store/records.js';
import type { StoreQuery } from '../../../src/store/store.js';
import { StateWriter } from '../../../src/sync/state-writer.js';
import { MeteredStore } from '../../support/metered-store.js';
import { testState } from '../../support/state.js';

const FOLDERS = ['A', 'B', 'C'];

function location(key: number, folder: number, uid: number): LocationRecord {
  return {
    key: `k${key}`,
    folder: FOLDERS[folder] ?? 'A',
    uidValidity: '1',
    uid,
    message: `m${uid % 3}`,
    flags: [],
    internalDate: 0,
    size: 0,
  };
}

const write = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.nat(12), fc.nat(2), fc.nat(9)).map(([k, f, u]) => location(k, f, u)) },
  { weight: 1, arbitrary: fc.nat(12).map((k) => `k${k}`) },
);
const position = fc.tuple(fc.nat(9), fc.option(fc.nat(12), { nil: undefined })).map(([uid, key]) => {
  return key === undefined ? [uid] : [uid, `k${key}`];
});
const query: fc.Arbitrary<StoreQuery<'locations'>> = fc
  .record(
    {
      prefix: fc.nat(2).map((folder) => [FOLDERS[folder] ?? 'A']),
      after: position,
      before: position,
      reverse: fc.boolean(),
      limit: fc.nat(6),
    },
    { requiredKeys: ['prefix'] },
  )
  .map((rest) => ({ index: 'byFolder', ...rest }));

describe('a transaction', () => {
  it('reads what it has written as if it were committed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(write, { maxLength: 20 }),
        fc.array(write, { maxLength: 20 }),
        fc.array(query, { minLength: 1, maxLength: 6 }),
        async (stored, written, queries) => {
          const { writer, store } = await testState();
          const apply =
            (writes: readonly (LocationRecord | string)[]) => (tx: Parameters<Parameters<typeof writer.run>[0]>[0]) => {
              for (const entry of writes) {
                if (typeof entry === 'string') tx.remove('locations', entry);
                else tx.put('locations', entry);
              }
            };
          await writer.run(async (tx) => apply(stored)(tx));
          const within = await writer.run(async (tx) => {
            apply(written)(tx);
            const lists = [];
            for (const each of queries) lists.push(await tx.list('locations', each), await tx.count('locations', each));
            lists.push(await tx.list('locations'), await tx.getMany('locations', ['k1', 'k2', 'k3']));
            return lists;
          });
          const after = [];
          for (const each of queries)
            after.push(await store.list('locations', each), await store.count('locations', each));
          after.push(await store.list('locations'), await store.get('locations', ['k1', 'k2', 'k3']));
          expect(within).toEqual(after);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('reads each record once', async () => {
    const store = new MeteredStore();
    const { writer } = await testState({ store });
    await writer.run(async (tx) => {
      await tx.getMany('chats', ['a', 'b', 'a']);
      await tx.get('chats', 'b');
      await tx.getMany('chats', ['b', 'c']);
    });
    expect(store.keys).toEqual(['a', 'b', 'c']);
  });
});

describe('the writer', () => {
  it('runs one transaction after the other', async () => {
    const { writer } = await testState();
    const count = () =>
      writer.run(async (tx) => {
        const record = await tx.get('settings', 'n');
        await Promise.resolve();
        tx.put('settings', { key: 'n', value: Number(record?.value ?? 0) + 1 });
      });
    await Promise.all(Array.from({ length: 50 }, count));
    expect((await writer.store.get('settings', ['n']))[0]?.value).toBe(50);
  });

  it('writes nothing and tells nobody when the work throws, and goes on', async () => {
    const { writer, store, changes } = await testState();
    const failure = new Error('no');
    await expect(
      writer.run(async (tx) => {
        tx.put('contacts', { address: 'a@x', usesChat: false });
        tx.putBlob('b', new Uint8Array(1));
        throw failure;
      }),
    ).rejects.toBe(failure);
    expect(await store.count('contacts')).toBe(0);
    expect(changes).toEqual([]);
    await writer.run(async (tx) => tx.put('contacts', { address: 'b@x', usesChat: false }));
    expect(changes[0]?.contacts).toEqual([{ after: { address: 'b@x', usesChat: false } }]);
  });

  it('tells before and after', async () => {
    const { writer, changes } = await testState();
    const record = { address: 'a@x', usesChat: false };
    await writer.run(async (tx) => tx.put('contacts', record));
    await writer.run(async (tx) => tx.put('contacts', { ...record, usesChat: true }));
    await writer.run(async (tx) => tx.remove('contacts', 'a@x'));
    await writer.run(async (tx) => tx.get('contacts', 'a@x'));
    expect(changes.map(({ contacts }) => contacts)).toEqual([
      [{ after: record }],
      [{ before: record, after: { ...record, usesChat: true } }],
      [{ before: { ...record, usesChat: true } }],
    ]);
  });

  it('survives a listener that throws, and stops telling one that was removed', async () => {
    const lines: string[] = [];
    const store = new MemoryStore();
    await store.open();
    const writer = new StateWriter({
      store,
      identity: { email: 'me@x', addresses: new Set(['me@x']) },
      clock: { now: () => 0, after: () => () => undefined },
      logger: { log: (level, message) => lines.push(`${level} ${message}`) },
    });
    let told = 0;
    const remove = writer.onChange(() => {
      told += 1;
      throw new Error('broken');
    });
    await writer.run(async (tx) => tx.put('contacts', { address: 'a@x', usesChat: false }));
    remove();
    await writer.run(async (tx) => tx.put('contacts', { address: 'b@x', usesChat: false }));
    expect(told).toBe(1);
    expect(lines).toEqual(['error A listener of state changes threw: broken']);
  });
});
