import { describe, expect, it } from 'vitest';
import { newChat } from '../../../src/model/chat-summary.js';
import { addressHash } from '../../../src/protocol/address-hash.js';
import { cardOf, cardPhotoBlob, cardsOf, storedCards, updateCard } from '../../../src/sync/storage/cards.js';
import { ME, testState } from '../../support/state.js';

const BOB = 'bob@example.net';

describe('the hash of an address', () => {
  it('is the one of the COI draft', () => {
    expect(addressHash('John.Doe@example.com')).toEqual({
      hex: '834d1654133366cef4d81e81a7099f413b1b85b9fc9dd62140491303dec56532',
      base64: 'g00WVBMzZs702B6BpwmfQTsbhbn8ndYhQEkTA97FZTI',
    });
  });

  it('is the same for all spellings of an address', () => {
    expect(addressHash('"bob"@BÜCHER.example').hex).toBe(addressHash('bob@xn--bcher-kva.example').hex);
  });
});

describe('a card', () => {
  it('is empty where nothing was set', async () => {
    const { store } = await testState();
    const card = await cardOf(storedCards(store), BOB);
    expect(card).toMatchObject({
      id: BOB,
      addresses: [BOB],
      blocked: false,
      listed: false,
      granted: [],
      revokedUntil: 0,
    });
    expect(card.acceptedAt).toBeUndefined();
  });

  it('keeps what was set, and is to be written into the mailbox', async () => {
    const { store, writer, changes } = await testState();
    await writer.run((tx) => updateCard(tx, BOB, { nickname: 'Bobby', accepted: true, muted: true, verified: 'AB' }));
    expect(await cardOf(storedCards(store), BOB)).toMatchObject({
      nickname: 'Bobby',
      acceptedAt: 1_000_000,
      muted: true,
      verified: 'AB',
    });
    expect((await store.list('cards', { index: 'dirty', prefix: [1] })).map(({ id }) => id)).toEqual([BOB]);
    expect(changes.at(-1)?.cards).toHaveLength(1);
  });

  it('changes only what differs', async () => {
    const { store, writer } = await testState();
    await writer.run((tx) => updateCard(tx, BOB, { nickname: 'Bobby', accepted: true }));
    const [before] = await store.get('cards', [BOB]);
    await writer.run(async (tx) => {
      if (before) tx.put('cards', { ...before, dirty: 0 });
    });
    await writer.run((tx) => updateCard(tx, BOB, { nickname: 'Bobby', accepted: true, name: null }));
    expect((await store.get('cards', [BOB]))[0]).toEqual({ ...before, dirty: 0 });
  });

  it('takes values back, and lets the newest value win when the clock stands still', async () => {
    const { writer, store } = await testState();
    for (const blocked of [true, false, true, false]) await writer.run((tx) => updateCard(tx, BOB, { blocked }));
    await writer.run((tx) => updateCard(tx, BOB, { nickname: 'Bobby' }));
    await writer.run((tx) => updateCard(tx, BOB, { nickname: null }));
    const card = await cardOf(storedCards(store), BOB);
    expect(card.blocked).toBe(false);
    expect(card.nickname).toBeUndefined();
  });

  it('collects tokens, newest first, and never takes a revocation back', async () => {
    const { writer } = await testState();
    const token = (created: number) => `1-created:${created}-validity:9-hash:h-secret:s`;
    const card = await writer.run(async (tx) => {
      for (const created of [3, 9, 1, 7, 5]) await updateCard(tx, BOB, { granted: token(created) });
      await updateCard(tx, BOB, { revokedUntil: 5000 });
      await updateCard(tx, BOB, { revokedUntil: 3999 });
      return cardOf(cardsOf(tx), BOB);
    });
    expect(card.granted).toEqual([9, 7, 5, 3].map(token));
    expect(card.revokedUntil).toBe(5000);
  });

  it('keeps its picture as a blob, and only the newest', async () => {
    const { writer, store } = await testState();
    const set = (byte: number) =>
      writer.run((tx) => updateCard(tx, BOB, { photo: { contentType: 'image/png', bytes: Uint8Array.of(byte) } }));
    await set(1);
    const first = (await cardOf(storedCards(store), BOB)).photo?.sha256 ?? '';
    await set(2);
    const second = (await cardOf(storedCards(store), BOB)).photo?.sha256 ?? '';
    const chunks: Uint8Array[] = [];
    for await (const chunk of store.readBlob(cardPhotoBlob(BOB, second))) chunks.push(chunk);
    expect(chunks).toEqual([Uint8Array.of(2)]);
    await expect(async () => {
      for await (const _ of store.readBlob(cardPhotoBlob(BOB, first))) throw new Error('still there');
    }).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('settings of chats', () => {
  it('follow from the card, whichever was there first', async () => {
    const { store, writer } = await testState();
    const chat = (id: string) => writer.run(async (tx) => tx.put('chats', newChat(id)));
    await chat('single:bob@example.net');
    await writer.run((tx) => updateCard(tx, BOB, { muted: true }));
    await writer.run((tx) => updateCard(tx, 'group:4321dcba1234', { pinned: true }));
    await writer.run((tx) => updateCard(tx, ME, { archived: true }));
    await chat('group:4321dcba1234');
    await chat('self');
    const records = await store.get('chats', ['single:bob@example.net', 'group:4321dcba1234', 'self']);
    expect(records.map((record) => [record?.muted, record?.pinned, record?.archived])).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]);
    await writer.run((tx) => updateCard(tx, BOB, { muted: false }));
    expect((await store.get('chats', ['single:bob@example.net']))[0]?.muted).toBe(0);
  });
});
