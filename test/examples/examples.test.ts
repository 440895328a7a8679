import { type ChildProcess, spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Account, isGroup, type Message } from 'coi-sdk';
import { MailHost } from 'coi-sdk/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../servers/temp.js';

const root = join(import.meta.dirname, '../..');

describe('the examples', () => {
  let host: MailHost;
  let directory: string;
  let bob: Account;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    host = await MailHost.start({ domain: 'example.org' });
    host.addUser('ada@example.org', 'secret');
    host.addUser('bob@example.org', 'secret');
    directory = (await temporaryDirectory('coi-example-')).path;
    bob = await Account.open({ ...host.settings('bob@example.org'), logger: { log() {} } });
    await bob.start();
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await bob.close();
    await host.close();
    await rm(directory, { recursive: true, force: true });
  });

  /** Starts an example as Ada; collects what it prints. */
  function start(name: string, ...args: string[]) {
    const { email, password, imap, smtp } = host.settings('ada@example.org');
    const child = spawn(process.execPath, ['--import', 'tsx', join(root, 'examples', name), ...args], {
      cwd: root,
      env: {
        ...process.env,
        EMAIL: email,
        PASSWORD: password,
        IMAP_HOST: imap.host,
        IMAP_PORT: String(imap.port),
        SMTP_HOST: smtp.host,
        SMTP_PORT: String(smtp.port),
        ALLOW_INSECURE: '1',
        STORE: join(directory, `${name}.db`),
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    children.push(child);
    let output = '';
    const changed = new Set<() => void>();
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        for (const notify of changed) notify();
      });
    }
    const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
    return {
      stdin: child.stdin,
      exited,
      kill: (signal: NodeJS.Signals) => child.kill(signal),
      output: () => output,
      prints: (text: string) =>
        new Promise<void>((resolve, reject) => {
          const check = () => {
            if (!output.includes(text)) return;
            changed.delete(check);
            resolve();
          };
          changed.add(check);
          check();
          void exited.then((code) => {
            if (changed.has(check)) reject(new Error(`${name} ended with ${code}:\n${output}`));
          });
        }),
    };
  }

  const received = (text: string) =>
    new Promise<Message>((resolve) => {
      bob.on('message', (message) => {
        if (message.text === text) resolve(message);
      });
    });

  it('echo-bot answers messages and commands, and stops on SIGTERM', async () => {
    const bot = start('echo-bot.ts');
    await bot.prints('is listening');
    const chat = await bob.chat('ada@example.org');
    const echo = received('You said: hello');
    await chat.send('hello');
    await echo;
    const pong = received('pong');
    await chat.send('/ping');
    await pong;
    bot.kill('SIGTERM');
    expect(await bot.exited).toBe(0);
  });

  it('terminal-chat sends what is typed and shows what arrives', async () => {
    const terminal = start('terminal-chat.ts', 'bob@example.org');
    await terminal.prints('(online)');
    const typed = received('typed in a terminal');
    terminal.stdin.write('typed in a terminal\n');
    await (await typed).reply('seen on a phone');
    await terminal.prints('bob@example.org: seen on a phone');
    terminal.stdin.write('/file does-not-exist.jpg\n');
    await terminal.prints('does-not-exist.jpg');
    terminal.stdin.write('/quit\n');
    expect(await terminal.exited).toBe(0);
  });

  it('receipts tells when a message was read, and ends', async () => {
    // Somebody who uses a chat program is asked for a receipt.
    await (await (await bob.chat('ada@example.org')).send('hello')).sent();
    const arrived = received('Did you see this?');
    const example = start('receipts.ts', 'bob@example.org', 'Did', 'you', 'see', 'this?');
    const message = await arrived;
    await example.prints('Did you see this? ✓\n');
    expect(example.output()).not.toContain('read');
    await message.markRead();
    expect(await example.exited).toBe(0);
    expect(example.output()).toContain('Did you see this? ✓✓ read\nbob@example.org: read, ');
  });

  it('group-bot counts who is in', async () => {
    host.addUser('carla@example.org', 'secret');
    const carla = await Account.open({ ...host.settings('carla@example.org'), name: 'Carla', logger: { log() {} } });
    await carla.start();
    try {
      const bot = start('group-bot.ts');
      await bot.prints('is listening');
      const help = received('Ask with /who, for example: /who Pizza on Friday?');
      await (await bob.chat('ada@example.org')).send('/group "Friday" carla@example.org');
      const { chat } = await help;
      expect(isGroup(chat) && chat.name).toBe('Friday');
      const asked = new Promise<Message>((resolve) => {
        carla.on('message', (message) => message.text.startsWith('@all Pizza?') && resolve(message));
      });
      await chat.send('/who Pizza?');
      const question = await asked;
      expect(question.mentionsMe).toBe(true);
      const counted = received('Pizza?\nIn: Carla\nOut: nobody\nAnd you, @bob@example.org?');
      await question.chat.send('In!');
      expect((await counted).mentions).toMatchObject([{ address: 'bob@example.org' }]);
      const complete = received('Pizza?\nIn: Carla\nOut: bob@example.org');
      await chat.send('out');
      await complete;
    } finally {
      await carla.close();
    }
  });

  it('embed-in-mail-client reads chat mail with an ImapFlow of its own', async () => {
    await (await (await bob.chat('ada@example.org')).send('hello mail client')).sent();
    host.deliver('From: x@example.net\r\nTo: ada@example.org\r\nSubject: s\r\n\r\nplain mail\r\n', {
      to: ['ada@example.org'],
    });
    const client = start('embed-in-mail-client.ts');
    expect(await client.exited).toBe(0);
    expect(client.output()).toContain('chat  bob@example.org: hello mail client');
    expect(client.output()).toContain('mail  x@example.net: plain mail');
    expect(client.output()).toContain('for bob@example.org');
  });
});
