import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MailHost } from 'coi-sdk/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../servers/temp.js';
import { startChild } from './child-process.js';

describe('a process ends by itself after an account', () => {
  let host: MailHost;
  let directory: string;

  beforeEach(async () => {
    host = await MailHost.start({ domain: 'example.org' });
    host.addUser('ada@example.org', 'secret');
    host.addUser('bob@example.org', 'secret');
    directory = (await temporaryDirectory('coi-exit-')).path;
  });
  afterEach(async () => {
    await host.close();
    await rm(directory, { recursive: true, force: true });
  });

  const ways = {
    'started and closed': [],
    'stopped only': [],
    'opened only': [],
    'closed while it starts': [],
    'closed while it waits for the network': [],
    'failed to start': ['failed IMAP_AUTH_FAILED'],
    wiped: [],
    'a bot that is stopped': [],
  };
  it.each(Object.entries(ways))('%s', { timeout: 60_000 }, async (way, lines) => {
    const options = host.settings('ada@example.org');
    const child = startChild('exit-child.ts', { way, options, store: join(directory, 'ada.db') });
    // Nothing but the end of the process closes its output; timers or sockets left behind would keep it for minutes.
    expect(await child.exited).toBe(0);
    expect(child.lines).toEqual([...lines, 'nothing to do']);
  });
});
