import { describe, expect, it } from 'vitest';
import { type CardPatch, cardOf, storedCards, updateCard } from '../../../src/sync/storage/cards.js';
import { rawMail, type TestEngine } from '../../support/engine.js';
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

/** A further device of the same user, to which the key was brought. */
async function further(device: TestEngine): Promise<TestEngine> {
  const other = await bench.open();
  await other.keys.manager.importKey(await device.keys.manager.exportKey());
  await other.engine.start();
  await other.complete();
  return other;
}

/** Looks into the folder again. This host tells nobody about folders that are not open. */
async function again(device: TestEngine): Promise<void> {
  await device.engine.stop();
  await device.engine.start();
}

/** The server replaces the one mail by a copy with its tokens. */
function giveTokens(tokenIn: string, tokenOut: string, internalDate: number): void {
  const [mail] = contacts().messages;
  if (mail === undefined) throw new Error('There is no storage message.');
  const kept = mail.raw.toString('latin1').replace(/^COI-Token(?:In|Out):.*\r\n/gm, '');
  contacts().expunge([mail.uid]);
  contacts().append(`COI-TokenIn: ${tokenIn}\r\nCOI-TokenOut: ${tokenOut}\r\n${kept}`, { internalDate });
}

describe('storage messages', () => {
  it('bring what one device sets to the other', async () => {
    const phone = await bench.start();
    const laptop = await further(phone);
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
    const fresh = await further(phone);
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
    const fresh = await further(phone);
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
    const laptop = await further(phone);
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
    const phone = await bench.open();
    await phone.keys.manager.setPreferences({ enabled: false });
    await phone.engine.start();
    await set(phone, BOB, { nickname: 'BeforeKey', blocked: true });
    await written(phone);
    expect(contacts().messages[0]?.raw.toString()).toContain('BeforeKey');
    await phone.engine.stop();
    await phone.keys.manager.setPreferences({ enabled: true });
    await phone.keys.manager.create();
    await phone.engine.start();
    const text = () => contacts().messages.map(({ raw }) => raw.toString());
    await contacts().until(() => text().length === 1 && text()[0]?.includes('multipart/encrypted') === true);
    expect(text()[0]).not.toContain('BeforeKey');
    expect(text()[0]).not.toContain('h-card');
    // What servers look for.
    expect(text()[0]).toMatch(/^COI-From-Hash: [0-9a-f]{64}\r$/m);
    expect(text()[0]).toMatch(/^COI-Blocked: yes\r$/m);
    const fresh = await further(phone);
    await fresh.untilChange(async () => (await card(fresh)).nickname === 'BeforeKey');
  });

  it('wait for the key on a device that has none, and are read when it comes', async () => {
    const phone = await bench.start();
    await set(phone, BOB, { nickname: 'Bobby' });
    await written(phone);
    // As if the phone had announced its key.
    const announced = `Autocrypt: ${await phone.keys.manager.headerFor()}\r\n${rawMail({ from: 'ada@example.org', to: BOB, text: 'hi' })}`;
    bench.mailbox.folder('Sent').append(announced);
    const laptop = await bench.start();
    expect(laptop.keys.manager.state()).toBe('import-needed');
    await set(laptop, BOB, { status: 'set meanwhile' });
    await laptop.keys.manager.importKey(await phone.keys.manager.exportKey());
    await laptop.untilChange(async () => (await card(laptop)).nickname === 'Bobby' && (await clean(laptop)));
    expect(await card(laptop)).toMatchObject({ nickname: 'Bobby', status: 'set meanwhile' });
    expect(contacts().messages.every(({ raw }) => raw.toString().includes('multipart/encrypted'))).toBe(true);
  });

  it.each([
    ['with keys', true],
    ['in plain text', false],
  ] as const)("keep a server's tokens (%s)", async (_, keys) => {
    const phone = await bench.open();
    if (!keys) await phone.keys.manager.setPreferences({ enabled: false });
    await phone.engine.start();
    await set(phone, BOB, { nickname: 'Bobby' });
    await written(phone);
    await phone.engine.stop();
    giveTokens('in-1', 'out-1', Date.UTC(2026, 0, 1));
    await phone.engine.start();
    await phone.untilChange(async () => (await card(phone)).serverTokenOut === 'out-1');
    expect(await card(phone)).toMatchObject({ nickname: 'Bobby', serverTokenIn: 'in-1' });

    // Our next mail has them in the place where the server looks for them.
    await set(phone, BOB, { nickname: 'Bob' });
    await written(phone);
    await contacts().until(({ messages }) => messages.length === 1);
    const ours = contacts().messages[0]?.raw.toString() ?? '';
    expect(ours.split('\r\n\r\n')[0]).toMatch(/^COI-TokenIn: in-1\r?$/m);
    expect(ours.split('\r\n\r\n')[0]).toMatch(/^COI-TokenOut: out-1\r?$/m);

    // A token that the server gives later counts, although the mail is as old as before; and smaller ones do, too.
    await phone.engine.stop();
    giveTokens('a-2', 'a-2', Date.UTC(2026, 0, 2));
    await phone.engine.start();
    await phone.untilChange(async () => (await card(phone)).serverTokenOut === 'a-2' && (await clean(phone)));
    expect(await card(phone)).toMatchObject({ nickname: 'Bob', serverTokenIn: 'a-2' });
    expect(contacts().messages).toHaveLength(1);
    if (!keys) return;
    const fresh = await further(phone);
    await fresh.untilChange(async () => (await card(fresh)).nickname === 'Bob');
    expect(await card(fresh)).toEqual(await card(phone));
  });

  it('bring the settings of groups to the other devices, joined, in one mail', async () => {
    const group = 'group:Abcdefghijkl123456';
    const phone = await bench.start();
    await set(phone, group, { muted: true, archived: true });
    await written(phone);
    const laptop = await further(phone);
    await laptop.untilChange(async () => (await card(laptop, group)).muted === true);
    await Promise.all([phone.engine.stop(), laptop.engine.stop()]);
    await set(phone, group, { archived: false });
    await set(laptop, group, { pinned: true });
    await phone.engine.start();
    await written(phone);
    await laptop.engine.start();
    await laptop.untilChange(async () => (await card(laptop, group)).archived === false && (await clean(laptop)));
    await contacts().until(({ messages }) => messages.length === 1);
    await again(phone);
    await phone.untilChange(async () => (await card(phone, group)).pinned === true && (await clean(phone)));
    expect(await card(phone, group)).toEqual(await card(laptop, group));
    expect(await card(phone, group)).toMatchObject({ muted: true, pinned: true, archived: false });
    expect(contacts().messages[0]?.raw.toString()).toContain('multipart/encrypted');
  });

  it('replace the one before without UIDPLUS, too', async () => {
    await bench.restart({ capabilities: { uidplus: false } });
    const phone = await bench.start();
    for (const nickname of ['a', 'b']) {
      await set(phone, BOB, { nickname });
      await written(phone);
    }
    await again(phone);
    const left = () => contacts().messages.filter(({ flags }) => !flags.has('\\Deleted'));
    await contacts().until(() => left().length === 1);
    const fresh = await further(phone);
    await fresh.untilChange(async () => (await card(fresh)).nickname === 'b');
    expect(phone.errors).toEqual([]);
  });

  it('are cleared up where the one before stayed, as after a crash between the two steps', async () => {
    const phone = await bench.start();
    await set(phone, BOB, { nickname: 'old', muted: true });
    await written(phone);
    const before = contacts().messages[0]?.raw ?? '';
    await set(phone, BOB, { nickname: 'new' });
    await written(phone);
    await contacts().until(({ messages }) => messages.length === 1);
    await phone.engine.stop();
    contacts().append(before);
    await phone.engine.start();
    await contacts().until(({ messages }) => messages.length === 1);
    expect(await card(phone)).toMatchObject({ nickname: 'new', muted: true });
    const fresh = await further(phone);
    await fresh.untilChange(async () => (await card(fresh)).nickname === 'new');
    expect(await card(fresh)).toEqual(await card(phone));
  });

  it('are no messages of any chat', async () => {
    const phone = await bench.start();
    await set(phone, BOB, { nickname: 'Bobby' });
    await written(phone);
    const fresh = await further(phone);
    await fresh.untilChange(async () => (await card(fresh)).nickname === 'Bobby');
    expect(await fresh.messages()).toEqual([]);
    expect(await fresh.store.list('chats')).toEqual([]);
  });
});
