import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import type { IncomingCopy } from '../../src/sync/incoming.js';
import { ingest } from '../../src/sync/ingest/ingest.js';
import { goldenDump } from '../support/golden-dump.js';
import { copyOf, type Sealer, sealedMail, sealer } from '../support/sealed.js';
import { ME, type TestState, testState } from '../support/state.js';

const HOUR = 3600_000;
const DATE = Date.UTC(2024, 5, 1);

let me: Sealer;
let copies: readonly IncomingCopy[];

beforeAll(async () => {
  me = await sealer(ME);
  const [bob, newBob, carol] = await Promise.all(
    ['bob@example.net', 'bob@example.net', 'carol@example.com'].map((address) => sealer(address)),
  );
  if (!bob || !newBob || !carol) throw new Error('There are three.');
  const mail = (id: number, from: Sealer, more: Partial<Parameters<typeof sealedMail>[0]> = {}) =>
    sealedMail({ from, to: [me], text: `text ${id}`, id: `chat$${id}@example.net`, date: DATE + id * HOUR, ...more });
  const fifth = await mail(5, bob, { withHeader: false });
  const rewritten = Buffer.from(
    Buffer.from(fifth).toString('latin1').replace('chat$5@example.net', 'server@example.net'),
    'latin1',
  );
  const sources = [
    await mail(1, bob, { sealed: false }),
    await mail(2, bob),
    await mail(3, bob, { withHeader: false }),
    await mail(4, newBob),
    rewritten,
    await mail(6, carol, { to: [me, bob], gossip: [bob] }),
    await mail(7, carol, { withHeader: false }),
    await mail(8, me, { to: [bob] }),
    // Claims the identity of another one.
    await mail(2, carol, {
      from: { ...bob, key: carol.key, keyData: carol.keyData },
      text: 'forged',
      withHeader: false,
    }),
    // The same mail once more, in another folder.
    await mail(1, bob, { sealed: false }),
  ];
  copies = sources.map((source, i) =>
    copyOf(source, { uid: i + 1, at: DATE + i * HOUR, folder: i === 7 ? 'Sent' : i === 9 ? 'Chats' : 'INBOX' }),
  );
});

/** Takes mails in and the own key, in the order of the numbers, reading again what a key came for. */
async function play(order: readonly number[], batch: number): Promise<TestState> {
  const state = await testState();
  const keys = await state.keys();
  const sorted = [...copies, undefined].map((copy, i) => ({ copy, at: order[i] ?? 0 })).sort((a, b) => a.at - b.at);
  let pending: IncomingCopy[] = [];
  const flush = async () => {
    await ingest(state.writer, keys, pending);
    pending = [];
  };
  for (const { copy } of sorted) {
    if (copy) pending.push(copy);
    if (pending.length >= batch || copy === undefined) await flush();
    if (copy === undefined) await keys.manager.importKey(me.key.bytes());
    if ((order[0] ?? 0) % 2 === 0) await readAgain(state);
  }
  await flush();
  await readAgain(state);
  return state;
}

async function readAgain(state: TestState): Promise<void> {
  for (;;) {
    const [due] = await state.store.list('retries', { limit: 1 });
    if (!due) return;
    const waiting = await state.store.list('locations', { index: 'waiting', prefix: [due.waitsFor] });
    await state.writer.run(async (tx) => tx.remove('retries', due.waitsFor));
    const again = copies.filter(({ folder, mail }) =>
      waiting.some((at) => at.folder === folder && at.uid === mail.uid),
    );
    await ingest(state.writer, await state.keys(), again);
  }
}

async function dump({ store }: TestState): Promise<string> {
  const security = (await store.list('messages')).map(
    ({ messageId, outerId, text, security: { encrypted, signature, signer } }) =>
      `${messageId} ${outerId ?? '-'} ${text}: ${encrypted} ${signature} ${signer ?? '-'}`,
  );
  const peers = (await store.list('peers')).map(({ address, state: { lastSeen, direct, gossip } }) =>
    JSON.stringify([address, lastSeen, direct, gossip]),
  );
  const waiting = (await store.list('locations')).map(({ key, waitsFor }) => `${key} ${waitsFor ?? '-'}`);
  return [await goldenDump(store), ...security.sort(), ...peers.sort(), ...waiting.sort()].join('\n');
}

it('mails and keys give the same chats, signatures and peers in any order and any batches', async () => {
  const numbers = fc.array(fc.nat(1000), { minLength: 12, maxLength: 12 });
  const expected = await dump(await play([...Array(11).keys()], 20));
  expect(expected).toContain('valid');
  await fc.assert(
    fc.asyncProperty(numbers, fc.integer({ min: 1, max: 12 }), async (order, batch) => {
      expect(await dump(await play(order, batch))).toBe(expected);
    }),
    { numRuns: 40 },
  );
}, 120_000);
