import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { removeLocations, updateFlags } from '../../src/sync/ingest/locations.js';
import { goldenDump } from '../support/golden-dump.js';
import { type TestState, testState } from '../support/state.js';
import { courseOf, histories, type MailboxEvent } from './histories.js';

const numbers = fc.array(fc.nat(1_000_000), { minLength: 40, maxLength: 40 });

/** Plays events; arrivals that follow one another are joined in batches of the given size. */
async function play(events: readonly MailboxEvent[], batch: number): Promise<TestState> {
  const state = await testState();
  for (let i = 0; i < events.length; ) {
    const event = events[i] as MailboxEvent;
    if (event.kind === 'arrive') {
      const arrivals = [];
      for (let next = events[i]; next?.kind === 'arrive' && arrivals.length < batch; next = events[++i]) {
        arrivals.push(next.arrival);
      }
      await state.join(...arrivals);
      continue;
    }
    const { folder, uidValidity, uid } = event.place;
    await state.writer.run((tx) =>
      event.kind === 'remove'
        ? removeLocations(tx, folder, uidValidity, [uid])
        : updateFlags(tx, folder, uidValidity, [{ uid, flags: ['\\Seen'] }]),
    );
    i += 1;
  }
  return state;
}

describe('ingest is a join', () => {
  it('gives the same chats whatever the order, the repetitions, the folders and the batches', async () => {
    await fc.assert(
      fc.asyncProperty(histories, numbers, numbers, fc.integer({ min: 1, max: 40 }), async (history, a, b, batch) => {
        const first = await play(courseOf(history, a), 1);
        const second = await play(courseOf(history, b), batch);
        expect(await goldenDump(second.store)).toBe(await goldenDump(first.store));
      }),
      { numRuns: 600 },
    );
  }, 120_000);

  it('announces each message once', async () => {
    await fc.assert(
      fc.asyncProperty(histories, numbers, fc.integer({ min: 1, max: 40 }), async (history, a, batch) => {
        const { store, changes } = await play(courseOf(history, a), batch);
        const news = changes.flatMap((change) => change.news);
        const shown = (await store.list('messages')).filter(({ chatId }) => chatId !== '');
        expect([...news].sort()).toEqual(shown.map(({ key }) => key).sort());
      }),
      { numRuns: 200 },
    );
  }, 120_000);

  it('keeps every summary in step with the messages', async () => {
    await fc.assert(
      fc.asyncProperty(histories, numbers, fc.integer({ min: 1, max: 40 }), async (history, a, batch) => {
        const { store } = await play(courseOf(history, a), batch);
        const chats = await store.list('chats');
        const all = await store.list('messages');
        const visible = all.filter(({ hidden }) => hidden === 0);
        const ids = new Set(chats.map(({ id }) => id));
        expect(visible.filter(({ chatId }) => !ids.has(chatId))).toEqual([]);
        for (const chat of chats) {
          const messages = visible.filter(({ chatId }) => chatId === chat.id);
          const ends = [...messages].sort((x, y) => x.date - y.date || (x.key < y.key ? -1 : 1));
          expect(chat.unread).toBe(messages.filter(({ seen, fromMe }) => !seen && !fromMe).length);
          expect(chat.lastMessage).toBe(ends.at(-1)?.key);
          expect(chat.lastDate).toBe(ends.at(-1)?.date ?? 0);
          expect(chat.firstMessageId).toBe(ends[0]?.messageId);
          const proof = (fromMe: boolean) =>
            Math.max(
              0,
              ...all
                .filter((one) => one.chatId === chat.id && one.fromMe === fromMe && one.security.encrypted)
                .map(({ security, ownCopy }) => (security.signature === 'valid' || ownCopy ? 2 : 1)),
            );
          expect(chat.encryptionSeen ?? { others: 0, own: 0 }).toEqual({ others: proof(false), own: proof(true) });
        }
      }),
      { numRuns: 200 },
    );
  }, 120_000);
});
