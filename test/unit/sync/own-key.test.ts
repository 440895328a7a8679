import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeSetupMessage } from '../../../src/autocrypt/setup-message.js';
import { silentLogger } from '../../../src/core/logger.js';
import { makeOwnKey } from '../../../src/sync/mailbox/own-key.js';
import { MailHost } from '../../../src/testing/mail-host.js';
import { engineOn, rawMail, type TestEngine } from '../../support/engine.js';
import { FakeImap } from '../../support/fake-imap.js';
import { type Sealer, sealedMail, sealer } from '../../support/sealed.js';

const ADA = 'ada@example.org';
let host: MailHost;
const engines: TestEngine[] = [];

beforeEach(async () => {
  host = await MailHost.start();
  host.addUser(ADA);
});

afterEach(async () => {
  for (const { engine } of engines.splice(0)) await engine.close();
  await host.close();
});

async function start(): Promise<TestEngine> {
  const test = await engineOn(host);
  engines.push(test);
  await test.engine.start();
  return test;
}

/** So many that the first screen does not take all of them in. */
function fill(folder: string): void {
  const base = Date.UTC(2026, 0, 1);
  for (let i = 0; i < 1100; i++) {
    const date = new Date(base + i * 60_000);
    host
      .mailbox(ADA)
      .folder(folder)
      .append(rawMail({ text: `mail ${i}`, date }), { internalDate: date.getTime() });
  }
}

const OLD = new Date(Date.UTC(2025, 0, 1));

async function ownMail(ada: Sealer, sealed: boolean): Promise<Uint8Array> {
  const bob = await sealer('bob@example.net');
  return sealedMail({ from: ada, to: [bob], text: 'x', id: 'chat$own@example.org', date: OLD.getTime(), sealed });
}

describe('the key of a mailbox', () => {
  it('is there when the first start of an empty mailbox is done, and stays the same', async () => {
    const test = await engineOn(host);
    engines.push(test);
    expect(test.keys.manager.state()).toBe('none');
    await test.engine.start();
    expect(test.keys.manager.state()).toBe('ready');
    const { fingerprint } = test.keys.manager.ownKeys[0] ?? {};
    await test.engine.stop();
    await test.engine.start();
    await test.complete();
    expect(test.keys.manager.ownKeys.map((key) => key.fingerprint)).toEqual([fingerprint]);
  });

  it('is made once, when the user makes one at the same time', async () => {
    const test = await engineOn(host);
    engines.push(test);
    const { keys, writer, identity } = test;
    const byUser = keys.manager.create();
    const context = { keys, writer, identity, logger: silentLogger };
    await makeOwnKey(context, new FakeImap(), [], new AbortController().signal);
    expect(keys.manager.ownKeys).toEqual([await byUser]);
  });

  it('is not made where Sent shows mail of ours with a key', async () => {
    host
      .mailbox(ADA)
      .folder('Sent')
      .append(await ownMail(await sealer(ADA), false), { internalDate: OLD.getTime() });
    const test = await start();
    expect(test.keys.manager.state()).toBe('import-needed');
    expect(test.keys.manager.ownKeys).toEqual([]);
  });

  it.each([
    ['with a key', false],
    ['that is encrypted', true],
  ])('is not made where mail of ours %s lies deep in a large mailbox', async (_, sealed) => {
    host
      .mailbox(ADA)
      .folder('Sent')
      .append(await ownMail(await sealer(ADA), sealed), { internalDate: OLD.getTime() });
    fill('Sent');
    const test = await start();
    await test.until(() => test.keys.manager.state() !== 'none');
    expect(test.keys.manager.state()).toBe('import-needed');
  });

  it('is not made where there is a setup message', async () => {
    const ada = await sealer(ADA);
    const { mail } = await writeSetupMessage({
      ...{ address: ADA, key: ada.key, preferEncrypt: 'mutual', now: OLD.getTime() },
    });
    host.mailbox(ADA).folder('INBOX').append(mail, { internalDate: OLD.getTime() });
    fill('INBOX');
    const test = await start();
    await test.until(() => test.keys.manager.state() !== 'none');
    expect(test.keys.manager.state()).toBe('import-needed');
  });

  it('is made in a large mailbox that has only keys of others', async () => {
    const other = await sealer(`x${ADA}`);
    const bob = await sealer('bob@example.net');
    const draft = { from: other, to: [bob], text: 'x', id: 'chat$1@example.org', date: OLD.getTime(), sealed: false };
    host
      .mailbox(ADA)
      .folder('INBOX')
      .append(await sealedMail(draft), { internalDate: OLD.getTime() });
    fill('INBOX');
    const test = await start();
    await test.until(() => test.keys.manager.state() !== 'none');
    expect(test.keys.manager.state()).toBe('ready');
  });

  it('is not made if the user switched Autocrypt off', async () => {
    const test = await engineOn(host);
    engines.push(test);
    await test.keys.manager.setPreferences({ enabled: false });
    await test.engine.start();
    await test.complete();
    expect(test.keys.manager.ownKeys).toEqual([]);
  });
});
