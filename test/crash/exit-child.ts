/** Uses accounts in one of several ways, and then has nothing more to do: the process has to end by itself. */
import { Account, type AccountOptions } from 'coi-sdk';
import { Bot } from 'coi-sdk/bot';

const { way, options, store } = JSON.parse(process.argv[2] ?? '{}') as {
  way: string;
  options: AccountOptions;
  store: string;
};
const quiet = { logger: { log() {} } };
const ways: Readonly<Record<string, () => Promise<unknown>>> = {
  async 'started and closed'() {
    const account = await Account.open({ ...options, ...quiet, store });
    const watching = (async () => {
      for await (const _ of account.chats.watch());
    })();
    await account.start();
    const chat = await account.chat('bob@example.org');
    await (await chat.send('Hi')).sent();
    await chat.send('never sent', { undoMs: 3600_000 });
    await account.close();
    await watching;
  },
  async 'stopped only'() {
    const account = await Account.open({ ...options, ...quiet, store });
    await account.start();
    await account.stop();
  },
  async 'opened only'() {
    const account = await Account.open({ ...options, ...quiet, store });
    await (await account.chat('bob@example.org')).send('later');
  },
  async 'closed while it starts'() {
    const account = await Account.open({ ...options, ...quiet, store });
    const started = account.start().catch(() => undefined);
    await account.close();
    await started;
  },
  async 'closed while it waits for the network'() {
    const imap = { host: '127.0.0.1', port: 1, secure: false, allowInsecure: true };
    const account = await Account.open({ ...options, imap, ...quiet, store });
    const waiting = new Promise<void>((resolve) => {
      account.on('connection', (state) => {
        if (state === 'waiting') resolve();
      });
    });
    const started = account.start({ keepTrying: true }).catch(() => undefined);
    await waiting;
    await account.close();
    await started;
  },
  async 'failed to start'() {
    const account = await Account.open({ ...options, password: 'wrong', ...quiet, store });
    await account.start().then(
      () => process.stdout.write('started!\n'),
      (error: { code: string }) => process.stdout.write(`failed ${error.code}\n`),
    );
  },
  async wiped() {
    const account = await Account.open({ ...options, ...quiet, store });
    await account.start();
    await account.destroy({ wipe: true });
  },
  async 'a bot that is stopped'() {
    const bot = new Bot({ ...options, ...quiet, store }).command('ping', (message) => message.reply('pong'));
    await bot.start();
    await bot.stop();
  },
};
await ways[way]?.();
process.stdout.write('nothing to do\n');
