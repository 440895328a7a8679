import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AuthError, InputError, NetworkError, ServerError } from '../../../src/core/errors.js';
import { fullJitter, halfJitter } from '../../../src/sync/backoff.js';
import { isHistory } from '../../../src/sync/mailbox/committer.js';
import { nextBatch } from '../../../src/sync/mailbox/fetch-mails.js';
import { ScreenSelection, skimChat } from '../../../src/sync/mailbox/skim.js';
import { Suspects } from '../../../src/sync/mailbox/suspects.js';
import { outcomeOf, outcomeOfFailure } from '../../../src/sync/outbox/delivery-outcome.js';
import { nextOutboxId } from '../../../src/sync/outbox/outbox-records.js';

const bytes =
  (...values: number[]) =>
  () =>
    new Uint8Array(values);

describe('back-off', () => {
  const bounds = { min: 1000, max: 60_000 };

  it('lies between nothing and twice as much each time, up to the most', () => {
    expect(fullJitter(1, bounds, bytes(255, 255, 255))).toBe(999);
    expect(fullJitter(3, bounds, bytes(255, 255, 255))).toBe(3999);
    expect(fullJitter(3, bounds, bytes(0, 0, 0))).toBe(0);
    expect(halfJitter(3, bounds, bytes(0, 0, 0))).toBe(2000);
  });

  it('never leaves its bounds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e9 }),
        fc.uint8Array({ minLength: 3, maxLength: 3 }),
        (failures, random) => {
          const full = fullJitter(failures, bounds, () => random);
          const half = halfJitter(failures, bounds, () => random);
          expect(full).toBeGreaterThanOrEqual(0);
          expect(full).toBeLessThan(bounds.max);
          expect(half).toBeGreaterThanOrEqual(bounds.min / 2);
          expect(half).toBeLessThan(bounds.max);
        },
      ),
    );
  });
});

describe('the outcome of a delivery', () => {
  const to = ['a@x.org', 'b@x.org'];
  const server = (status: number, statusCode?: string) =>
    new ServerError('RECIPIENT_REFUSED', 'no', { status, statusCode, response: `${status} no` });

  it('tells what is final from what may be tried again', () => {
    expect(outcomeOf({ accepted: to, rejected: [], response: '250' })).toEqual({
      accepted: to,
      refused: [],
      later: [],
    });
    expect(
      outcomeOf({ accepted: ['a@x.org'], rejected: [{ address: 'b@x.org', error: server(550) }], response: '' }),
    ).toEqual({
      accepted: ['a@x.org'],
      refused: [{ address: 'b@x.org', reason: '550 no', status: '550' }],
      later: [],
    });
    for (const [status, code, again] of [
      [452, '4.5.3', 'now'],
      [452, undefined, 'now'],
      [452, '4.2.2', 'backoff'],
      [452, '4.3.1', 'backoff'],
      [552, undefined, 'now'],
      [550, '5.5.3', 'now'],
      [450, undefined, 'backoff'],
    ] as const) {
      const rejected = [{ address: 'b@x.org', error: server(status, code) }];
      expect(outcomeOf({ accepted: ['a@x.org'], rejected, response: '' })).toMatchObject({ later: ['b@x.org'], again });
    }
  });

  it('goes on at once for those that the server did not take yet, and leaves those that wait to the end', () => {
    const rejected = [{ address: 'b@x.org', error: server(450) }];
    expect(outcomeOf({ accepted: ['a@x.org'], rejected, notTried: ['c@x.org'], response: '' })).toMatchObject({
      later: ['c@x.org', 'b@x.org'],
      again: 'now',
    });
  });

  it('blames a message only for what the server says about it', () => {
    expect(outcomeOfFailure(to, new AuthError('SMTP_AUTH_FAILED', ''))).toMatchObject({
      again: 'credentials',
      later: to,
    });
    expect(outcomeOfFailure(to, new AuthError('TOKEN_FAILED', ''))).toMatchObject({ again: 'network', later: to });
    expect(outcomeOfFailure(to, new NetworkError('TIMEOUT', ''))).toMatchObject({ again: 'network', later: to });
    expect(outcomeOfFailure(to, new InputError('INVALID_STATE', 'closed'))).toMatchObject({
      again: 'network',
      later: to,
    });
    expect(outcomeOfFailure(to, server(421))).toMatchObject({ again: 'backoff', later: to });
    expect(outcomeOfFailure(to, server(554)).refused).toHaveLength(2);
    expect(outcomeOfFailure(to, new InputError('INVALID_ADDRESS', 'no address')).refused[0]?.reason).toBe('no address');
  });
});

describe('ids of the outbox', () => {
  it('sort in the order of acceptance, whatever the clock does', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4e12 }), { minLength: 2, maxLength: 50 }), (times) => {
        const ids: string[] = [];
        for (const time of times) ids.push(nextOutboxId(ids.at(-1), time));
        expect([...ids].sort()).toEqual(ids);
        expect(new Set(ids).size).toBe(ids.length);
      }),
    );
  });
});

describe('the guess at the chat of a mail', () => {
  const identity = { email: 'ada@example.org', addresses: new Set(['ada@example.org', 'a@example.org']) };
  const guess = (header: string) => skimChat(new TextEncoder().encode(header.replace(/\n/g, '\r\n')), identity);

  it('knows chats with one, with many, groups and ourselves', () => {
    expect(guess('From: Bob <bob@x.org>\nTo: ada@example.org\n')).toBe('single:bob@x.org');
    expect(guess('From: A@example.org\nTo: "Bob, B." <BOB@x.org>\n')).toBe('single:bob@x.org');
    expect(guess('From: ada@example.org\nTo: a@example.org\n')).toBe('self');
    expect(guess('From: bob@x.org\nTo: ada@example.org,\n carol@x.org\nReferences: <one@x> <two@x>\n')).toBe(
      'many:one@x',
    );
    expect(guess('From: bob@x.org\nMessage-ID: <chat$group.abcdefghijkl.uniq@x>\n')).toBe('group:abcdefghijkl');
    expect(guess('From: bob@x.org\nReferences: <chat$group.abcdefghijkl.uniq@x>\n')).toBe('group:abcdefghijkl');
  });

  it('takes anything in bounded time', () => {
    const began = performance.now();
    for (const header of [
      '@'.repeat(1e6),
      `From: ${'a'.repeat(1e6)}`,
      `To: ${'<'.repeat(1e6)}`,
      '\n '.repeat(1e6),
      `References: <${'x'.repeat(1e6)}`,
    ]) {
      for (let i = 0; i < 20; i++) guess(header.slice(0, 200_000));
    }
    expect(performance.now() - began).toBeLessThan(10_000);
    fc.assert(
      fc.property(fc.string(), (header) => {
        expect(guess(header)).toMatch(/^(self|single:|many:|group:)/);
      }),
    );
  });

  it('chooses the newest messages of the newest chats', () => {
    const selection = new ScreenSelection(2, 2);
    const wanted = ['a', 'b', 'c', 'a', 'a', 'c'].map((chat) => selection.wants(chat));
    expect(wanted).toEqual([true, true, false, true, false, false]);
    expect(selection.complete).toBe(false);
    expect(selection.wants('b')).toBe(true);
    expect(selection.complete).toBe(true);
  });
});

describe('suspects', () => {
  it('are narrowed down until the culprit is alone, and only given up after several strikes', () => {
    const suspects = new Suspects();
    let batch = Array.from({ length: 200 }, (_, i) => i + 1);
    const culprit = 137;
    let deaths = 0;
    while (!suspects.isCulprit('INBOX', culprit)) {
      const size = suspects.limit('INBOX', batch, batch.length);
      const slices = Array.from({ length: Math.ceil(batch.length / size) }, (_, i) =>
        batch.slice(i * size, (i + 1) * size),
      );
      const deadly = slices.find((slice) => slice.includes(culprit)) ?? [];
      for (const slice of slices.slice(0, slices.indexOf(deadly))) suspects.clear('INBOX', slice);
      suspects.blame('INBOX', deadly);
      deaths += 1;
      batch = deadly;
    }
    expect(deaths).toBeLessThan(14);
    expect(suspects.isCulprit('INBOX', culprit - 1)).toBe(false);
    expect(suspects.isCulprit('Sent', culprit)).toBe(false);
    suspects.clear('INBOX', [culprit]);
    expect(suspects.isCulprit('INBOX', culprit)).toBe(false);
  });
});

describe('batches', () => {
  it('are bounded in number and octets, and never empty', () => {
    const row = (uid: number, size: number) => ({ uid, size, flags: [], internalDate: 0 });
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5e6 }), { minLength: 1, maxLength: 300 }), (sizes) => {
        const batch = nextBatch(
          sizes.map((size, uid) => row(uid, size)),
          50,
        );
        expect(batch.length).toBeGreaterThan(0);
        expect(batch.length).toBeLessThanOrEqual(50);
        const eager = batch.reduce((sum, { size }) => sum + Math.min(size, 256 * 1024), 0);
        expect(eager).toBeLessThanOrEqual(8 * 1024 * 1024);
      }),
    );
  });
});

describe('history', () => {
  const mail = (uid: number, internalDate: number) => ({ uid, internalDate });

  it('is what lay there at the first start', () => {
    const inbox = { role: 'inbox', historyBelow: 10 } as const;
    expect(isHistory(inbox, mail(9, 999), 500)).toBe(true);
    expect(isHistory(inbox, mail(10, 1), 500)).toBe(false);
    const chats = { role: 'chats', historyBelow: 10 } as const;
    expect(isHistory(chats, mail(10, 499), 500)).toBe(true);
    expect(isHistory(chats, mail(10, 500), 500)).toBe(false);
    const renewed = { role: 'inbox', historyBelow: 1 } as const;
    expect(isHistory(renewed, mail(10, 499), 500)).toBe(true);
    expect(isHistory(renewed, mail(10, 501), 500)).toBe(false);
  });
});
