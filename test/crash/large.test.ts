import { createHash } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MailHost } from 'coi-sdk/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../servers/temp.js';
import { type Sealer, sealedMail, sealer } from '../support/sealed.js';
import { type Child, startChild } from './child-process.js';

const ADA = 'ada@example.org';
const BOB = 'bob@example.net';
const MOST_GROWTH = 250_000_000;

/** The host runs here, so that what it keeps is not counted. */
describe('an encrypted message with a file of 25 MB', () => {
  const file = Uint8Array.from({ length: 25_000_000 }, (_, i) => (i * 2_654_435_761) >>> 24);
  let host: MailHost;
  let directory: string;
  let ada: Sealer;
  let bob: Sealer;
  let count = 0;

  beforeEach(async () => {
    host = await MailHost.start({ domain: 'example.org' });
    host.addUser(ADA, 'secret');
    directory = (await temporaryDirectory('coi-large-')).path;
    [ada, bob] = await Promise.all([sealer(ADA), sealer(BOB)]);
  });
  afterEach(async () => {
    await host.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function deliver(text: string, content?: Uint8Array): Promise<void> {
    const id = `chat$${++count}@example.net`;
    const attachments = content ? [{ filename: 'film.mp4', content }] : [];
    const mail = await sealedMail({ from: bob, to: [ada], text, id, date: Date.now() - 60_000, attachments });
    host.deliver(mail, { to: ADA });
  }

  async function start(path?: string): Promise<Child> {
    const options = { ...host.settings(ADA), store: join(directory, 'ada.db') };
    const child = startChild('large-child.ts', { options, key: ada.key.armored(), peer: BOB, path });
    await child.line((line) => line === 'started');
    await deliver('small', file.subarray(0, 9));
    await child.line((line) => line === 'ready');
    return child;
  }

  async function growthOf(child: Child): Promise<number> {
    const line = await child.line((said) => said.startsWith('growth '));
    expect(await child.exited).toBe(0);
    return Number(line.split(' ')[1]);
  }

  it('comes in, and its file is downloaded, in less than 250 MB', { timeout: 120_000 }, async () => {
    const child = await start();
    await deliver('large', file);
    expect(await growthOf(child)).toBeLessThan(MOST_GROWTH);
    expect(child.lines).toContain(`sha256 ${createHash('sha256').update(file).digest('hex')}`);
  });

  it('goes out, and its copy is filed, in less than 250 MB', { timeout: 120_000 }, async () => {
    const path = join(directory, 'film.mp4');
    await writeFile(path, file);
    const child = await start(path);
    const large = () =>
      host
        .mailbox(ADA)
        .folder('COI/Chats')
        .messages.some(({ raw }) => raw.length > file.length);
    await expect.poll(large, { timeout: 60_000 }).toBe(true);
    await deliver('filed');
    expect(await growthOf(child)).toBeLessThan(MOST_GROWTH);
    expect(child.lines).toContain('encrypted true');
    expect(host.sent.at(-1)?.raw.includes('multipart/encrypted')).toBe(true);
  });
});
