import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { learn } from '../../src/autocrypt/learn.js';
import { factsOfMail, type KeyMail } from '../../src/autocrypt/mail-facts.js';
import { MemoryKeyStore } from '../../src/autocrypt/memory-key-store.js';
import { foldFacts, joinFacts, keyHistory } from '../../src/autocrypt/peer-state.js';
import type { KeyFact, PeerFact } from '../../src/store/key-records.js';
import { DAY, ME, mail, NOW, type Person, person } from '../unit/autocrypt/people.js';

const PEERS = ['bob@example.net', 'carol@example.net'] as const;

/** Dates a few days around, with many equal ones. */
const date = fc.integer({ min: -4, max: 4 }).map((days) => NOW + days * DAY);

/** Readings of facts, of which many have the same id: copies, and mails opened later. */
const fact: fc.Arbitrary<PeerFact> = fc
  .record({
    kind: fc.constantFrom('seen' as const, 'direct' as const, 'gossip' as const),
    peer: fc.constantFrom(...PEERS),
    mail: fc.constantFrom('1', '2', '3'),
    headerDate: fc.option(date, { nil: undefined }),
    innerDate: fc.option(date, { nil: undefined }),
    receivedAt: date,
    source: fc.constantFrom('inner' as const, 'outer' as const),
    fingerprint: fc.constantFrom('aa', 'bb'),
    preferEncrypt: fc.constantFrom('mutual' as const, 'nopreference' as const),
  })
  .map(({ kind, headerDate, innerDate, source, fingerprint, preferEncrypt, ...rest }) => {
    const dates = {
      ...rest,
      ...(headerDate !== undefined && { headerDate }),
      ...(innerDate !== undefined && { innerDate }),
    };
    const names = [rest.mail, headerDate, kind, rest.peer];
    if (kind === 'seen') return { ...dates, kind, id: names.join('/') };
    const key = `key-${fingerprint}`;
    return { ...dates, kind, source, fingerprint, key, preferEncrypt, id: [...names, key, preferEncrypt].join('/') };
  });

/** The facts in an order, some of them twice, in calls of some size. */
const course = fc.record({
  facts: fc.array(fact, { minLength: 1, maxLength: 14 }),
  order: fc.array(fc.nat(), { minLength: 14, maxLength: 14 }),
  repeated: fc.array(fc.nat(), { maxLength: 4 }),
  size: fc.integer({ min: 1, max: 5 }),
});

function played<T>(items: readonly T[], order: readonly number[], repeated: readonly number[]): T[] {
  const shuffled = items.map((item, i) => [order[i] ?? 0, item] as const).sort(([a], [b]) => a - b);
  const again = repeated.map((n) => items[n % items.length] as T);
  return [...shuffled.map(([, item]) => item), ...again];
}

async function stateAfter(store: MemoryKeyStore) {
  const peers = await store.peers(PEERS);
  const histories = await Promise.all(PEERS.map(async (peer) => keyHistory(await store.factsOf(peer))));
  return { peers: peers.map((record) => record?.state), histories };
}

describe('facts', () => {
  it('join in any order and grouping, and twice is once', () => {
    fc.assert(
      fc.property(fact, fact, fact, (a, b, c) => {
        const same = <F extends PeerFact>(other: F): F => ({
          ...other,
          id: a.id,
          kind: a.kind,
          headerDate: a.headerDate,
        });
        const [x, y, z] = [a, same(b), same(c)] as [KeyFact, KeyFact, KeyFact];
        const parts = ({ receivedAt, innerDate, source }: KeyFact) => ({ receivedAt, innerDate, source });
        expect(joinFacts(x, x)).toEqual(x);
        if (a.kind === 'seen' || b.kind === 'seen' || c.kind === 'seen') return;
        expect(parts(joinFacts(x, y))).toEqual(parts(joinFacts(y, x)));
        expect(parts(joinFacts(joinFacts(x, y), z))).toEqual(parts(joinFacts(x, joinFacts(y, z))));
      }),
    );
  });

  it('fold to the same state in any order', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fact, { selector: ({ id }) => id, maxLength: 14 }),
        fc.infiniteStream(fc.nat()),
        (facts, random) => {
          const order = facts.map(() => random.next().value ?? 0);
          expect(foldFacts(PEERS[0], played(facts, order, []))).toEqual(foldFacts(PEERS[0], facts));
        },
      ),
    );
  });

  it('learned in any order, repeated, and split over calls give the same peers', async () => {
    await fc.assert(
      fc.asyncProperty(course, async ({ facts, order, repeated, size }) => {
        const given = new MemoryKeyStore();
        for (const one of facts) await learn(given, [{ facts: [one], publicKeys: [] }], new Set());
        const other = new MemoryKeyStore();
        const all = played(facts, order, repeated);
        for (let i = 0; i < all.length; i += size) {
          await learn(other, [{ facts: all.slice(i, i + size), publicKeys: [] }], new Set());
        }
        expect(await stateAfter(other)).toEqual(await stateAfter(given));
        // What is kept up to date step by step is what a fold over all facts gives.
        for (const [index, record] of (await given.peers(PEERS)).entries()) {
          const peer = PEERS[index] ?? '';
          if (record) expect(record.state).toEqual(foldFacts(peer, await given.factsOf(peer)));
        }
      }),
      { numRuns: 400 },
    );
  });
});

describe('mails', () => {
  let people: readonly Person[];
  beforeAll(async () => {
    people = await Promise.all([PEERS[0], PEERS[0], PEERS[1], PEERS[1]].map((address) => person(address)));
  });

  const draft = fc.record({
    from: fc.nat(3),
    id: fc.nat(4),
    day: fc.integer({ min: -3, max: 3 }),
    outer: fc.boolean(),
    type: fc.constantFrom('plain', 'sealed', 'opened', 'opened-report', 'report', 'list'),
    inner: fc.option(fc.nat(3)),
    innerDay: fc.option(fc.integer({ min: -3, max: 3 })),
    gossip: fc.option(fc.nat(3)),
    received: fc.integer({ min: -3, max: 3 }),
  });

  async function keyMail(one: typeof draft extends fc.Arbitrary<infer T> ? T : never): Promise<KeyMail> {
    const at = (index: number) => people[index] as Person;
    const from = at(one.from);
    const isOpened = one.type.startsWith('opened');
    const isEncrypted = isOpened || one.type === 'sealed';
    const fields: [string, string][] = [
      ...(one.outer ? [['Autocrypt', from.header] as [string, string]] : []),
      ...(one.type === 'list' ? [['List-Id', '<list.example.net>'] as [string, string]] : []),
    ];
    const type = isEncrypted ? 'multipart/encrypted' : one.type === 'report' ? 'multipart/report' : 'text/plain';
    const outer = await mail({
      ...{ from: from.address, to: `${ME}, ${PEERS.join(', ')}`, id: `${one.id}@example.net`, fields, type },
      date: NOW + one.day * DAY,
    });
    const inner: [string, string][] = [
      ...(one.inner === null ? [] : [['Autocrypt', at(one.inner).mutual] as [string, string]]),
      ...(one.gossip === null ? [] : [['Autocrypt-Gossip', at(one.gossip).gossip] as [string, string]]),
    ];
    const payloadType = one.type === 'opened-report' ? 'multipart/report' : 'text/plain';
    const innerDate = one.innerDay === null ? {} : { date: NOW + one.innerDay * DAY };
    return {
      mail: outer,
      receivedAt: NOW + one.received * DAY,
      ...(isOpened && { payload: await mail({ fields: inner, ...innerDate, type: payloadType }) }),
    };
  }

  it('teach the same in any order, repeated, split over calls, opened at once or later', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(draft, { minLength: 1, maxLength: 10 }),
        fc.array(fc.nat(), { minLength: 10, maxLength: 10 }),
        fc.array(fc.nat(), { maxLength: 3 }),
        fc.integer({ min: 1, max: 4 }),
        async (drafts, order, repeated, size) => {
          const mails = await Promise.all(drafts.map(keyMail));
          const given = new MemoryKeyStore();
          await learn(given, await Promise.all(mails.map(factsOfMail)), new Set([ME]));
          const other = new MemoryKeyStore();
          // Before their payload is there, mails are seen without it.
          const sealed = mails.map(({ payload: _, ...rest }): KeyMail => rest);
          const encrypted = sealed.filter(({ mail: { headers } }) =>
            headers.get('Content-Type')?.includes('encrypted'),
          );
          const all = [...encrypted, ...played(mails, order, repeated)];
          for (let i = 0; i < all.length; i += size) {
            await learn(other, await Promise.all(all.slice(i, i + size).map(factsOfMail)), new Set([ME]));
          }
          expect(await stateAfter(other)).toEqual(await stateAfter(given));
        },
      ),
      { numRuns: 60 },
    );
  });
});
