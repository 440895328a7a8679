import { expect, it } from 'vitest';
import { MemoryStore } from '../../src/store/memory-store.js';
import { arrivalOf, receiptMail, textMail } from '../support/mail-values.js';
import { ME, testState } from '../support/state.js';

const FLOOD = 10_000;
const BATCH = 200;

it('10,000 receipts for one message cost a record each at most, and the real one still counts', {
  timeout: 60_000,
}, async () => {
  const store = new MemoryStore();
  const state = await testState({ store });
  const own = textMail({ id: 'own@x', from: ME, to: ['bob@x'], date: 1000, text: 'hi', receiptTo: ME });
  await state.join(arrivalOf(own, { folder: 'Sent', role: 'sent' }));
  const flood = (from: (i: number) => string, prefix: string) =>
    Array.from({ length: FLOOD }, (_, i) =>
      arrivalOf(receiptMail({ id: `${prefix}${i}@x`, from: from(i), to: [ME], date: 2000 + i, originals: ['own@x'] })),
    );
  const joinAll = async (arrivals: ReturnType<typeof flood>) => {
    for (let i = 0; i < arrivals.length; i += BATCH) await state.join(...arrivals.slice(i, i + BATCH));
  };
  const message = async () => (await store.list('messages', { index: 'byMessageId', prefix: ['own@x'] }))[0];
  await joinAll(flood((i) => `eve${i}@evil.example`, 's'));
  expect(await message()).toMatchObject({ state: 'sent', recipients: [{ address: 'bob@x', state: 'sent' }] });
  await joinAll(flood(() => 'bob@x', 'b'));
  expect(await message()).toMatchObject({ state: 'read', recipients: [{ address: 'bob@x', state: 'read', at: 2000 }] });
  const facts = (await store.list('facts')).filter(({ from }) => from === 'bob@x');
  expect(facts).toHaveLength(1);
});
