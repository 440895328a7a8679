import { describe, expect, it } from 'vitest';
import { type CardPatch, cardOf, storedCards, updateCard } from '../../../src/sync/storage/cards.js';
import type { TestEngine } from '../../support/engine.js';
import { useHostBench } from '../../support/host-bench.js';

const BOB = 'bob@example.net';
const bench = useHostBench();

const set = (device: TestEngine, address: string, patch: CardPatch) =>
  device.writer.run((tx) => updateCard(tx, address, patch));
const card = (device: TestEngine, address = BOB) => cardOf(storedCards(device.store), address);
const contacts = () => bench.mailbox.folder('COI/Contacts');
const clean = async (device: TestEngine) => (await device.store.count('cards', { index: 'dirty', prefix: [1] })) === 0;

/** Resolves when the device has nothing left to write. */
const written = (device: TestEngine) => device.untilChange(() => clean(device));

/** Looks into the folder again. This host tells nobody about folders that are not open. */
async function again(device: TestEngine): Promise<void> {
  await device.engine.stop();
  await device.engine.start();
}

describe('storage messages', () => {
  it('bring what one device sets to the other', async () => {
    const phone = await bench.start();
    const laptop = await bench.start();
    await set(phone, BOB, { nickname: 'Bobby', blocked: true, muted: true, accepted: true, verified: 'ab' });
    await written(phone);
    await again(laptop);
    await laptop.untilChange(async () => (await card(laptop)).nickname === 'Bobby');
    expect(await card(laptop)).toMatchObject({ blocked: true, muted: true, verified: 'ab' });
    expect((await card(laptop)).acceptedAt).toBe((await card(phone)).acceptedAt);
    expect(contacts().messages).toHaveLength(1);
    expect(phone.errors).toEqual([]);
  });

  it('replace the one before', async () => {
    const phone = await bench.start();
    for (const nickname of ['a', 'b', 'c']) {
      await set(phone, BOB, { nickname });
      await written(phone);
    }
    await contacts().until(({ messages }) => messages.length === 1);
    const fresh = await bench.start();
    await fresh.untilChange(async () => (await card(fresh)).nickname === 'c');
  });

  it('restore everything after the store was lost', async () => {
    const phone = await bench.start();
    await set(phone, BOB, {
      nickname: 'Bobby',
      photo: { contentType: 'image/png', bytes: Uint8Array.of(1, 2, 3) },
      categories: ['friend'],
      pinned: true,
      profileSent: 'v1',
      granted: '1-created:5-secret:x',
      revokedUntil: 9000,
    });
    await written(phone);
    const before = await card(phone);
    await phone.engine.close();
    const fresh = await bench.start();
    await fresh.untilChange(async () => (await card(fresh)).nickname === 'Bobby');
    expect(await card(fresh)).toEqual(before);
  });

  it('are written when there is a connection again', async () => {
    const phone = await bench.open();
    await set(phone, BOB, { nickname: 'offline' });
    await phone.engine.start();
    await written(phone);
    expect(contacts().messages).toHaveLength(1);
  });

  it('join what two devices wrote without knowing of each other', async () => {
    const phone = await bench.start();
    const laptop = await bench.start();
    await Promise.all([phone.engine.stop(), laptop.engine.stop()]);
    await set(phone, BOB, { nickname: 'Bobby', muted: true });
    await set(laptop, BOB, { status: 'away', blocked: true });
    await phone.engine.start();
    await written(phone);
    await laptop.engine.start();
    await laptop.untilChange(async () => (await card(laptop)).muted === true && (await clean(laptop)));
    await contacts().until(({ messages }) => messages.length === 1);
    await again(phone);
    await phone.untilChange(async () => (await card(phone)).blocked && (await clean(phone)));
    expect(await card(phone)).toEqual(await card(laptop));
    expect(await card(phone)).toMatchObject({ nickname: 'Bobby', status: 'away', muted: true, blocked: true });
  });

  it('are encrypted once there is a key, and the plain ones go', async () => {
    const phone = await bench.start();
    if (phone.keys.manager.state() === 'none') await set(phone, BOB, { nickname: 'before' });
    await written(phone);
    await phone.engine.stop();
    if (phone.keys.manager.state() === 'none') await phone.keys.manager.create();
    await set(phone, BOB, { nickname: 'SecretName', blocked: true });
    await phone.engine.start();
    await written(phone);
    await contacts().until(({ messages }) => messages.length === 1);
    const text = contacts().messages[0]?.raw.toString() ?? '';
    expect(text).toContain('multipart/encrypted');
    expect(text).not.toContain('SecretName');
    expect(text).not.toContain('h-card');
    // What servers look for.
    expect(text).toMatch(/^COI-From-Hash: [0-9a-f]{64}\r$/m);
    expect(text).toMatch(/^COI-Blocked: yes\r$/m);
  });

  it('are no messages of any chat', async () => {
    const phone = await bench.start();
    await set(phone, BOB, { nickname: 'Bobby' });
    await written(phone);
    const fresh = await bench.start();
    await fresh.untilChange(async () => (await card(fresh)).nickname === 'Bobby');
    expect(await fresh.messages()).toEqual([]);
    expect(await fresh.store.list('chats')).toEqual([]);
  });
});
