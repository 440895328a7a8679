import { describe, expect, it } from 'vitest';
import { withPresented } from '../../../src/trust/trust-facts.js';
import {
  creationTime,
  isGrantDue,
  type TrustFacts,
  type TrustState,
  trustedUntil,
  trustState,
} from '../../../src/trust/trust-state.js';

const DAY = 24 * 3600;
const NOW = 2_000_000_000;
const VALIDITY = 90 * DAY;
/** Tokens of this long ago. */
const ago = (days: number) => ({ created: NOW - days * DAY, validity: VALIDITY });

/** What each fact can be in the table: missing, valid, run out, or revoked (created before the revocation, 10 days ago). */
const tokens = { '-': undefined, valid: ago(1), old: ago(100), void: ago(20) } as const;
type Kind = keyof typeof tokens;
const KINDS: readonly Kind[] = ['-', 'valid', 'old', 'void'];

function factsOf(granted: Kind, presented: Kind, held: Kind, revoked: boolean): TrustFacts {
  const [g, p, h] = [tokens[granted], tokens[presented], tokens[held]];
  return {
    revokedUntil: revoked ? (NOW - 10 * DAY) * 1000 : 0,
    ...(g && { granted: g }),
    ...(p && { presented: p }),
    ...(h && { held: h }),
  };
}

/** All states by granted, presented, held, where nothing was revoked (`void` is then as good as `valid`). */
const TABLE: Readonly<Record<string, TrustState>> = {
  '- - -': 'none',
  '- - valid': 'received',
  '- - old': 'expired',
  '- valid -': 'expired',
  '- valid valid': 'trusted',
  '- valid old': 'expired',
  '- old -': 'expired',
  '- old valid': 'expired',
  '- old old': 'expired',
  'valid - -': 'offered',
  'valid - valid': 'received',
  'valid - old': 'offered',
  'valid valid -': 'offered',
  'valid valid valid': 'trusted',
  'valid valid old': 'expired',
  'valid old -': 'offered',
  'valid old valid': 'expired',
  'valid old old': 'expired',
  'old - -': 'expired',
  'old - valid': 'received',
  'old - old': 'expired',
  'old valid -': 'expired',
  'old valid valid': 'trusted',
  'old valid old': 'expired',
  'old old -': 'expired',
  'old old valid': 'expired',
  'old old old': 'expired',
};

describe('the state of a trusted connection', () => {
  for (const granted of KINDS)
    for (const presented of KINDS)
      for (const held of KINDS) {
        const kinds = [granted, presented, held];
        it(`without a revocation: granted ${granted}, presented ${presented}, held ${held}`, () => {
          const row = kinds.map((kind) => (kind === 'void' ? 'valid' : kind)).join(' ');
          expect(trustState(factsOf(granted, presented, held, false), NOW * 1000)).toBe(TABLE[row]);
        });
        it(`after a revocation: granted ${granted}, presented ${presented}, held ${held}`, () => {
          // What we granted before it is as good as nothing; without a new offer of ours it stays revoked.
          const ours = [granted, presented].map((kind) => (kind === 'old' || kind === 'void' ? '-' : kind));
          const row = [...ours, held === 'void' ? 'valid' : held].join(' ');
          const expected = granted === 'valid' ? TABLE[row] : 'revoked';
          expect(trustState(factsOf(granted, presented, held, true), NOW * 1000)).toBe(expected);
        });
      }

  it('changes with time alone when a token runs out', () => {
    const facts = { granted: ago(1), presented: ago(1), held: ago(80), revokedUntil: 0 };
    expect(trustedUntil(facts, NOW * 1000)).toBe((NOW + 10 * DAY) * 1000);
    expect(trustState(facts, (NOW + 10 * DAY) * 1000 - 1)).toBe('trusted');
    expect(trustState(facts, (NOW + 10 * DAY) * 1000)).toBe('expired');
    expect(trustedUntil(facts, (NOW + 10 * DAY) * 1000)).toBeUndefined();
  });

  it('asks for a new token when less than a third of the time is left', () => {
    expect(isGrantDue({ revokedUntil: 0 }, NOW * 1000)).toBe(true);
    expect(isGrantDue({ granted: ago(60), revokedUntil: 0 }, NOW * 1000)).toBe(false);
    expect(isGrantDue({ granted: ago(60), revokedUntil: 0 }, NOW * 1000 + 1)).toBe(true);
    expect(isGrantDue({ granted: ago(1), revokedUntil: NOW * 1000 }, NOW * 1000)).toBe(true);
  });

  it('dates new tokens after everything that was revoked', () => {
    expect(creationTime(NOW * 1000 + 999, 0)).toBe(NOW);
    expect(creationTime(NOW * 1000, NOW * 1000)).toBe(NOW + 1);
    expect(creationTime(NOW * 1000, (NOW + DAY) * 1000)).toBe(NOW + DAY + 1);
  });

  it('keeps the newest presentation of each kind of proof, in whatever order they come', () => {
    const all = [
      ['dkim', ago(5)],
      ['signed', ago(9)],
      ['dkim', ago(3)],
      ['signed', ago(7)],
    ] as const;
    const join = (order: readonly number[]) =>
      order.reduce<ReturnType<typeof withPresented> | undefined>((known, i) => {
        const [proof, times] = all[i] ?? all[0];
        return withPresented(known, proof, times);
      }, undefined);
    expect(join([0, 1, 2, 3])).toEqual({ dkim: ago(3), signed: ago(7) });
    expect(join([3, 2, 1, 0, 3])).toEqual(join([0, 1, 2, 3]));
  });
});
