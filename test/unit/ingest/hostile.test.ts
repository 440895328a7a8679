import { describe, expect, it } from 'vitest';
import { arrivalOf, bounceMail, type MailValues, textMail } from '../../support/mail-values.js';
import { MeteredStore } from '../../support/metered-store.js';
import { ME, type TestState, testState } from '../../support/state.js';

const N = 3000;

/** Joins N mails in batches; returns the work per mail in the first and the last tenth. */
async function workFor(mailOf: (i: number) => MailValues): Promise<{ state: TestState; early: number; late: number }> {
  const store = new MeteredStore();
  const state = await testState({ store });
  const tenths: number[] = [];
  for (let tenth = 0; tenth < 10; tenth++) {
    const before = store.records;
    for (let i = (tenth * N) / 10; i < ((tenth + 1) * N) / 10; i += 50) {
      await state.join(
        ...Array.from({ length: 50 }, (_, j) =>
          arrivalOf(textMail({ from: 'eve@x', to: [ME], date: i + j, text: `${i + j}`, ...mailOf(i + j) })),
        ),
      );
    }
    tenths.push((store.records - before) / (N / 10));
  }
  return { state, early: tenths[1] ?? 0, late: tenths[9] ?? 0 };
}

describe('the work for a mail does not grow with what is there already', () => {
  it.each<[string, (i: number) => MailValues]>([
    ['honest 1:1 mail', (i) => ({ id: `m${i}@x`, chat: true })],
    ['one thread of many mails', (i) => ({ id: `m${i}@x`, to: [ME, 'bob@x'], inReplyTo: `m${i - 1}@x` })],
    [
      'a thread that comes newest first',
      (i) => ({ id: `m${N - i}@x`, to: [ME, 'bob@x'], inReplyTo: `m${N - i - 1}@x` }),
    ],
    ['answers that all name one mail', (i) => ({ id: `m${i}@x`, inReplyTo: 'root@x', references: ['root@x'] })],
    ['one Message-ID with different contents', () => ({ id: 'same@x' })],
    ['one Message-ID of many senders', (i) => ({ id: 'same@x', from: `e${i}@x`, to: [ME, 'bob@x'] })],
    ['mail that seems to come from us', () => ({ id: 'same@x', from: ME, to: ['bob@x'] })],
    [
      'ever earlier dates',
      (i) => ({ id: `m${i}@x`, date: 1_000_000 - i, to: [ME, 'bob@x'], subject: `S${i}`, inReplyTo: 'r@x' }),
    ],
    [
      'a new group claiming the same thread again and again',
      (i) =>
        i % 2 === 0
          ? { id: `t${i}@x`, to: [ME, 'bob@x'], references: ['root@x', `g${i + 1}@x`] }
          : { id: `g${i}@x`, to: [ME, 'bob@x'], chat: true, groupId: `Group${i}xxxxxxxx` },
    ],
  ])(
    '%s',
    async (_, mailOf) => {
      const { early, late } = await workFor(mailOf);
      expect(late).toBeLessThan(early * 2 + 20);
    },
    60_000,
  );

  it('threads that are merged two by two cost a logarithm', async () => {
    const store = new MeteredStore();
    const state = await testState({ store });
    const mail = (id: string, ...references: string[]) =>
      arrivalOf(textMail({ id, from: 'eve@x', to: [ME, 'bob@x'], date: 1, text: id, references }));
    const count = 1024;
    await state.join(...Array.from({ length: count }, (_, i) => mail(`0-${i}@x`)));
    const before = store.records;
    for (let step = 1; step < count; step *= 2) {
      for (let i = 0; i + step < count; i += step * 2)
        await state.join(mail(`${step}-${i}@x`, `0-${i}@x`, `0-${i + step}@x`));
    }
    expect(await state.store.count('chats')).toBe(1);
    // 1,023 merges; each mail moves 10 times at most, at a handful of records.
    expect(store.records - before).toBeLessThan(count * 10 * 20);
  }, 60_000);

  it('members of a chat are bounded', async () => {
    const state = await testState();
    for (let i = 0; i < 3; i++) {
      const to = Array.from({ length: 2000 }, (_, j) => `p${i}-${j}@x`);
      await state.join(
        arrivalOf(textMail({ id: `${i}@x`, from: 'eve@x', to: [ME, ...to], date: i, references: ['r@x'] })),
      );
    }
    expect((await state.store.list('chats'))[0]?.members).toHaveLength(2000);
  });

  it('a report may speak of thousands of recipients', async () => {
    const store = new MeteredStore();
    const state = await testState({ store });
    const statuses = Array.from({ length: 50_000 }, (_, i) => ({ recipient: `p${i}@x`, action: 'failed' as const }));
    await state.join(arrivalOf(textMail({ id: 'own@x', from: ME, to: ['bob@x', 'carol@x'], date: 1 })));
    await state.join(arrivalOf(bounceMail({ id: 'b@x', from: 'eve@x', date: 2, original: 'own@x', statuses })));
    expect(store.records).toBeLessThan(10_000);
  });

  it('ids that point at each other in circles end', async () => {
    const state = await testState();
    await state.join(
      arrivalOf(textMail({ id: 'a@x', from: 'eve@x', to: [ME], date: 1, inReplyTo: 'b@x', groupId: 'Group0000001' })),
      arrivalOf(textMail({ id: 'b@x', from: 'eve@x', to: [ME], date: 2, inReplyTo: 'a@x', groupId: 'Group0000001' })),
      arrivalOf(textMail({ id: 'c@x', from: 'eve@x', to: [ME, 'bob@x'], date: 3, inReplyTo: 'c@x' })),
    );
    expect((await state.store.list('chats')).map(({ kind }) => kind).sort()).toEqual(['adhoc', 'group']);
  });
});
