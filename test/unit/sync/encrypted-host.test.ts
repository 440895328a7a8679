import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/core/logger.js';
import { retryOpening } from '../../../src/sync/mailbox/retry-opening.js';
import { Suspects } from '../../../src/sync/mailbox/suspects.js';
import { MailHost } from '../../../src/testing/mail-host.js';
import { engineOn, imapOn, type TestEngine } from '../../support/engine.js';
import { type Sealer, sealedMail, sealer, signedMail } from '../../support/sealed.js';

const ADA = 'ada@example.org';
const MB = 1024 * 1024;
let host: MailHost;
let ada: Sealer;
let bob: Sealer;
const engines: TestEngine[] = [];

beforeEach(async () => {
  host = await MailHost.start();
  host.addUser(ADA);
  [ada, bob] = await Promise.all([sealer(ADA), sealer('bob@example.net')]);
});

afterEach(async () => {
  for (const { engine } of engines.splice(0)) await engine.close();
  await host.close();
});

async function open(options: Parameters<typeof engineOn>[1] = {}): Promise<TestEngine> {
  const test = await engineOn(host, options);
  engines.push(test);
  return test;
}

const letter = (text: string, id: string) => ({
  ...{ from: bob, to: [ada], text, id: `chat$${id}@example.net`, date: Date.now() - 60_000 },
});

async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe('encrypted mail on a server', () => {
  it('is read as it arrives', async () => {
    const test = await open();
    await test.keys.manager.importKey(ada.key.bytes());
    await test.engine.start();
    host.deliver(await sealedMail(letter('The secret', '1')), { to: ADA });
    await test.until(() => test.news.length > 0);
    expect(await test.newsTexts()).toEqual(['The secret']);
  });

  it('that could not be opened is fetched and read again once its key is imported', async () => {
    host.deliver(await sealedMail(letter('in the history', '1')), { to: ADA });
    const test = await open();
    await test.engine.start();
    host.deliver(await sealedMail(letter('live', '2')), { to: ADA });
    await test.until(() => test.news.length > 0);
    expect((await test.messages()).map(({ text, problem }) => [text, problem?.code])).toEqual([
      ['', 'undecryptable'],
      ['', 'undecryptable'],
    ]);
    await test.keys.manager.importKey(ada.key.bytes());
    await test.until(async () => (await test.messages()).every(({ problem }) => problem === undefined));
    expect((await test.texts()).sort()).toEqual(['in the history', 'live']);
    expect(test.news).toHaveLength(1);
    await test.until(async () => (await test.store.count('retries')) === 0);
  });

  it('is read again after a start, if the key was imported while there was no connection', async () => {
    host.deliver(await sealedMail(letter('The secret', '1')), { to: ADA });
    const test = await open();
    await test.engine.start();
    await test.engine.stop();
    await test.keys.manager.importKey(ada.key.bytes());
    expect(await test.store.count('retries')).toBe(1);
    const again = await open({ store: test.store });
    await again.engine.start();
    await again.until(async () => (await again.store.count('retries')) === 0);
    expect(await again.texts()).toEqual(['The secret']);
  });

  it('is read again although a folder with more of it was deleted', async () => {
    host.deliver(await sealedMail(letter('The secret', '1')), { to: ADA });
    const test = await open();
    await test.engine.start();
    await test.engine.stop();
    const [copy] = await test.store.list('locations');
    const [folder] = await test.store.list('folders');
    if (copy === undefined || folder === undefined) throw new Error('nothing was taken in');
    await test.writer.run(async (tx) => {
      tx.put('locations', { ...copy, key: 'gone', folder: 'Gone' });
      tx.put('folders', { ...folder, path: 'Gone' });
    });
    await test.keys.manager.importKey(ada.key.bytes());
    const { store, writer, keys } = test;
    const imap = await imapOn(host, ADA, host.settings(ADA).password);
    await imap.connect();
    const context = { store, writer, keys, logger: silentLogger, suspects: new Suspects() };
    expect(await retryOpening(context, imap, new AbortController().signal)).toBe(false);
    await imap.close();
    expect(await test.texts()).toEqual(['The secret']);
  });

  it('is fetched whole when it is large, and its file is opened again to be downloaded', async () => {
    const test = await open();
    await test.keys.manager.importKey(ada.key.bytes());
    await test.engine.start();
    const content = randomBytes(2 * MB);
    const mail = { ...letter('Look', '1'), attachments: [{ filename: 'film.mp4', content }] };
    host.deliver(await sealedMail(mail), { to: ADA });
    await test.until(() => test.news.length > 0);
    const [message] = await test.messages();
    const [file] = message?.attachments ?? [];
    expect(message).toMatchObject({ text: 'Look', security: { encrypted: true, signature: 'valid' } });
    expect(file).toMatchObject({ filename: 'film.mp4', size: 2 * MB });
    expect(file).not.toHaveProperty('blob');
    const loaded = await bytesOf(test.engine.download(message?.key ?? '', file?.part ?? ''));
    expect(loaded.equals(content)).toBe(true);
  });

  it('that is only signed is fetched whole as well', async () => {
    const test = await open();
    await test.engine.start();
    const content = randomBytes(MB);
    host.deliver(await signedMail(bob, ADA, 'Signed words', content), { to: ADA });
    await test.until(() => test.news.length > 0);
    const [message] = await test.messages();
    expect(message?.security).toMatchObject({ encrypted: false, signature: 'valid', signer: bob.key.fingerprint });
    const [file] = message?.attachments ?? [];
    const loaded = await bytesOf(test.engine.download(message?.key ?? '', file?.part ?? ''));
    expect(loaded.equals(content)).toBe(true);
  });
});
