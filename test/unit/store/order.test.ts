import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareTuples, compareValues } from '../../../src/store/order.js';
import { SortedList } from '../../../src/store/sorted-list.js';
import { sortable } from '../../../src/store/sqlite/sortable.js';
import type { IndexValue } from '../../../src/store/store.js';

/** Strings made of the characters that are hard to order. */
const hardString = fc.string({
  unit: fc.constantFrom(
    '\0',
    '\u0001',
    '\u0002',
    'a',
    'b',
    '\uD7FE',
    '\uD7FF',
    '\uD800',
    '\uDBFF',
    '\uDC00',
    '\uDFFF',
    '\uE000',
    '\uFFFF',
  ),
  maxLength: 5,
});

describe('sortable text', () => {
  it('keeps the code unit order in UTF-8, and strings apart', () => {
    fc.assert(
      fc.property(hardString, hardString, (a, b) => {
        const order = Buffer.compare(Buffer.from(sortable(a)), Buffer.from(sortable(b)));
        expect(order).toBe(compareValues(a, b));
      }),
      { numRuns: 5000 },
    );
  });

  it('is text that UTF-8 and SQLite can hold', () => {
    fc.assert(
      fc.property(hardString, (text) => {
        expect(Buffer.from(sortable(text)).toString()).toBe(sortable(text));
        expect(sortable(text)).not.toContain('\0');
      }),
    );
  });

  it('is the text itself where nothing is special', () => {
    for (const text of ['', 'ada@example.org', 'INBOX\n1\n42', 'Ünïcode 中文']) expect(sortable(text)).toBe(text);
  });
});

const value: fc.Arbitrary<IndexValue> = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom('a', 'b', 'c'));
const pair = fc.tuple(value, fc.integer({ min: 0, max: 300 }).map(String));

describe('sorted list', () => {
  it('walks like a sorted array after any changes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), pair), { maxLength: 1500, size: 'max' }),
        fc.array(value, { maxLength: 2 }),
        (changes, from) => {
          const list = new SortedList();
          const model = new Map<string, readonly IndexValue[]>();
          for (const [add, tuple] of changes) {
            const id = JSON.stringify(tuple);
            if (!add) {
              list.remove(tuple);
              model.delete(id);
            } else if (!model.has(id)) {
              list.add(tuple);
              model.set(id, tuple);
            }
          }
          const sorted = [...model.values()].sort(compareTuples);
          expect([...list.upwards([])]).toEqual(sorted);
          expect([...list.upwards(from)]).toEqual(sorted.filter((tuple) => compareTuples(tuple, from) >= 0));
          expect([...list.downwards(from)]).toEqual(
            sorted.filter((tuple) => compareTuples(tuple, from) <= 0).reverse(),
          );
        },
      ),
      { numRuns: 60 },
    );
  });
});
