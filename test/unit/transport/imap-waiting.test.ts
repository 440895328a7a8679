import { ImapFlow } from 'imapflow';
import { describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../../src/core/clock.js';
import { silentLogger } from '../../../src/core/logger.js';
import type { ImapTransport } from '../../../src/transport/imap.js';
import { ImapFlowTransport } from '../../../src/transport/imapflow-transport.js';
import { failure, imap, serve, track } from './helpers.js';
import { type Answer, CAPABILITIES, imapScript, select } from './imap-script.js';
import type { ScriptedServer } from './scripted-server.js';

async function connected(answers: Record<string, Answer> = {}): Promise<[ImapTransport, ScriptedServer]> {
  const server = await serve(imapScript(answers));
  const transport = imap(server.port);
  await transport.connect();
  return [transport, server];
}

const push = (server: ScriptedServer, text: string) => server.peers[0]?.send(`${text}\r\n`);
const count = (server: ScriptedServer, pattern: RegExp) => server.lines.filter((line) => pattern.test(line)).length;

/** Resolves to the first of both that settles. */
function settled(promise: Promise<unknown>, other: Promise<unknown>): Promise<'first' | 'second'> {
  return Promise.race([promise.then(() => 'first' as const), other.then(() => 'second' as const)]);
}

/** A clock whose long timers fire only by hand. */
function handClock(): { clock: Clock; fire(ms: number): void } {
  const timers = new Set<{ ms: number; callback: () => void }>();
  return {
    clock: {
      now: () => Date.now(),
      after(ms, callback) {
        const timer = { ms, callback };
        timers.add(timer);
        return () => timers.delete(timer);
      },
    },
    fire(ms) {
      for (const timer of [...timers]) {
        if (timer.ms !== ms) continue;
        timers.delete(timer);
        timer.callback();
      }
    },
  };
}

describe('waiting in IDLE', () => {
  it('ends with EXISTS, EXPUNGE and FETCH', async () => {
    let exists = 3;
    const [transport, server] = await connected({ SELECT: () => select(exists, 5, 11) });
    const changes: string[] = [];
    transport.on('change', (folder) => changes.push(folder));
    const news = { '* 4 EXISTS': 4, '* 1 EXPUNGE': 3, '* 1 FETCH (FLAGS (\\Seen))': 3 };
    for (const [i, [line, after]] of Object.entries(news).entries()) {
      const waiting = transport.idle('INBOX');
      while (count(server, / IDLE$/) <= i) await new Promise((resolve) => setImmediate(resolve));
      exists = after;
      push(server, line);
      await waiting;
      await transport.withFolder('INBOX', async () => {});
      expect(changes.length).toBe(i + 1);
    }
    expect(changes).toEqual(['INBOX', 'INBOX', 'INBOX']);
  });

  it('ends with the signal', async () => {
    const [transport, server] = await connected();
    const stop = new AbortController();
    const waiting = transport.idle('INBOX', { signal: stop.signal });
    await server.seen(/ IDLE$/);
    stop.abort();
    await waiting;
    await transport.idle('INBOX', { signal: stop.signal });
  });

  it('makes way for other commands and goes on afterwards', async () => {
    const [transport, server] = await connected({ STATUS: ['* STATUS Sent (MESSAGES 1)', '% OK'] });
    const waiting = transport.idle('INBOX');
    await server.seen(/ IDLE$/);
    expect(await transport.status('Sent')).toEqual({ messages: 1 });
    expect(server.lines).toContain('DONE');
    while (count(server, / IDLE$/) < 2) await new Promise((resolve) => setImmediate(resolve));
    push(server, '* 9 EXISTS');
    await waiting;
  });

  it('notices what came while another folder was open', async () => {
    let exists = 3;
    const [transport, server] = await connected({ EXAMINE: (_) => select(exists, exists + 1, 10 + exists) });
    const waiting = transport.idle('INBOX');
    await server.seen(/ IDLE$/);
    await transport.withFolder('Sent', async () => {
      exists = 4;
    });
    await waiting;
    expect(exists).toBe(4);
  });

  it('never loses what came between two waits', async () => {
    const [transport, server] = await connected();
    await transport.withFolder('INBOX', async (folder) => {
      push(server, '* 4 EXISTS');
      await folder.uids();
    });
    await transport.idle('INBOX');
    expect(count(server, / IDLE$/)).toBe(0);
  });

  it('does not take own moves for news', async () => {
    const [transport, server] = await connected({ 'UID MOVE': ['* 1 EXPUNGE', '% OK [COPYUID 1 1 5] done'] });
    await transport.withFolder('INBOX', (folder) => folder.move([1], 'Chats'));
    const waiting = transport.idle('INBOX');
    expect(await settled(server.seen(/ IDLE$/), waiting)).toBe('first');
    push(server, '* 9 EXISTS');
    await waiting;
  });

  it('begins anew after a while, after asking whether the server is alive', async () => {
    const { clock, fire } = handClock();
    const server = await serve(imapScript());
    const transport = track(
      new ImapFlowTransport({
        server: { host: '127.0.0.1', port: server.port, secure: false, allowInsecure: true },
        credentials: { user: 'u', password: 'p' },
        logger: silentLogger,
        clock,
      }),
    );
    await transport.connect();
    const waiting = transport.idle('INBOX');
    await server.seen(/ IDLE$/);
    fire(4 * 60_000);
    await server.seen(/ NOOP$/);
    while (count(server, / IDLE$/) < 2) await new Promise((resolve) => setImmediate(resolve));
    push(server, '* 9 EXISTS');
    await waiting;
  });

  it('polls where IDLE is missing or refused', async () => {
    for (const answers of [
      { CAPABILITY: [`* CAPABILITY ${CAPABILITIES.replace(' IDLE', '')}`, '% OK'] },
      { IDLE: ['% BAD no such command'] },
    ]) {
      const { clock, fire } = handClock();
      const server = await serve(imapScript({ ...answers, NOOP: ['* 4 EXISTS', '% OK'] }));
      const transport = track(
        new ImapFlowTransport({
          server: { host: '127.0.0.1', port: server.port, secure: false, allowInsecure: true },
          credentials: { user: 'u', password: 'p' },
          logger: silentLogger,
          clock,
        }),
      );
      await transport.connect();
      const waiting = transport.idle('INBOX');
      const poll = setInterval(() => fire(60_000), 5);
      await waiting;
      clearInterval(poll);
      expect(count(server, / NOOP$/)).toBeGreaterThan(0);
    }
  });

  it('fails when the connection is lost, with the words of the server', async () => {
    const [transport, server] = await connected();
    const closed = new Promise<Error | undefined>((resolve) => transport.on('close', resolve));
    const waiting = failure(transport.idle('INBOX'));
    await server.seen(/ IDLE$/);
    push(server, '* BYE Server shutting down');
    server.peers[0]?.socket.end();
    const error = await waiting;
    expect(error.code).toBe('CONNECTION_LOST');
    expect(error.message).toContain('Server shutting down');
    expect((await closed)?.message).toContain('Server shutting down');
    expect(transport.usable).toBe(false);
    expect((await failure(transport.listFolders())).code).toBe('CONNECTION_LOST');
  });
});

describe('NOTIFY', () => {
  it('reports changes of other folders', async () => {
    const [transport, server] = await connected({ CAPABILITY: [`* CAPABILITY ${CAPABILITIES} NOTIFY`, '% OK'] });
    expect(await transport.watch(['COI/Chats', 'Entwürfe'])).toBe(true);
    expect(server.lines.at(-1)).toMatch(
      /NOTIFY SET \(SELECTED-DELAYED \(MessageNew MessageExpunge FlagChange\)\) \(MAILBOXES \("COI\/Chats" "Entw&APw-rfe"\) \(MessageNew MessageExpunge FlagChange\)\)$/,
    );
    const heard = new Promise<string[]>((resolve) => {
      const folders: string[] = [];
      transport.on('notify', (folder) => {
        folders.push(folder);
        if (folders.length === 2) resolve(folders);
      });
    });
    push(server, '* STATUS Entw&APw-rfe (MESSAGES 5 UIDNEXT 9)');
    push(server, '* STATUS Other (MESSAGES 5 UIDNEXT 9)');
    push(server, '* STATUS "COI/Chats" (MESSAGES 5 UIDNEXT 9)');
    expect(await heard).toEqual(['Entwürfe', 'COI/Chats']);
  });

  it('says so where the server cannot', async () => {
    const [plain] = await connected();
    expect(await plain.watch(['Chats'])).toBe(false);
    const [refusing] = await connected({
      CAPABILITY: [`* CAPABILITY ${CAPABILITIES} NOTIFY`, '% OK'],
      NOTIFY: ['% NO [BADEVENT] no'],
    });
    expect(await refusing.watch(['Chats'])).toBe(false);
  });
});

describe('closing', () => {
  it('logs out, and tells that it was wanted', async () => {
    const [transport, server] = await connected();
    const closed = new Promise<unknown>((resolve) => transport.on('close', resolve));
    await transport.close();
    await transport.close();
    expect(await closed).toBeUndefined();
    expect(server.lines.at(-1)).toMatch(/ LOGOUT$/);
    expect((await failure(transport.idle('INBOX'))).code).toBe('CONNECTION_LOST');
  });

  it('ends what is under way', async () => {
    const [transport, server] = await connected({ 'UID FETCH': () => [], LOGOUT: () => [] });
    const fetching = failure(transport.withFolder('INBOX', (folder) => folder.fetch([1], {})));
    const waiting = server.seen(/UID FETCH/);
    await waiting;
    await transport.close();
    expect((await fetching).code).toBe('CONNECTION_LOST');
  });
});

describe('connections of the caller', () => {
  async function flow(server: ScriptedServer): Promise<ImapFlow> {
    const made = new ImapFlow({
      host: '127.0.0.1',
      port: server.port,
      secure: false,
      auth: { user: 'u', pass: 'p' },
      logger: false,
    });
    made.on('error', () => {});
    await made.connect();
    track({ close: async () => made.close() });
    return made;
  }
  const around = { logger: silentLogger, clock: systemClock };

  it('made by a factory are ours, and are logged out', async () => {
    const server = await serve(imapScript());
    const transport = track(new ImapFlowTransport({ ...around, factory: () => flow(server) }));
    await transport.connect();
    expect(await transport.withFolder('INBOX', async ({ state }) => state.exists)).toBe(3);
    await transport.close();
    expect(server.lines.at(-1)).toMatch(/ LOGOUT$/);
  });

  it('made by a factory that fails give its error', async () => {
    const transport = new ImapFlowTransport({ ...around, factory: () => Promise.reject(new Error('no idea')) });
    const error = await failure(transport.connect());
    expect(error.message).toContain('no idea');
  });

  it('that are lent are given back alive, without our listeners', async () => {
    const server = await serve(imapScript());
    const own = await flow(server);
    const before = own.eventNames().map((name) => own.listenerCount(name));
    const transport = new ImapFlowTransport({ ...around, lent: own });
    await transport.connect();
    const waiting = failure(transport.idle('INBOX'));
    await server.seen(/ IDLE$/);
    await transport.close();
    await waiting;
    expect(own.usable).toBe(true);
    expect(own.idling).toBe(false);
    expect(own.eventNames().map((name) => own.listenerCount(name))).toEqual(before);
    expect(server.lines.some((line) => line.endsWith('LOGOUT'))).toBe(false);
  });

  it('that are lent must not be used by their owner', async () => {
    const server = await serve(imapScript());
    const own = await flow(server);
    const transport = track(new ImapFlowTransport({ ...around, lent: own }));
    await transport.connect();
    const error = await failure(
      transport.withFolder('INBOX', async (folder) => {
        await folder.uids();
        await own.mailboxOpen('Sent');
        await folder.uids();
      }),
    );
    expect(error.code).toBe('CONNECTION_SHARED');
  });

  it('that are lent are checked for UIDVALIDITY, too', async () => {
    let validity = 77;
    const server = await serve(imapScript({ SELECT: () => select(3, 4, 10, validity) }));
    const own = await flow(server);
    const transport = track(new ImapFlowTransport({ ...around, lent: own }));
    await transport.connect();
    const error = await failure(
      transport.withFolder('INBOX', async (folder) => {
        validity = 78;
        await own.mailboxOpen('INBOX');
        await folder.fetch([1], {});
      }),
    );
    expect(error.code).toBe('CONNECTION_SHARED');
  });

  it('that are lent and closed are not replaced', async () => {
    const server = await serve(imapScript());
    const own = await flow(server);
    const transport = track(new ImapFlowTransport({ ...around, lent: own }));
    await transport.connect();
    const closed = new Promise<Error | undefined>((resolve) => transport.on('close', resolve));
    own.close();
    expect(await closed).toMatchObject({ code: 'CONNECTION_LOST' });
    expect((await failure(new ImapFlowTransport({ ...around, lent: own }).connect())).code).toBe('CONNECTION_LOST');
  });
});
