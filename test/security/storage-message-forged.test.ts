import { describe, expect, it } from 'vitest';
import { cardOf, storedCards, updateCard } from '../../src/sync/storage/cards.js';
import type { TestEngine } from '../support/engine.js';
import { useHostBench } from '../support/host-bench.js';

const BOB = 'bob@example.net';
const bench = useHostBench();

/** A storage message as anybody can write it. */
const forged = (from: string, name: string, extra: readonly string[] = []) =>
  [
    `From: ${from}`,
    'To: ada@example.org',
    `Date: ${new Date(Date.now() + 3600_000).toUTCString()}`,
    `Message-ID: <${name}@evil.example>`,
    'Chat-Version: 1.0',
    'Chat-Content: contact',
    ...extra,
    'Content-Type: text/html; charset=utf-8',
    '',
    `<div class="h-card"><div class="p-nickname">${name}</div><a class="u-email" href="mailto:${BOB}">x</a></div>`,
    '',
  ].join('\r\n');

const contacts = () => bench.mailbox.folder('COI/Contacts');
const card = (device: TestEngine) => cardOf(storedCards(device.store), BOB);
/** True once every mail of the folder was looked at. */
const looked = async (device: TestEngine) => (await device.store.count('storageMails')) >= contacts().messages.length;

async function startedAfter(...mails: readonly string[]): Promise<TestEngine> {
  const device = await bench.open();
  // Without a key plain text counts: what is read of it has to be harmless.
  await device.keys.manager.setPreferences({ enabled: false });
  await device.engine.start();
  await device.engine.stop();
  for (const mail of mails) contacts().append(mail);
  await device.engine.start();
  await device.untilChange(() => looked(device));
  return device;
}

/** Whoever gets a mail into the folder of storage messages (a filter rule, a server) must not say who is blocked, accepted or verified. */
describe('a storage message that is none of ours', () => {
  it('by somebody else counts for nothing, and stays where it is', async () => {
    const device = await startedAfter(
      forged('mallory@evil.example', 'Mallory'),
      forged('ada@example.org, mallory@evil.example', 'Both'),
      forged('"ada@example.org" <mallory@evil.example>', 'Name'),
    );
    expect((await card(device)).nickname).toBeUndefined();
    expect(contacts().messages).toHaveLength(3);
  });

  it('in plain text counts for nothing once there is a key', async () => {
    const device = await bench.start();
    expect(device.keys.manager.state()).toBe('ready');
    await device.writer.run((tx) => updateCard(tx, BOB, { nickname: 'Bobby', blocked: true }));
    await device.untilChange(async () => (await device.store.count('cards', { index: 'dirty', prefix: [1] })) === 0);
    await device.engine.stop();
    contacts().append(forged('ada@example.org', 'Forged'));
    await device.engine.start();
    await device.untilChange(() => looked(device));
    expect(await card(device)).toMatchObject({ nickname: 'Bobby', blocked: true });
  });

  it('outside of the encryption counts for nothing', async () => {
    const device = await bench.start();
    expect(device.keys.manager.state()).toBe('ready');
    await device.writer.run((tx) => updateCard(tx, BOB, { nickname: 'Bobby' }));
    await device.untilChange(async () => (await device.store.count('cards', { index: 'dirty', prefix: [1] })) === 0);
    const before = await card(device);
    await device.engine.stop();
    const raw = contacts().messages[0]?.raw.toString() ?? '';
    // The outer fields are an index for servers, and anybody can change them.
    contacts().append(`COI-Blocked: yes\r\nCOI-ClientTokenRevoked: 1900000000\r\n${raw}`);
    await device.engine.start();
    await device.untilChange(() => looked(device));
    expect(await card(device)).toEqual(before);
  });

  it.each([
    [
      'scripts and pictures from elsewhere',
      '<script>alert(1)</script><img class="u-photo" src="https://t.example/1.png">',
    ],
    ['deep nesting', '<div>'.repeat(100_000)],
    ['ten thousand addresses', '<a class="u-email" href="mailto:x@y.example">'.repeat(10_000)],
    ['a state that is no JSON', '<span class="x-coi-contact">{{{</span><span class="x-coi-address">[1]</span>'],
    ['times that want to win for ever', '<span class="x-coi-contact">{"date":1,"at":{"nickname":1e300}}</span>'],
  ])('with %s does not stop the others', async (_, html) => {
    const hostile = forged('ada@example.org', 'Hostile').replace(
      '<div class="p-nickname">',
      `${html}<div class="p-nickname">`,
    );
    const started = performance.now();
    const device = await startedAfter(hostile, forged('ada@example.org', 'Carol').replaceAll(BOB, 'carol@example.com'));
    expect(performance.now() - started).toBeLessThan(10_000);
    const carol = await cardOf(storedCards(device.store), 'carol@example.com');
    expect(carol.nickname).toBe('Carol');
    expect(device.errors).toEqual([]);
  });
});
