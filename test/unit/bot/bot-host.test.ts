import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Account, type Message } from 'coi-sdk';
import { Bot } from 'coi-sdk/bot';
import { MailHost } from 'coi-sdk/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

describe('a bot on a mail host', () => {
  let host: MailHost;
  let folder: string;
  let bob: Account;
  const bots: Bot[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coi-bot-'));
    host = await MailHost.start({ domain: 'example.org' });
    host.addUser('bot@example.org', 'secret');
    host.addUser('bob@example.org', 'secret');
    bob = await Account.open(host.settings('bob@example.org'));
    await bob.start();
  });
  afterEach(async () => {
    await Promise.all(bots.splice(0).map((bot) => bot.stop()));
    await bob.close();
    await host.close();
    await rm(folder, { recursive: true, force: true });
  });

  function bot(): Bot {
    const made = new Bot({ ...host.settings('bot@example.org'), store: join(folder, 'bot.db') });
    bots.push(made);
    return made;
  }

  const next = (text: string) =>
    new Promise<Message>((resolve) => {
      bob.on('message', (message) => {
        if (message.text === text) resolve(message);
      });
    });

  it('answers commands, in a thread, as automatic mail', async () => {
    await bot()
      .command('ping', (message) => message.reply('pong'))
      .start();
    const pong = next('pong');
    const ping = await (await bob.chat('bot@example.org')).send('/ping');
    const answer = await pong;
    expect(answer.automatic).toBe(true);
    expect(answer.quote?.text).toBe('/ping');
    expect(answer.quote?.messageId ?? ping.messageId).toBe(ping.messageId);
  });

  it('does not talk to another bot', async () => {
    host.addUser('other@example.org', 'secret');
    const heard: string[] = [];
    const other = new Bot({ ...host.settings('other@example.org'), store: join(folder, 'other.db') }).onMessage(
      (message) => {
        heard.push(message.text);
        return message.reply('and you?');
      },
    );
    bots.push(other);
    await other.start();
    const one = await bot()
      .onMessage((message) => message.reply('hello'))
      .start();
    const arrived = new Promise<Message>((resolve) => {
      other.on('chat', (chat) => {
        if (chat.lastMessage?.text === 'first words') resolve(chat.lastMessage);
      });
    });
    await (await one.account.chat('other@example.org')).send('first words');
    await arrived;
    const answered = next('hello');
    await (await bob.chat('bot@example.org')).send('and me?');
    await answered;
    expect(heard).toEqual([]);
  });

  it('answers after a restart what came in while it was off, once', async () => {
    const first = bot().onMessage((message) => message.reply(`first: ${message.text}`));
    await first.start();
    const answer = next('first: one');
    await (await bob.chat('bot@example.org')).send('one');
    await answer;
    await first.stop();
    await first.stop();
    await (await (await bob.chat('bot@example.org')).send('two')).sent();
    const second = next('second: two');
    await bot()
      .onMessage((message) => message.reply(`second: ${message.text}`))
      .start();
    await second;
    const texts = (await (await bob.chat('bot@example.org')).messages().toArray()).map(({ text }) => text);
    expect(texts).toEqual(['one', 'first: one', 'two', 'second: two']);
  });

  it('lets a handler finish before it stops', async () => {
    let finish = () => {};
    const held = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let begun = () => {};
    const beginning = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const slow = bot().onMessage(async (message) => {
      begun();
      await held;
      await message.reply('in the end');
    });
    await slow.start();
    await (await bob.chat('bot@example.org')).send('take your time');
    await beginning;
    const stopping = slow.stop();
    finish();
    await stopping;
    const answer = next('in the end');
    await bot().start();
    await answer;
  });

  it('rejects a start with a wrong password, leaves the store free, and can be stopped while it tries', async () => {
    const settings = host.settings('bot@example.org');
    const wrong = new Bot({ ...settings, password: 'wrong', store: join(folder, 'bot.db') });
    await expect(wrong.start()).rejects.toMatchObject({ code: 'IMAP_AUTH_FAILED' });
    await host.faults.refuseConnections();
    const trying = bot();
    const start = trying.start({ keepTrying: true });
    const aborted = expect(start).rejects.toMatchObject({ code: 'ABORTED' });
    await expect
      .poll(() => trying.account.connection, { interval: 5 })
      .toBe('waiting')
      .catch(() => {});
    await trying.stop();
    await aborted;
    await host.faults.refuseConnections(false);
    await bot().start();
  });
});
