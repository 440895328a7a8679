import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeCards, newCard } from '../../src/model/card-merge.js';
import type { CardRecord, CardRegister } from '../../src/store/card-records.js';

const ID = 'bob@example.net';
/** Few times and values, so that they meet. */
const at = fc.integer({ min: 0, max: 4 });
const register = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<CardRegister<T>> =>
  fc.record({ at, value: fc.option(value, { nil: null }) });
const token = fc.tuple(at, fc.constantFrom('x', 'y', 'z')).map(([n, s]) => `1-created:${n}-secret:${s}`);
const word = fc.constantFrom('a', 'b', 'ä');

const state: fc.Arbitrary<CardRecord> = fc
  .record({
    person: word,
    personAt: at,
    shared: fc.record(
      { name: register(word), blocked: register(fc.boolean()), categories: register(fc.array(word)) },
      { requiredKeys: [] },
    ),
    own: fc.record({ verified: register(word), muted: register(fc.boolean()) }, { requiredKeys: [] }),
    granted: fc.array(token, { maxLength: 5 }),
    held: fc.array(token, { maxLength: 5 }),
    revokedUntil: at,
    deletedAt: at,
  })
  // Whatever is in a store has been through a merge.
  .map((values) => mergeCards({ ...newCard(ID), ...values }, newCard(ID)));

describe('cards of two devices', () => {
  it('join in any order', () => {
    fc.assert(
      fc.property(state, state, (a, b) => {
        expect(mergeCards(a, b)).toEqual(mergeCards(b, a));
      }),
    );
  });

  it('join in any grouping', () => {
    fc.assert(
      fc.property(state, state, state, (a, b, c) => {
        expect(mergeCards(mergeCards(a, b), c)).toEqual(mergeCards(a, mergeCards(b, c)));
      }),
    );
  });

  it('join as often as one likes', () => {
    fc.assert(
      fc.property(state, state, (a, b) => {
        const joined = mergeCards(a, b);
        expect(mergeCards(joined, b)).toEqual(joined);
        expect(mergeCards(a, a)).toEqual(a);
      }),
    );
  });
});
