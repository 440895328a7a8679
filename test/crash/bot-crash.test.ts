import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MailHost } from 'coi-sdk/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually, temporaryDirectory } from '../servers/temp.js';
import { startChild } from './child-process.js';

describe('a bot whose process is killed', () => {
  let host: MailHost;
  let directory: string;
  let delivered = 0;

  beforeEach(async () => {
    host = await MailHost.start({ domain: 'example.org' });
    host.addUser('bot@example.org', 'secret');
    host.addUser('ada@example.org', 'secret');
    directory = (await temporaryDirectory('coi-bot-crash-')).path;
    delivered = 0;
  });
  afterEach(async () => {
    await host.close();
    await rm(directory, { recursive: true, force: true });
  });

  function deliver(count: number): void {
    for (let i = 0; i < count; i++, delivered++) {
      host.deliver(
        `From: Ada <ada@example.org>\r\nTo: bot@example.org\r\nMessage-ID: <chat$q${delivered}@example.org>\r\n` +
          `Chat-Version: 1.0\r\nDate: ${new Date(Date.UTC(2026, 0, 1) + delivered * 60_000).toUTCString()}\r\n\r\n` +
          `question ${delivered}\r\n`,
      );
    }
  }

  const start = (hangOn?: string) =>
    startChild('bot-child.ts', {
      options: { ...host.settings('bot@example.org'), store: join(directory, 'bot.db') },
      hangOn,
    });
  const texts = (lines: readonly string[], what: string) =>
    lines.filter((line) => line.startsWith(`${what} `)).map((line) => line.slice(what.length + 1));
  const answers = () =>
    host
      .mailbox('ada@example.org')
      .folder('INBOX')
      .messages.map(({ raw }) => /^answer to (question \d+)/m.exec(raw.toString())?.[1]);

  it('handles the message again that it was handling, and no other', { timeout: 60_000 }, async () => {
    const first = start('question 2');
    await first.line((line) => line === 'up');
    deliver(5);
    await first.line((line) => line === 'begin question 2');
    await first.kill();
    expect(texts(first.lines, 'end')).toEqual(['question 0', 'question 1']);

    // Comes while nobody is there.
    deliver(1);
    const second = start();
    await second.line((line) => line === 'end question 5');
    // The one that hung, those that waited behind it, and the new one; in their order.
    const open = ['question 2', 'question 3', 'question 4', 'question 5'];
    expect(texts(second.lines, 'begin')).toEqual(open);
    expect(texts(second.lines, 'error')).toEqual([]);
    await eventually(() => expect(answers().sort()).toEqual([0, 1, 2, 3, 4, 5].map((n) => `question ${n}`)));
    await second.kill();

    // The last acknowledgement may not have reached the disk before the kill.
    const third = start();
    await third.line((line) => line === 'up');
    deliver(1);
    await third.line((line) => line === 'end question 6');
    await third.kill();
    expect(texts(third.lines, 'begin').filter((text) => text !== 'question 5')).toEqual(['question 6']);
  });

  it('misses nothing, wherever it is killed', { timeout: 120_000 }, async () => {
    const total = 30;
    let child = start();
    await child.line((line) => line === 'up');
    deliver(total);
    const begun: string[] = [];
    const ended = new Set<string>();
    const collect = () => {
      begun.push(...texts(child.lines, 'begin'));
      for (const text of texts(child.lines, 'end')) ended.add(text);
    };
    const last = `question ${total - 1}`;
    let kills = 0;
    for (; kills < 5 && !ended.has(last); kills++) {
      // Killed when it has begun some more, at another point of the work each time.
      const enough = () => texts(child.lines, 'begin').length > 2 || texts(child.lines, 'end').includes(last);
      await child.line(enough);
      await new Promise((resolve) => setTimeout(resolve, (kills * 5) % 17));
      await child.kill();
      collect();
      child = start();
    }
    if (!ended.has(last)) await child.line((line) => line === `end ${last}`);
    else await child.line((line) => line === 'up');
    await eventually(() => expect(new Set(answers()).size).toBe(total));
    await child.kill();
    collect();
    const all = Array.from({ length: total }, (_, n) => `question ${n}`);
    expect([...ended].sort()).toEqual([...all].sort());
    // In order, but for the one message of each kill that is handled again.
    expect([...new Set(begun)]).toEqual(all);
    expect(begun.length).toBeLessThanOrEqual(total + kills);
    expect(answers().length).toBeLessThanOrEqual(total + kills);
  });
});
