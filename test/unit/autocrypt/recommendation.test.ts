import { describe, expect, it } from 'vitest';
import {
  type MessageFacts,
  type RecipientFacts,
  type Recommendation,
  recommendForAll,
  recommendForOne,
} from '../../../src/autocrypt/recommendation.js';
import { DAY, NOW } from './people.js';

const yesNo = [true, false];

interface Row {
  readonly direct: boolean;
  readonly gossip: boolean;
  readonly silent: boolean;
  readonly peerMutual: boolean;
  readonly ownMutual: boolean;
  readonly reply: boolean;
}

/** All 64 combinations of what the recommendation depends on. */
const rows: Row[] = yesNo.flatMap((direct) =>
  yesNo.flatMap((gossip) =>
    yesNo.flatMap((silent) =>
      yesNo.flatMap((peerMutual) =>
        yesNo.flatMap((ownMutual) => yesNo.map((reply) => ({ direct, gossip, silent, peerMutual, ownMutual, reply }))),
      ),
    ),
  ),
);

/**
 * The table of Level 1, first match wins; what a row does not name does not matter. Columns: recommendation, key, reason.
 */
const table: readonly (readonly [Partial<Row>, Recommendation, string | undefined, string | undefined])[] = [
  [{ direct: false, gossip: false }, 'disable', undefined, 'no-key'],
  [{ direct: false, gossip: true, reply: true }, 'encrypt', 'gossip', undefined],
  [{ direct: false, gossip: true, reply: false }, 'discourage', 'gossip', 'gossip-only'],
  [{ direct: true, silent: true, reply: true }, 'encrypt', 'direct', undefined],
  [{ direct: true, silent: true, reply: false }, 'discourage', 'direct', 'silent'],
  [{ direct: true, silent: false, reply: true }, 'encrypt', 'direct', undefined],
  [{ direct: true, silent: false, reply: false, peerMutual: true, ownMutual: true }, 'encrypt', 'direct', undefined],
  [
    { direct: true, silent: false, reply: false, peerMutual: true, ownMutual: false },
    'available',
    'direct',
    'no-preference',
  ],
  [
    { direct: true, silent: false, reply: false, peerMutual: false, ownMutual: true },
    'available',
    'direct',
    'no-preference',
  ],
  [
    { direct: true, silent: false, reply: false, peerMutual: false, ownMutual: false },
    'available',
    'direct',
    'no-preference',
  ],
];

function facts(row: Row): [RecipientFacts, MessageFacts] {
  return [
    {
      hasDirectKey: row.direct,
      hasGossipKey: row.gossip,
      autocryptTimestamp: row.silent ? NOW - 36 * DAY : NOW,
      lastSeen: NOW,
      preferEncrypt: row.peerMutual ? 'mutual' : 'nopreference',
    },
    { replyToEncrypted: row.reply, preferEncrypt: row.ownMutual ? 'mutual' : 'nopreference' },
  ];
}

function matches(row: Row, pattern: Partial<Row>): boolean {
  return Object.entries(pattern).every(([name, value]) => row[name as keyof Row] === value);
}

describe('recommendation for one recipient', () => {
  it.each(rows)('%o', (row) => {
    const expected = table.find(([pattern]) => matches(row, pattern));
    const [, recommendation, key, reason] = expected ?? [];
    expect(recommendForOne(...facts(row))).toEqual({
      recommendation,
      ...(key && { key }),
      ...(reason && { reason }),
    });
  });

  it('names every case once', () => {
    for (const row of rows) expect(table.filter(([pattern]) => matches(row, pattern))).toHaveLength(1);
    for (const [pattern] of table) expect(rows.some((row) => matches(row, pattern))).toBe(true);
  });

  it.each([
    [35 * DAY, 'available'],
    [35 * DAY + 1, 'discourage'],
  ])('silence of %d ms', (silence, expected) => {
    const recipient = { hasDirectKey: true, hasGossipKey: false, autocryptTimestamp: NOW - silence, lastSeen: NOW };
    expect(recommendForOne(recipient, { replyToEncrypted: false, preferEncrypt: 'mutual' }).recommendation).toBe(
      expected,
    );
  });
});

describe('recommendation for several recipients', () => {
  const all: readonly Recommendation[] = ['disable', 'discourage', 'available', 'encrypt'];
  /** Rows and columns in the order of `all`. */
  const pairs: readonly (readonly Recommendation[])[] = [
    ['disable', 'disable', 'disable', 'disable'],
    ['disable', 'discourage', 'discourage', 'discourage'],
    ['disable', 'discourage', 'available', 'available'],
    ['disable', 'discourage', 'available', 'encrypt'],
  ];

  it.each(all.flatMap((a, i) => all.map((b, j) => [a, b, pairs[i]?.[j]] as const)))(
    '%s and %s: %s',
    (a, b, expected) => {
      expect(recommendForAll([a, b])).toBe(expected);
      for (const c of all) {
        expect(recommendForAll([a, b, c])).toBe(recommendForAll([recommendForAll([a, b]), c]));
        expect(recommendForAll([c, a, b])).toBe(recommendForAll([a, b, c]));
      }
    },
  );

  it('for nobody is disable, for one is theirs', () => {
    expect(recommendForAll([])).toBe('disable');
    for (const one of all) expect(recommendForAll([one])).toBe(one);
  });
});
