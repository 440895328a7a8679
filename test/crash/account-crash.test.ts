import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Account } from 'coi-sdk';
import { MailHost } from 'coi-sdk/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually, temporaryDirectory } from '../servers/temp.js';
import { startChild } from './child-process.js';

const quiet = { logger: { log() {} } };

describe('an account whose process is killed', () => {
  let host: MailHost;
  let directory: string;

  beforeEach(async () => {
    host = await MailHost.start({ domain: 'example.org' });
    host.addUser('ada@example.org', 'secret');
    host.addUser('bob@example.org', 'secret');
    directory = (await temporaryDirectory('coi-crash-')).path;
  });
  afterEach(async () => {
    await host.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('sends every accepted message, and the other side shows each once', { timeout: 120_000 }, async () => {
    const options = { ...host.settings('ada@example.org'), store: join(directory, 'ada.db') };
    const total = 60;
    const reported: string[] = [];
    let rounds = 0;
    for (; reported.length < total; rounds++) {
      const from = reported.length;
      const child = startChild('send-child.ts', { options, peer: 'bob@example.org', round: rounds, from, to: total });
      // Killed after some more have been accepted, at another point of the work each time.
      const goal = Math.min(total, from + 9 + (rounds % 5)) - 1;
      await child.line((line) => line === `accepted message ${goal} of round ${rounds}`);
      await new Promise((resolve) => setTimeout(resolve, (rounds * 7) % 23));
      await child.kill();
      for (const line of child.lines) if (line.startsWith('accepted ')) reported.push(line.slice('accepted '.length));
    }
    const last = startChild('send-child.ts', {
      options,
      peer: 'bob@example.org',
      round: rounds,
      from: total,
      to: total,
    });
    expect(await last.exited).toBe(0);
    expect(last.lines).toContain('all sent');

    const bob = await Account.open({ ...host.settings('bob@example.org'), ...quiet });
    const complete = new Promise<void>((resolve) => {
      bob.on('sync', (progress) => {
        if (progress.complete) resolve();
      });
    });
    await bob.start();
    await complete;
    const texts: string[] = [];
    for await (const message of (await bob.chat('ada@example.org')).messages()) texts.push(message.text);
    await bob.close();
    expect(new Set(texts).size).toBe(texts.length);
    // Beyond those, a message may have been accepted just before a kill that came before the report.
    expect(texts).toEqual(expect.arrayContaining(reported));
    expect(texts.length).toBeLessThanOrEqual(total + rounds);

    const ada = await Account.open({ ...options, ...quiet });
    await ada.start();
    // What was sent just before a kill is filed after the restart: each message once.
    await eventually(() => {
      const own = host.mailbox('ada@example.org');
      const copies = [...own.folder('COI/Chats').messages, ...own.folder('Sent').messages];
      const ids = copies.map((copy) => /^Message-ID: (.*)$/im.exec(Buffer.from(copy.raw).toString())?.[1]);
      expect(ids.length).toBe(texts.length);
      expect(new Set(ids).size).toBe(texts.length);
    });
    await ada.close();
  });

  it('goes on with the first synchronisation where it was', { timeout: 120_000 }, async () => {
    const total = 900;
    for (let index = 0; index < total; index++) {
      const peer = `peer${index % 7}@example.net`;
      host.deliver(
        `From: ${peer}\r\nTo: ada@example.org\r\nMessage-ID: <chat$${index}@example.net>\r\nChat-Version: 1.0\r\n` +
          `Date: ${new Date(Date.UTC(2026, 0, 1) + index * 60_000).toUTCString()}\r\n\r\nmail ${index}\r\n`,
        { to: ['ada@example.org'] },
      );
    }
    const options = { ...host.settings('ada@example.org'), store: join(directory, 'ada.db') };
    for (let round = 0; round < 4; round++) {
      const child = startChild('sync-child.ts', { options });
      await child.line((line) => line.startsWith('INBOX '));
      await new Promise((resolve) => setTimeout(resolve, round * 15));
      await child.kill();
    }
    const last = startChild('sync-child.ts', { options });
    expect(await last.exited).toBe(0);

    const ada = await Account.open({ ...options, ...quiet });
    const texts: string[] = [];
    for (const chat of await ada.chats.list()) {
      for await (const message of chat.messages()) texts.push(message.text);
    }
    await ada.close();
    expect(texts.length).toBe(total);
    expect(new Set(texts).size).toBe(total);
  });
});
