import { describe, expect, it } from 'vitest';
import { Bot } from '../../../src/bot/bot.js';
import { Delivery } from '../../../src/bot/delivery.js';
import { Routes } from '../../../src/bot/routes.js';
import type { Message } from '../../../src/chat/handles.js';
import type { Clock } from '../../../src/core/clock.js';
import { type CoiError, HandlerError } from '../../../src/core/errors.js';
import { readChatMail } from '../../../src/protocol/read.js';
import { MemoryStore } from '../../../src/store/memory-store.js';
import { type Opened, openSession } from '../chat/open-session.js';
import { messageRecord, ownRecord } from '../chat/records.js';

/** Timers fire at once, so that tries follow each other without waiting. */
const hurried: Clock = {
  now: () => 1_000_000,
  after(_, callback) {
    queueMicrotask(callback);
    return () => {};
  },
};
/** Timers never fire. */
const frozen: Clock = { now: () => 1_000_000, after: () => () => {} };

interface TestBot extends Opened {
  readonly delivery: Delivery;
  readonly errors: CoiError[];
}

/** A bot's delivery over a session whose network is played by the test. */
async function openBot(routes: Routes, store = new MemoryStore(), clock = hurried): Promise<TestBot> {
  let delivery: Delivery | undefined;
  const opened = await openSession(
    { store },
    { automatic: true, deliver: async (message) => delivery?.deliver(message) },
  );
  const errors: CoiError[] = [];
  opened.account.on('error', (error) => void errors.push(error));
  delivery = new Delivery({ session: opened.session, clock, run: (message) => routes.run(message) });
  return { ...opened, delivery, errors };
}

/** What an account left when its process was killed, opened anew. */
function survivor(store: MemoryStore): MemoryStore {
  store.open = async () => {};
  return store;
}

const acknowledged = ({ engine }: Opened) => engine.log.filter((line) => line.startsWith('acknowledge'));
const handled = (bot: Opened, count: number) =>
  expect.poll(() => acknowledged(bot).length, { interval: 1 }).toBe(count);

describe('where a message goes', () => {
  async function routed(text: string): Promise<string[]> {
    const log: string[] = [];
    const routes = new Routes();
    routes.addCommand(['add', 'plus'], (_, { args }) => void log.push(`add ${args.join('+')}`));
    routes.addPattern('good morning?', () => void log.push('morning'));
    routes.addPattern(/(\d+) apples/g, (_, match) => void log.push(`apples ${match[1]}`));
    routes.addPattern(/apples/, () => void log.push('never after the first'));
    routes.addHandler(() => void log.push('any'));
    routes.addHandler(async () => void log.push('any, too'));
    const bot = await openBot(routes);
    await bot.receive([messageRecord('m', { text })]);
    await handled(bot, 1);
    expect(bot.errors).toEqual([]);
    await bot.account.close();
    return log;
  }

  it.each([
    ['/add 1 2', ['add 1+2']],
    ['PLUS', ['add ']],
    ['/subtract 1', ['any', 'any, too']],
    [' Good Morning? ', ['morning']],
    ['good morning', ['any', 'any, too']],
    ['I have 12 apples', ['apples 12']],
    ['hello', ['any', 'any, too']],
  ])('%j', async (text, expected) => {
    expect(await routed(text)).toEqual(expected);
  });

  it('is nowhere for itself, other programs, lists, and what a filter refuses', async () => {
    const log: string[] = [];
    const routes = new Routes();
    routes.addFilter((message) => !message.text.includes('secret'));
    routes.addHandler((message) => void log.push(message.id));
    const bot = await openBot(routes);
    await bot.receive([
      ownRecord('own', { state: 'sent', date: 1 }),
      messageRecord('auto', { automatic: true, date: 2 }),
      messageRecord('list', { chatId: 'list:dev.x.org', listId: 'dev.x.org', date: 3 }),
      messageRecord('filtered', { text: 'a secret', date: 4 }),
      messageRecord('person', { date: 5 }),
    ]);
    await handled(bot, 4);
    expect(log).toEqual(['person']);
    await bot.account.close();
  });

  it.each([
    ['a name with a slash', (routes: Routes) => routes.addCommand('/ping', () => {})],
    ['no names', (routes: Routes) => routes.addCommand([], () => {})],
    ['no handler', (routes: Routes) => routes.addCommand('ping', undefined as never)],
    ['a pattern that is none', (routes: Routes) => routes.addPattern(5 as never, () => {})],
    [
      'a command twice',
      (routes: Routes) => {
        routes.addCommand('ping', () => {});
        routes.addCommand('PING', () => {});
      },
    ],
  ])('refuses %s', (_, act) => {
    expect(() => act(new Routes())).toThrowError(expect.objectContaining({ code: 'INVALID_OPTION' }));
  });
});

describe('answers of a bot', () => {
  it('are marked as automatic, and ask for no receipt', async () => {
    const routes = new Routes();
    routes.addCommand('ping', (message) => message.reply('pong'));
    const bot = await openBot(routes);
    await bot.receive([messageRecord('m', { text: '/ping', sender: 'bob@example.net', chatClient: true })]);
    await handled(bot, 1);
    const mail = await readChatMail(bot.engine.accepted[0]?.mail.bytes ?? new Uint8Array());
    expect(mail).toMatchObject({ kind: 'message', text: 'pong', automatic: true });
    expect(mail.receiptRequestedBy).toBeUndefined();
    await bot.account.close();
  });
});

describe('acknowledged delivery', () => {
  it('handles again, in order, what was not finished when the process ended', async () => {
    const store = new MemoryStore();
    const first = new Routes();
    let begun = () => {};
    const beginning = new Promise<void>((resolve) => {
      begun = resolve;
    });
    first.addHandler((message) => {
      if (message.id === 'm1') return undefined;
      begun();
      return new Promise(() => {});
    });
    const killed = await openBot(first, store);
    await killed.receive([1, 2, 3].map((n) => messageRecord(`m${n}`, { date: n })));
    await beginning;
    expect(acknowledged(killed)).toEqual(['acknowledge m1']);

    const log: string[] = [];
    const second = new Routes();
    second.addHandler((message) => void log.push(message.id));
    const bot = await openBot(second, survivor(store));
    await bot.delivery.resume();
    await handled(bot, 2);
    expect(log).toEqual(['m2', 'm3']);

    const third = await openBot(second, survivor(store));
    await third.delivery.resume();
    await third.receive([messageRecord('m4', { date: 4 })]);
    await handled(third, 1);
    expect(log).toEqual(['m2', 'm3', 'm4']);
    expect((await store.list('settings')).map(({ key }) => key)).toEqual(['account']);
  });

  it('tries a failing handler three times, then gives up with an error, and goes on', async () => {
    const log: string[] = [];
    const routes = new Routes();
    routes.addHandler((message) => {
      log.push(message.id);
      if (message.id === 'bad') throw new Error('broken');
    });
    const bot = await openBot(routes);
    await bot.receive([messageRecord('bad', { date: 1 }), messageRecord('good', { date: 2 })]);
    await handled(bot, 2);
    expect(log).toEqual(['bad', 'bad', 'bad', 'good']);
    expect(bot.errors).toHaveLength(1);
    const [error] = bot.errors;
    if (!(error instanceof HandlerError)) throw new Error('no HandlerError');
    expect((error.subject as Message).id).toBe('bad');
    expect(error.cause).toMatchObject({ message: 'broken' });
    await bot.account.close();
  });

  it('keeps a failing message for the next start when it is stopped between two tries', async () => {
    const store = new MemoryStore();
    let failed = () => {};
    const failing = new Promise<void>((resolve) => {
      failed = resolve;
    });
    const routes = new Routes();
    routes.addHandler(() => {
      failed();
      throw new Error('broken');
    });
    const bot = await openBot(routes, store, frozen);
    await bot.receive([messageRecord('m')]);
    await failing;
    bot.delivery.stop();
    await bot.session.drain();
    expect(acknowledged(bot)).toEqual([]);
    expect(await bot.session.pending()).toEqual(['m']);
    await bot.account.close();
  });

  it('gives a message up in whose handler the process ends again and again', async () => {
    const store = new MemoryStore();
    let runs = 0;
    const deadly = new Routes();
    const began: (() => void)[] = [];
    deadly.addHandler(() => {
      runs++;
      for (const resolve of began.splice(0)) resolve();
      return new Promise(() => {});
    });
    const start = async () => {
      const bot = await openBot(deadly, survivor(store));
      const begin = new Promise<void>((resolve) => began.push(resolve));
      return { bot, begin };
    };
    await store.open();
    const { bot, begin } = await start();
    await bot.receive([messageRecord('deadly', { date: 1 })]);
    await begin;
    for (let restart = 0; restart < 5; restart++) {
      const next = await start();
      await next.bot.delivery.resume();
      await next.begin;
    }
    const last = await openBot(deadly, survivor(store));
    await last.delivery.resume();
    await handled(last, 1);
    expect(runs).toBe(6);
    expect(last.errors.map(({ code }) => code)).toEqual(['HANDLER_FAILED']);
    expect(await last.session.pending()).toEqual([]);
  });
});

describe('a bot', () => {
  it('needs a store, and good options', () => {
    const options = { email: 'bot@example.org', password: 'x' };
    expect(() => new Bot(options as never)).toThrowError(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(() => new Bot({ ...options, store: 'x.db', stor: 1 } as never)).toThrowError(
      expect.objectContaining({ code: 'UNKNOWN_OPTION' }),
    );
    const bot = new Bot({ ...options, store: 'x.db' });
    expect(bot.email).toBe('bot@example.org');
    expect(() => bot.account).toThrowError(expect.objectContaining({ code: 'INVALID_STATE' }));
  });

  it('can be stopped before it was started', async () => {
    await new Bot({ email: 'bot@example.org', password: 'x', store: 'x.db' }).stop();
  });
});
