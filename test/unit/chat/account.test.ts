import { describe, expect, it } from 'vitest';
import { Account } from '../../../src/chat/account.js';
import type { Message } from '../../../src/chat/handles.js';
import { AuthError, HandlerError } from '../../../src/core/errors.js';
import type { LogLevel } from '../../../src/core/logger.js';
import { MemoryStore } from '../../../src/store/memory-store.js';
import { type Opened, openSession } from './open-session.js';
import { messageRecord, ownRecord } from './records.js';

const BOB = 'single:bob@example.net';
const CAROL = 'single:carol@example.com';
const fromCarol = (key: string, date = 1_000) =>
  messageRecord(key, { chatId: CAROL, from: { address: 'carol@example.com' }, date });

/** Resolves with the texts of the messages that were told, once there are that many. */
function told({ account }: Opened, count: number): Promise<string[]> {
  return new Promise((resolve) => {
    const texts: string[] = [];
    account.on('message', (message) => {
      texts.push(message.text);
      if (texts.length === count) resolve(texts);
    });
  });
}

describe('an account', () => {
  it('warns that it lives in memory, and not if it has a store', async () => {
    const lines: [LogLevel, string][] = [];
    const logger = { log: (level: LogLevel, message: string) => void lines.push([level, message]) };
    const { account } = await openSession({ logger });
    expect(lines).toEqual([['warn', expect.stringContaining('store')]]);
    await account.close();
    const { account: stored } = await openSession({ logger, store: new MemoryStore() });
    expect(lines).toHaveLength(1);
    await stored.close();
  });

  it('refuses the store of another account', async () => {
    const store = new MemoryStore();
    const first = await openSession({ store });
    const owner = await store.get('settings', ['account']);
    await first.account.close();
    const other = new MemoryStore();
    await other.open();
    await other.commit({ put: { settings: owner.filter((record) => record !== undefined) } });
    const again = await openSession({ store: reopened(other) });
    await again.account.close();
    const foreign = new MemoryStore();
    await foreign.open();
    await foreign.commit({ put: { settings: [{ key: 'account', value: 'eve@example.org' }] } });
    await expect(openSession({ store: reopened(foreign) })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('eve@example.org'),
    });
  });

  it('starts once, stops, and closes for good', async () => {
    const { account, engine } = await openSession();
    expect(account.connection).toBe('stopped');
    await Promise.all([account.start(), account.start()]);
    expect(account.connection).toBe('online');
    await account.stop();
    await account.start();
    const chat = await account.chat('bob@example.net');
    await Promise.all([account.close(), account.close()]);
    expect(engine.log).toEqual(['start', 'stop', 'start', 'close']);
    await expect(account.start()).rejects.toMatchObject({ code: 'INVALID_STATE' });
    await expect(chat.send('late')).rejects.toMatchObject({ code: 'INVALID_STATE' });
    await expect(account.chats.list()).rejects.toMatchObject({ code: 'INVALID_STATE' });
    await expect(account.destroy({ wipe: true })).rejects.toMatchObject({ code: 'INVALID_STATE' });
  });

  it('refuses unknown options of start by name', async () => {
    const { account } = await openSession();
    const options = { keepTying: true } as object;
    await expect(account.start(options)).rejects.toMatchObject({ code: 'UNKNOWN_OPTION' });
    await account.close();
  });

  it('closes at the end of its block', async () => {
    const { account, engine } = await openSession();
    await account[Symbol.asyncDispose]();
    expect(engine.log).toEqual(['close']);
  });

  it('hands new credentials on, in the name of the account', async () => {
    const { account, engine } = await openSession();
    await account.updateCredentials({ password: 'new' });
    expect(engine.credentials).toEqual([{ user: 'ada@example.org', password: 'new' }]);
    await expect(account.updateCredentials({})).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await account.close();
  });

  it('wipes its store only when told so in full', async () => {
    const store = new MemoryStore();
    const { account, receive } = await openSession({ store });
    await receive([messageRecord('m')]);
    const wipe = store.wipe.bind(store);
    let wiped = 0;
    store.wipe = async () => {
      wiped++;
      await wipe();
    };
    await expect(account.destroy({} as { wipe: true })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    expect(wiped).toBe(0);
    await account.destroy({ wipe: true });
    expect(wiped).toBe(1);
  });

  it('is made by Account.open', async () => {
    await using account = await Account.open({ email: 'Ada@Example.org', password: 'x' });
    expect(account.email).toBe('ada@example.org');
    await expect(Account.open({ email: 'ada' } as never)).rejects.toMatchObject({ code: 'INVALID_ADDRESS' });
  });
});

describe('message events', () => {
  it('tell news oldest first, and history not at all', async () => {
    const opened = await openSession();
    const texts = told(opened, 2);
    await opened.receive([messageRecord('old')], { history: true });
    await opened.receive([messageRecord('second', { date: 3_000 }), messageRecord('first', { date: 2_000 })]);
    expect(await texts).toEqual(['text of first', 'text of second']);
    await opened.account.close();
  });

  it('wait for the handler within a chat, not across chats', async () => {
    const opened = await openSession();
    const log: string[] = [];
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const done = new Promise<void>((resolve) => {
      opened.account.on('message', async (message) => {
        log.push(`begin ${message.id}`);
        if (message.id === 'b1') await held;
        if (message.id === 'c2') release();
        log.push(`end ${message.id}`);
        if (message.id === 'b2') resolve();
      });
    });
    await opened.receive([
      messageRecord('b1', { date: 1 }),
      messageRecord('b2', { date: 2 }),
      fromCarol('c1', 3),
      fromCarol('c2', 4),
    ]);
    await done;
    expect(log.filter((line) => / b/.test(line))).toEqual(['begin b1', 'end b1', 'begin b2', 'end b2']);
    expect(log.filter((line) => / c/.test(line))).toEqual(['begin c1', 'end c1', 'begin c2', 'end c2']);
    expect(log.indexOf('end c2')).toBeLessThan(log.indexOf('end b1'));
    await opened.account.close();
  });

  it('survive a handler that throws, and say which message it was', async () => {
    const opened = await openSession();
    const errors: unknown[] = [];
    opened.account.on('error', (error) => void errors.push(error));
    opened.account.on('message', (message) => {
      if (message.id === 'm1') throw new Error('broken handler');
    });
    const texts = told(opened, 2);
    await opened.receive([messageRecord('m1', { date: 1 }), messageRecord('m2', { date: 2 })]);
    expect(await texts).toEqual(['text of m1', 'text of m2']);
    expect(errors).toHaveLength(1);
    const [error] = errors;
    if (!(error instanceof HandlerError)) throw new Error('no HandlerError');
    expect(error.event).toBe('message');
    expect((error.subject as Message).id).toBe('m1');
    expect(error.cause).toMatchObject({ message: 'broken handler' });
    await opened.account.close();
  });

  it('go to the log when nobody listens to errors, also those of the error handler itself', async () => {
    const lines: string[] = [];
    const opened = await openSession({
      store: new MemoryStore(),
      logger: { log: (level, message) => void lines.push(`${level}: ${message}`) },
    });
    opened.account.on('message', () => {
      throw new Error('broken handler');
    });
    await opened.receive([messageRecord('m1')]);
    await expect.poll(() => lines.length, { interval: 1 }).toBe(1);
    opened.account.on('error', () => {
      throw new Error('broken error handler');
    });
    await opened.receive([messageRecord('m2')]);
    await expect.poll(() => lines.length, { interval: 1 }).toBe(2);
    expect(lines).toEqual([
      expect.stringMatching(/^error: .*broken handler/),
      expect.stringMatching(/^error: .*broken error handler/),
    ]);
    await opened.account.close();
  });

  it('are silent about a message that is gone before its turn', async () => {
    const opened = await openSession();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    opened.account.on('message', () => held);
    const texts = told(opened, 2);
    await opened.receive(['first', 'gone', 'last'].map((key, n) => messageRecord(key, { date: n })));
    await opened.session.writer.run(async (tx) => tx.remove('messages', 'gone'));
    release();
    expect(await texts).toEqual(['text of first', 'text of last']);
    await opened.account.close();
  });

  it('can close the account from within a handler', async () => {
    const opened = await openSession();
    const closed = new Promise<void>((resolve) => {
      opened.account.on('message', async () => {
        await opened.account.close();
        resolve();
      });
    });
    await opened.receive([messageRecord('m1'), messageRecord('m2')]);
    await closed;
    expect(opened.engine.log).toEqual(['close']);
  });
});

describe('other events', () => {
  it('tell edits, moves, deletions and states of messages', async () => {
    const opened = await openSession();
    const { account, session, receive } = opened;
    await receive([messageRecord('m', { date: 5 }), ownRecord('own', { date: 6 })], { history: true });
    const log: string[] = [];
    account.on('message:edited', (m) => void log.push(`edited ${m.id}: ${m.text}`));
    account.on('message:moved', (m, from) => void log.push(`moved ${m.id}: ${from} to ${m.chat.id}`));
    account.on('message:deleted', (m) => void log.push(`deleted ${m.id}: ${m.deleted}`));
    account.on('message:state', (m, state) => void log.push(`state ${m.id}: ${state}`));
    const change = (key: string, part: object) =>
      session.writer.run(async (tx) => {
        const record = await tx.get('messages', key);
        if (record) tx.put('messages', { ...record, ...part });
      });
    const last = new Promise<void>((resolve) => account.on('message:deleted', () => resolve()));
    await change('own', { state: 'sending' });
    await change('own', { state: 'sent' });
    await change('m', { text: 'more' });
    await change('m', { chatId: CAROL });
    await change('m', { seen: true });
    await change('m', { hidden: 1 });
    await last;
    expect(log.filter((line) => line.includes(' own'))).toEqual(['state own: sending', 'state own: sent']);
    expect(log.filter((line) => line.includes(' m:'))).toEqual([
      'edited m: more',
      `moved m: ${BOB} to ${CAROL}`,
      'state m: read',
      'deleted m: true',
    ]);
    await account.close();
  });

  it('tell chats, groups and contacts, several changes at once where nobody had time to listen', async () => {
    const { account, session, receive } = await openSession();
    const log: string[] = [];
    const removed = new Promise<void>((resolve) => {
      account.on('chat', (chat, kind) => {
        log.push(`${kind} ${chat.title} ${chat.unread}`);
        if (kind === 'removed') resolve();
      });
    });
    account.on('contact', (contact, kind) => void log.push(`${kind} ${contact.address}`));

    await receive([messageRecord('m1', { sender: 'bob@example.net' })]);
    const several = {
      chatId: 'adhoc:x',
      subject: 'Lunch',
      to: [{ address: 'ada@example.org' }, { address: 'c@x.org' }],
    };
    await receive([messageRecord('g1', several)]);
    const chat = await account.chat('bob@example.net');
    await chat.delete();
    await removed;
    expect(log).toContain('added bob@example.net');
    expect(log).toContain('added Lunch 1');
    expect(log.filter((line) => line.startsWith('added bob@example.net 1'))).toHaveLength(1);
    expect(log.at(-1)).toBe('removed bob@example.net 0');
    expect(session.store).toBeDefined();
    await account.close();
  });

  it('pass the connection and errors of the engine on', async () => {
    const { account, engine } = await openSession();
    const state = new Promise((resolve) => account.on('connection', (...args) => resolve(args)));
    await engine.emitConnection('waiting', undefined);
    expect(await state).toEqual(['waiting', undefined]);
    const error = new Promise((resolve) => account.on('error', resolve));
    const thrown = new HandlerError('x', undefined, undefined);
    await engine.emitError(thrown);
    expect(await error).toBe(thrown);
    await account.close();
  });

  it('tell once, as an error too, that the credentials stopped working', async () => {
    const { account, engine } = await openSession();
    const errors: unknown[] = [];
    account.on('error', (error) => void errors.push(error));
    await account.start();
    const refused = new AuthError('SMTP_AUTH_FAILED', 'no');
    await engine.emitConnection('auth-needed', refused);
    await engine.emitConnection('auth-needed', refused);
    await engine.emitConnection('waiting', new AuthError('IMAP_AUTH_FAILED', 'the network will heal'));
    expect(errors).toEqual([refused]);
    await account.close();
  });
});

/** A store that is open already, as one that a test has filled. */
function reopened(store: MemoryStore): MemoryStore {
  store.open = async () => {};
  return store;
}
