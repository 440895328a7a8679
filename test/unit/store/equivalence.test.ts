import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryStore } from '../../../src/store/memory-store.js';
import type { OutboxRecord } from '../../../src/store/records.js';
import { SqliteStore } from '../../../src/store/sqlite/sqlite-store.js';
import type { IndexValue, Store, StoreQuery } from '../../../src/store/store.js';

let folder: string;
let stores: Store[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coi-store-'));
  stores = [
    new MemoryStore(),
    new SqliteStore(join(folder, 'plain.db')),
    new SqliteStore(join(folder, 'sealed.db'), { key: new Uint8Array(32).fill(1) }),
  ];
  for (const store of stores) await store.open();
});

afterAll(async () => {
  for (const store of stores) await store.close();
  await rm(folder, { recursive: true });
});

const key = fc.constantFrom('', 'a', 'aa', 'b', 'c\n1', 'c\n10', 'c\n2', '\0', '\uD800', '😀', '\uFFFF');
const state = fc.constantFrom('queued', 'sending', 'failed');
const due = fc.constantFrom(-1, 0, 0.5, 1, 2, 1e12);

const record = fc.record({ id: key, state, dueAt: due, message: key }).map(
  (values): OutboxRecord => ({
    chatId: 'chat',
    messageId: 'm',
    envelopeFrom: 'ada@example.org',
    recipients: [],
    blob: 'b',
    size: 0,
    acceptedAt: 0,
    attempts: 0,
    // The states are some of those that the type allows.
    ...(values as Pick<OutboxRecord, 'id' | 'state' | 'dueAt' | 'message'>),
  }),
);

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ put: fc.array(record, { maxLength: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ remove: fc.array(key, { maxLength: 3 }) }) },
);

/** Queries over all components of the index (state, dueAt, id), cut anywhere between prefix and position. */
const query = fc
  .record({
    position: fc.tuple(state, due, key),
    other: fc.tuple(state, due, key),
    index: fc.constantFrom<StoreQuery<'outbox'>['index']>('byState', 'byMessage', undefined),
    cut: fc.nat({ max: 3 }),
    after: fc.nat({ max: 3 }),
    before: fc.nat({ max: 3 }),
    reverse: fc.boolean(),
    limit: fc.option(fc.nat({ max: 8 }), { nil: undefined }),
  })
  .map(({ position, other, index, cut, after, before, reverse, limit }): StoreQuery<'outbox'> => {
    const skip = index === 'byState' ? 0 : index === 'byMessage' ? 1 : 2;
    const values = (from: readonly IndexValue[]) =>
      (skip === 1 ? [from[2], from[2]] : from.slice(skip)) as IndexValue[];
    const prefix = values(position).slice(0, cut);
    return {
      ...(index && { index }),
      prefix,
      after: values(position).slice(prefix.length).slice(0, after),
      before: values(other).slice(prefix.length).slice(0, before),
      reverse,
      ...(limit !== undefined && { limit }),
    };
  });

describe('memory, SQLite and sealed SQLite store', () => {
  it('answer every query alike', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 6 }),
        fc.array(query, { minLength: 1, maxLength: 12 }),
        async (steps, queries) => {
          for (const store of stores) {
            await store.commit({ remove: { outbox: (await store.list('outbox')).map(({ id }) => id) } });
            for (const change of steps) {
              await store.commit(
                'put' in change ? { put: { outbox: change.put } } : { remove: { outbox: change.remove } },
              );
            }
          }
          for (const one of queries) {
            const [memory, plain, sealed] = await Promise.all(stores.map((store) => store.list('outbox', one)));
            expect(plain).toEqual(memory);
            expect(sealed).toEqual(memory);
            const counts = await Promise.all(stores.map((store) => store.count('outbox', one)));
            expect(counts).toEqual([memory?.length, memory?.length, memory?.length]);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('agree with a plain filter and sort', async () => {
    const [memory] = stores;
    await fc.assert(
      fc.asyncProperty(fc.array(record, { maxLength: 12 }), due, async (records, from) => {
        await memory?.commit({ remove: { outbox: (await memory.list('outbox')).map(({ id }) => id) } });
        await memory?.commit({ put: { outbox: records } });
        const model = [...new Map(records.map((one) => [one.id, one])).values()]
          .filter((one) => one.state === 'queued' && one.dueAt > from)
          .sort((a, b) => a.dueAt - b.dueAt || (a.id < b.id ? -1 : 1));
        expect(await memory?.list('outbox', { index: 'byState', prefix: ['queued'], after: [from] })).toEqual(model);
      }),
    );
  });
});
