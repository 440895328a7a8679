import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeGrant, judgePresentation, type TokenCase } from '../../../src/trust/judge-token.js';
import { isIssuedBy, issueToken, pairHash, parseToken, tokenSecretFrom } from '../../../src/trust/token.js';

const SECRET = tokenSecretFrom(new Uint8Array(32).fill(7));
const OTHER_SECRET = tokenSecretFrom(new Uint8Array(32).fill(8));
const CREATED = 1_768_482_000;
const DAY = 24 * 3600;
const pair = { from: 'bob@example.net', to: 'ada@example.org' };
const times = { created: CREATED, validity: 90 * DAY };

describe('a token', () => {
  it('has the form that the protocol gives it', () => {
    const { raw } = issueToken(SECRET, pair, times);
    expect(raw).toMatch(/^1-created:1768482000-validity:7776000-hash:[A-Za-z0-9+/]{43}-secret:[A-Za-z0-9+/]{43}$/);
    // Fixed, so that every version of the library, and every device with the key, comes to the same.
    expect(raw).toMatchInlineSnapshot(
      `"1-created:1768482000-validity:7776000-hash:v65GRHnhSjnnw71l4IpR1eNNJex671LhJTl9Mj/V2sQ-secret:+akbkzRSgivdSW3+eRvA617Q5duN5yfCs32nBF01hvY"`,
    );
  });

  it('is read as it was issued, by whoever has the secret, and by nobody else', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 999_999_999_999 }),
        fc.integer({ min: 0, max: 999_999_999_999 }),
        fc.emailAddress(),
        fc.emailAddress(),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (created, validity, from, to, secret) => {
          const issued = issueToken(secret, { from, to }, { created, validity });
          const read = parseToken(issued.raw);
          expect(read).toEqual(issued);
          if (read === undefined) return;
          expect(isIssuedBy(secret, read)).toBe(true);
          expect(isIssuedBy(OTHER_SECRET, read)).toBe(false);
          expect(read.hash).toBe(pairHash({ from, to }));
        },
      ),
    );
  });

  it('keeps fields that it does not know, and they are covered by the MAC', () => {
    const name = fc
      .stringMatching(/^[a-z]{1,10}$/)
      .filter((field) => !['created', 'validity', 'hash', 'secret'].includes(field));
    const value = fc.stringMatching(/^[A-Za-z0-9+/:=]{0,20}$/);
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(name, value), { selector: ([field]) => field, maxLength: 5 }), (unknown) => {
        const { raw } = issueToken(SECRET, pair, times);
        const more = unknown.map(([field, text]) => `-${field}:${text}`).join('');
        const token = parseToken(raw.replace('-hash:', `${more}-hash:`));
        expect(token?.unknown).toEqual(unknown);
        expect(token && isIssuedBy(SECRET, token)).toBe(unknown.length === 0);
      }),
    );
  });

  it('is unreadable with any octet changed, or not ours any more', () => {
    const { raw } = issueToken(SECRET, pair, times);
    for (let i = 0; i < raw.length; i++) {
      const changed = raw.slice(0, i) + (raw[i] === 'x' ? 'y' : 'x') + raw.slice(i + 1);
      const token = parseToken(changed);
      expect(token !== undefined && isIssuedBy(SECRET, token), changed).toBe(false);
    }
  });

  it('never throws on anything', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (raw) => {
        expect(parseToken(raw)).toBeUndefined();
      }),
    );
    const { raw } = issueToken(SECRET, pair, times);
    for (const bad of [
      '',
      '1',
      raw.replace('1-', '2-'),
      raw.replace('created:1768482000', 'created:-1'),
      raw.replace('created:1768482000', 'created:1e9'),
      raw.replace('-validity:7776000', ''),
      raw.replace('-hash:', '-created:1-hash:'),
      `${raw}-more:1`,
      `${raw} `,
      `${raw}\r\nX: y`,
      raw.replace(/secret:.*/, 'secret:'),
      `${raw}${'A'.repeat(1000)}`,
    ]) {
      expect(parseToken(bad), bad).toBeUndefined();
    }
  });

  it('hashes normalised addresses', () => {
    expect(pairHash({ from: 'BOB@Example.NET', to: '"ada"@example.org' })).toBe(pairHash(pair));
    expect(pairHash({ from: pair.to, to: pair.from })).not.toBe(pairHash(pair));
  });
});

describe('a presented token', () => {
  const about: TokenCase = {
    from: pair.from,
    own: new Set([pair.to, 'alias@example.org']),
    date: (CREATED + DAY) * 1000,
    proven: true,
    revokedUntil: 0,
  };
  const { raw } = issueToken(SECRET, pair, times);
  const judged = (token: string, changes: Partial<TokenCase> = {}, secrets = [OTHER_SECRET, SECRET]) =>
    judgePresentation(token, { ...about, ...changes }, secrets).refusal ?? 'counts';

  it('counts if everything is right', () => {
    expect(judged(raw)).toBe('counts');
    const toAlias = issueToken(SECRET, { ...pair, to: 'alias@example.org' }, times).raw;
    expect(judged(toAlias)).toBe('counts');
  });

  it.each([
    ['malformed', raw.slice(0, 20), {}],
    ['unproven', raw, { proven: false }],
    ['forged', issueToken(new Uint8Array(32), pair, times).raw, {}],
    ['wrong-pair', issueToken(SECRET, { ...pair, from: 'eve@example.com' }, times).raw, {}],
    ['wrong-pair', raw, { from: 'eve@example.com' }],
    ['wrong-pair', raw, { own: new Set(['somebody@example.org']) }],
    ['expired', raw, { date: (CREATED + 90 * DAY) * 1000 }],
    ['from-the-future', raw, { date: (CREATED - DAY) * 1000 - 1 }],
    ['revoked', raw, { revokedUntil: CREATED * 1000 }],
  ])('does not count: %s', (refusal, token, changes) => {
    expect(judged(token, changes)).toBe(refusal);
  });

  it('counts up to a day before it was created, by the date of the mail, and until the last second', () => {
    expect(judged(raw, { date: (CREATED - DAY) * 1000 })).toBe('counts');
    expect(judged(raw, { date: (CREATED + 90 * DAY) * 1000 - 1 })).toBe('counts');
    expect(judged(raw, { revokedUntil: CREATED * 1000 - 1 })).toBe('counts');
  });
});

describe('a granted token', () => {
  const about: TokenCase = {
    from: pair.to,
    own: new Set([pair.from]),
    date: CREATED * 1000,
    proven: true,
    revokedUntil: 0,
  };
  it('is judged like a presented one, except that only its issuer can check the MAC', () => {
    const { raw } = issueToken(OTHER_SECRET, pair, times);
    expect(judgeGrant(raw, about).token?.raw).toBe(raw);
    expect(judgeGrant(raw, { ...about, proven: false }).refusal).toBe('unproven');
    expect(judgeGrant(raw, { ...about, from: 'eve@example.com' }).refusal).toBe('wrong-pair');
    expect(judgeGrant(raw, { ...about, date: (CREATED + 90 * DAY) * 1000 }).refusal).toBe('expired');
    expect(judgeGrant(raw, { ...about, date: (CREATED - 2 * DAY) * 1000 }).refusal).toBe('from-the-future');
    // Only our own can be revoked by us.
    expect(judgeGrant(raw, { ...about, revokedUntil: CREATED * 1000 }).token?.raw).toBe(raw);
    expect(judgeGrant('1-x', about).refusal).toBe('malformed');
  });
});
