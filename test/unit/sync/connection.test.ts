import { describe, expect, it } from 'vitest';
import { AuthError, NetworkError, ServerError } from '../../../src/core/errors.js';
import { limits } from '../../../src/core/limits.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { TestEngine, type TestEngineOptions } from '../../support/engine.js';
import { FakeImap } from '../../support/fake-imap.js';
import { FakeSmtp } from '../../support/fake-smtp.js';

const refused = () => new NetworkError('CONNECTION_REFUSED', 'Nobody listens.');
const wrongPassword = () => new AuthError('IMAP_AUTH_FAILED', 'Wrong password.');
const nearlyOne = (length: number) => new Uint8Array(length).fill(255);

/** An engine whose connections are the given ones, in this order. */
async function setUp(connections: readonly FakeImap[], options: TestEngineOptions = {}) {
  const clock = new ManualClock();
  const made: FakeImap[] = [];
  const smtp = new FakeSmtp({ accepting: true });
  const test = await TestEngine.open({
    clock,
    random: nearlyOne,
    filing: 'none',
    smtp,
    connectImap: () => {
      const next = connections[made.length] ?? new FakeImap();
      made.push(next);
      return next;
    },
    ...options,
  });
  return { clock, made, smtp, ...test, test, engine: test.engine };
}

describe('Connection', () => {
  it('connects, and reports its states', async () => {
    const { engine, test, made } = await setUp([]);
    await engine.start();
    expect(test.states.map(([state]) => state)).toEqual(['connecting', 'online']);
    await engine.stop();
    expect(engine.connection).toBe('stopped');
    expect(made[0]?.closed).toBe(true);
  });

  it('reconnects after a drop, waiting longer each time, and starts over after a success', async () => {
    const lost = [
      new FakeImap(),
      new FakeImap(refused()),
      new FakeImap(refused()),
      new FakeImap(),
      new FakeImap(refused()),
    ];
    const { engine, test, clock, made } = await setUp(lost);
    await engine.start();
    await test.complete();
    await made[0]?.drop();
    await test.until(() => engine.connection === 'waiting');
    for (const [tries, wait] of [
      [2, limits.reconnectMinMs],
      [3, 2 * limits.reconnectMinMs],
      [4, 4 * limits.reconnectMinMs],
    ] as const) {
      await clock.advanceAsync(wait - 100);
      expect(made).toHaveLength(tries - 1);
      const seen = test.states.length;
      await clock.advanceAsync(100);
      await test.until(() => test.states.length >= seen + 2);
      expect(made).toHaveLength(tries);
    }
    await test.until(() => test.progress.filter(({ complete }) => complete).length === 2);
    await made[3]?.drop();
    await test.until(() => engine.connection === 'waiting');
    await clock.advanceAsync(limits.reconnectMinMs);
    await test.until(() => made.length === 5);
    await engine.close();
  });

  it('reconnects at once when the network is back', async () => {
    const { engine, test, made } = await setUp([]);
    await engine.start();
    await made[0]?.drop();
    await test.until(() => engine.connection === 'waiting');
    engine.wake();
    await test.until(() => engine.connection === 'online');
    expect(made).toHaveLength(2);
    await engine.close();
  });

  it('waits for new credentials after a wrong password, and does not try the old ones again', async () => {
    const given: unknown[] = [];
    const { engine, test, clock, made } = await setUp([new FakeImap(), new FakeImap(wrongPassword())], {
      setCredentials: (credentials) => {
        given.push(credentials);
      },
    });
    await engine.start();
    await made[0]?.drop();
    await test.until(() => engine.connection === 'waiting');
    await clock.advanceAsync(limits.reconnectMinMs);
    await test.until(() => engine.connection === 'auth-needed');
    expect(test.states.at(-1)?.[1]?.code).toBe('IMAP_AUTH_FAILED');
    await clock.advanceAsync(24 * 3600_000);
    engine.wake();
    expect(made).toHaveLength(2);
    await engine.updateCredentials({ user: 'ada', password: 'new' });
    await test.until(() => engine.connection === 'online');
    expect(given).toEqual([{ user: 'ada', password: 'new' }]);
    await engine.close();
  });

  it('rejects a start with the reason, and can be started again', async () => {
    const { engine, clock } = await setUp([new FakeImap(refused())]);
    await expect(engine.start()).rejects.toMatchObject({ code: 'CONNECTION_REFUSED' });
    expect(engine.connection).toBe('stopped');
    expect(clock.pending).toBe(0);
    await engine.start();
    expect(engine.connection).toBe('online');
    await engine.close();
  });

  it('goes online with new credentials after a start that failed for a wrong password', async () => {
    const { engine, test } = await setUp([new FakeImap(wrongPassword())]);
    await expect(engine.start()).rejects.toMatchObject({ code: 'IMAP_AUTH_FAILED' });
    expect(engine.connection).toBe('auth-needed');
    await engine.updateCredentials({ user: 'ada', password: 'new' });
    await test.until(() => engine.connection === 'online');
    await engine.close();
  });

  it('keeps trying from the first connection on if asked to, but not with a wrong password', async () => {
    const { engine, test, clock, made } = await setUp([new FakeImap(refused()), new FakeImap(refused())]);
    const started = engine.start({ keepTrying: true });
    await test.until(() => engine.connection === 'waiting');
    await clock.advanceAsync(limits.reconnectMinMs);
    await test.until(() => made.length === 2 && engine.connection === 'waiting');
    await clock.advanceAsync(2 * limits.reconnectMinMs);
    await started;
    await engine.close();

    const other = await setUp([new FakeImap(wrongPassword())]);
    await expect(other.engine.start({ keepTrying: true })).rejects.toMatchObject({ code: 'IMAP_AUTH_FAILED' });
    await other.engine.close();
  });

  it('is given up by its AbortSignal', async () => {
    const { engine, test, clock } = await setUp([new FakeImap(refused())]);
    const controller = new AbortController();
    const started = engine.start({ keepTrying: true, signal: controller.signal });
    await test.until(() => engine.connection === 'waiting');
    controller.abort();
    await expect(started).rejects.toMatchObject({ name: 'AbortError' });
    expect(engine.connection).toBe('stopped');
    expect(clock.pending).toBe(0);
  });

  it('ends in error when a lent connection closes', async () => {
    const { engine, test, made, clock } = await setUp([], { lentImap: true });
    await engine.start();
    await made[0]?.drop();
    await test.until(() => engine.connection === 'error');
    expect(test.states.at(-1)?.[1]?.code).toBe('CONNECTION_LOST');
    await clock.advanceAsync(3600_000);
    expect(made).toHaveLength(1);
    await engine.close();
  });

  it('leaves no timer behind, wherever it is stopped', async () => {
    for (const connections of [[], [new FakeImap(), new FakeImap(refused())]]) {
      const { engine, test, clock, made } = await setUp(connections);
      await engine.start();
      if (connections.length > 0) {
        await made[0]?.drop();
        await test.until(() => engine.connection === 'waiting');
      }
      await engine.close();
      expect(clock.pending).toBe(0);
      expect(made.every(({ usable }) => !usable)).toBe(true);
    }
  });

  it('tells a server that refuses apart from a network that is down', async () => {
    const { engine } = await setUp([new FakeImap(new ServerError('SERVER_REFUSED', 'Too many connections.'))]);
    await expect(engine.start({ keepTrying: true })).rejects.toMatchObject({ code: 'SERVER_REFUSED' });
    await engine.close();
  });
});
