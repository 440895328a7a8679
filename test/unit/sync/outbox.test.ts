import { describe, expect, it } from 'vitest';
import { AuthError, NetworkError, ServerError } from '../../../src/core/errors.js';
import { limits } from '../../../src/core/limits.js';
import { secureRandom } from '../../../src/core/random.js';
import { MemoryStore } from '../../../src/store/memory-store.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { RecipientsRefusedError } from '../../../src/transport/smtp.js';
import { TestEngine, type TestEngineOptions } from '../../support/engine.js';
import { FakeImap } from '../../support/fake-imap.js';
import { FakeSmtp } from '../../support/fake-smtp.js';

const BOB = 'bob@example.net';
const CAROL = 'carol@example.net';
const later = () =>
  new ServerError('MESSAGE_REFUSED', 'Try later', { status: 451, statusCode: '4.3.0', response: '451 4.3.0 Busy' });
const never = () =>
  new ServerError('MESSAGE_REFUSED', 'No', { status: 554, statusCode: '5.7.1', response: '554 5.7.1 Spam' });
const lost = () => new NetworkError('CONNECTION_LOST', 'The connection broke.');
const noUser = (address: string) => ({
  address,
  error: new ServerError('RECIPIENT_REFUSED', 'No', {
    status: 550,
    statusCode: '5.1.1',
    response: '550 5.1.1 No such user',
  }),
});
const tooMany = (address: string) => ({
  address,
  error: new ServerError('RECIPIENT_REFUSED', 'No', {
    status: 452,
    statusCode: '4.5.3',
    response: '452 4.5.3 Too many recipients',
  }),
});

async function setUp(options: TestEngineOptions & { accepting?: boolean } = {}) {
  const { accepting = false, ...rest } = options;
  const clock = new ManualClock();
  const smtp = new FakeSmtp({ accepting });
  const test = await TestEngine.open({
    clock,
    // The longest wait each time; ids, which are longer, stay random.
    random: (length) => (length === 3 ? new Uint8Array(length).fill(255) : secureRandom(length)),
    filing: 'none',
    connectImap: () => new FakeImap(),
    smtp,
    ...rest,
  });
  await test.engine.start();
  return { clock, smtp, test, engine: test.engine };
}

/** Closes an engine some of whose messages nobody will ever answer for. */
async function close({ engine }: TestEngine, clock: ManualClock): Promise<void> {
  const closing = engine.close();
  await clock.advanceAsync(limits.outboxStopMs);
  await closing;
}

/** Lets everything happen that needs no time. */
async function settled(clock: ManualClock): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  await clock.advanceAsync(0);
}

describe('Outbox', () => {
  it('keeps the order within a chat, while chats do not wait for each other', async () => {
    const { smtp, test, clock } = await setUp();
    for (const text of ['b1', 'b2', 'b3']) await test.send(BOB, text);
    await test.send(CAROL, 'c1');
    await settled(clock);
    expect(smtp.texts).toEqual(['b1', 'c1']);
    smtp.sent[0]?.accept();
    (await smtp.handed(2)).accept();
    await smtp.handed(3);
    expect(smtp.texts).toEqual(['b1', 'c1', 'b2', 'b3']);
    await close(test, clock);
  });

  it('hands over no more than a few at the same time', async () => {
    const { smtp, test, clock } = await setUp();
    for (let i = 0; i < limits.outboxConcurrency + 3; i++) await test.send(`u${i}@example.net`, `t${i}`);
    await settled(clock);
    expect(smtp.open).toBe(limits.outboxConcurrency);
    await close(test, clock);
  });

  it('shows each state', async () => {
    const { smtp, test, clock } = await setUp();
    const message = await test.send(BOB, 'hi');
    expect(message.state).toBe('sending');
    (await smtp.handed(0)).accept();
    const sent = await test.untilState(message.key, 'sent');
    expect(sent.recipients).toMatchObject([{ address: BOB, state: 'sent' }]);
    await close(test, clock);
  });

  it('tries again after a temporary refusal, later each time, and keeps those behind it waiting', async () => {
    const { smtp, test, clock } = await setUp();
    const { key } = await test.send(BOB, 'b1');
    await test.send(BOB, 'b2');
    (await smtp.handed(0)).fail(later());
    expect((await test.untilState(key, 'queued')).state).toBe('queued');
    const [record] = await test.store.list('outbox');
    expect(record).toMatchObject({ attempts: 1, state: 'queued', lastError: 'Try later' });
    await clock.advanceAsync(limits.outboxRetryMinMs - 100);
    await settled(clock);
    expect(smtp.sent).toHaveLength(1);
    await clock.advanceAsync(100);
    (await smtp.handed(1)).fail(later());
    await settled(clock);
    await clock.advanceAsync(2 * limits.outboxRetryMinMs - 100);
    await settled(clock);
    expect(smtp.sent).toHaveLength(2);
    await clock.advanceAsync(100);
    (await smtp.handed(2)).accept();
    (await smtp.handed(3)).accept();
    await settled(clock);
    expect(smtp.texts).toEqual(['b1', 'b1', 'b1', 'b2']);
    await close(test, clock);
  });

  it('sends the same octets at every try', async () => {
    const { smtp, test, clock } = await setUp();
    await test.send(BOB, 'b1');
    (await smtp.handed(0)).fail(later());
    await settled(clock);
    await clock.advanceAsync(limits.outboxRetryMinMs);
    const again = await smtp.handed(1);
    expect(Buffer.from(again.bytes)).toEqual(Buffer.from(smtp.sent[0]?.bytes ?? []));
    await close(test, clock);
  });

  it('fails for good after a permanent refusal, with the words of the server, and lets the next one go', async () => {
    const { smtp, test, clock } = await setUp();
    const { key } = await test.send(BOB, 'b1');
    await test.send(BOB, 'b2');
    (await smtp.handed(0)).fail(never());
    const failed = await test.untilState(key, 'failed');
    expect(failed.recipients).toMatchObject([{ state: 'failed', reason: '554 5.7.1 Spam', status: '5.7.1' }]);
    expect((await smtp.handed(1)).text).toBe('b2');
    await close(test, clock);
  });

  it('records refused recipients of a message that others got', async () => {
    const { smtp, test, clock } = await setUp();
    const { key } = await test.send([BOB, CAROL], 'to both');
    (await smtp.handed(0)).accept([noUser(CAROL)]);
    const sent = await test.untilState(key, 'sent');
    expect(sent.recipients).toMatchObject([
      { address: BOB, state: 'sent' },
      { address: CAROL, state: 'failed', reason: '550 5.1.1 No such user', status: '5.1.1' },
    ]);
    await close(test, clock);
  });

  it('fails when every recipient is refused, each with its own words', async () => {
    const { smtp, test, clock } = await setUp();
    const { key } = await test.send([BOB, CAROL], 'to both');
    const last = noUser(CAROL);
    (await smtp.handed(0)).fail(new RecipientsRefusedError(last.error, [noUser(BOB), last]));
    const failed = await test.untilState(key, 'failed');
    expect(failed.recipients?.map(({ reason }) => reason)).toEqual([
      '550 5.1.1 No such user',
      '550 5.1.1 No such user',
    ]);
    await close(test, clock);
  });

  it('sends the rest in another transaction when the server takes only so many recipients', async () => {
    const { smtp, test, clock } = await setUp();
    const { key } = await test.send([BOB, CAROL], 'to both');
    (await smtp.handed(0)).accept([tooMany(CAROL)]);
    const rest = await smtp.handed(1);
    expect(rest.to).toEqual([CAROL]);
    rest.accept();
    const sent = await test.untilState(key, 'sent');
    expect(sent.recipients?.map(({ state }) => state)).toEqual(['sent', 'sent']);
    await close(test, clock);
  });

  it('remembers between two transactions of one message who has it', async () => {
    const store = new MemoryStore();
    await store.open();
    const { smtp, test, clock } = await setUp({ store });
    const { key } = await test.send([BOB, CAROL], 'to both');
    (await smtp.handed(0)).accept([tooMany(CAROL)]);
    // The process ends while the second one is under way.
    await smtp.handed(1);
    await close(test, clock);
    const again = await setUp({ store });
    const rest = await again.smtp.handed(0);
    expect(rest.to).toEqual([CAROL]);
    rest.accept();
    const sent = await again.test.untilState(key, 'sent');
    expect(sent.recipients?.map(({ state }) => state)).toEqual(['sent', 'sent']);
    await settled(again.clock);
    expect(again.smtp.sent).toHaveLength(1);
    await close(again.test, again.clock);
  });

  it('tries those again that were refused for now', async () => {
    const { smtp, test, clock } = await setUp();
    const { key } = await test.send([BOB, CAROL], 'to both');
    (await smtp.handed(0)).accept([{ address: CAROL, error: later() }]);
    await settled(clock);
    await clock.advanceAsync(limits.outboxRetryMinMs);
    const rest = await smtp.handed(1);
    expect(rest.to).toEqual([CAROL]);
    rest.accept();
    await test.untilState(key, 'sent');
    await close(test, clock);
  });

  it('gives up after days, with the last words', async () => {
    const { smtp, test, clock } = await setUp();
    const { key } = await test.send(BOB, 'b1');
    (await smtp.handed(0)).fail(later());
    await settled(clock);
    await clock.advanceAsync(limits.outboxGiveUpMs);
    (await smtp.handed(1)).fail(later());
    const failed = await test.untilState(key, 'failed');
    expect(failed.recipients?.[0]?.reason).toBe('451 4.3.0 Busy');
    await close(test, clock);
  });

  it('pauses as a whole when the network is down, and goes on at once when it is back', async () => {
    const { smtp, test, clock, engine } = await setUp();
    await test.send(BOB, 'b1');
    (await smtp.handed(0)).fail(lost());
    await settled(clock);
    await test.send(CAROL, 'c1');
    await settled(clock);
    expect(smtp.texts).toEqual(['b1']);
    engine.wake();
    await smtp.handed(2);
    expect(smtp.texts.slice(1).sort()).toEqual(['b1', 'c1']);
    await close(test, clock);
  });

  it('stops for new credentials, and blames no message', async () => {
    const { smtp, test, clock, engine } = await setUp();
    const { key } = await test.send(BOB, 'b1');
    (await smtp.handed(0)).fail(new AuthError('SMTP_AUTH_FAILED', 'Wrong password.'));
    await test.until(() => engine.connection === 'auth-needed');
    expect(test.states.at(-1)?.[1]?.code).toBe('SMTP_AUTH_FAILED');
    await test.send(CAROL, 'c1');
    await clock.advanceAsync(2 * limits.outboxGiveUpMs);
    await settled(clock);
    expect(smtp.sent).toHaveLength(1);
    expect((await test.message(key)).state).toBe('queued');
    await engine.updateCredentials({ user: 'ada', password: 'new' });
    await smtp.handed(2);
    expect(engine.connection).toBe('online');
    await close(test, clock);
  });

  it('respects the configured rate', async () => {
    const { smtp, test, clock } = await setUp({ accepting: true, messagesPerMinute: 2 });
    for (const text of ['b1', 'b2', 'b3']) await test.send(BOB, text);
    await settled(clock);
    expect(smtp.texts).toEqual(['b1']);
    await clock.advanceAsync(29_000);
    await settled(clock);
    expect(smtp.texts).toEqual(['b1']);
    await clock.advanceAsync(1_000);
    await settled(clock);
    await clock.advanceAsync(30_000);
    await settled(clock);
    expect(smtp.texts).toEqual(['b1', 'b2', 'b3']);
    await close(test, clock);
  });

  it('can take a message back while its undo delay runs, which those behind it wait for', async () => {
    const { smtp, test, clock, engine } = await setUp({ accepting: true });
    const { key } = await test.send(BOB, 'oops', { delayMs: 5_000 });
    await test.send(BOB, 'after');
    await settled(clock);
    expect(smtp.texts).toEqual([]);
    await engine.cancel(key);
    await settled(clock);
    expect(smtp.texts).toEqual(['after']);
    expect(await test.texts()).toEqual(['after']);
    expect(await test.store.count('outbox', { index: 'byMessage', prefix: [key] })).toBe(0);
    await expect(engine.cancel(key)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await close(test, clock);
  });

  it('sends a delayed message when its time has come, and then it is too late', async () => {
    const { smtp, test, clock, engine } = await setUp();
    const { key } = await test.send(BOB, 'slow', { delayMs: 5_000 });
    await clock.advanceAsync(5_000);
    await smtp.handed(0);
    await expect(engine.cancel(key)).rejects.toMatchObject({ code: 'INVALID_STATE' });
    smtp.sent[0]?.accept();
    await test.untilState(key, 'sent');
    await expect(engine.cancel(key)).rejects.toMatchObject({ code: 'INVALID_STATE' });
    await close(test, clock);
  });

  it('tries a failed message again when asked to, only for those who did not get it', async () => {
    const { smtp, test, engine, clock } = await setUp();
    const { key, messageId } = await test.send(BOB, 'b1');
    const report = { key: 'report', target: messageId, kind: 'delivery', from: BOB, date: 0, value: {} };
    (await smtp.handed(0)).fail(never());
    await test.untilState(key, 'failed');
    await test.writer.run(async (tx) => tx.put('facts', report));
    await engine.retry(key);
    const again = await smtp.handed(1);
    expect(again.to).toEqual([BOB]);
    again.accept();
    await test.untilState(key, 'sent');
    // What was reported about the first try does not count any more.
    expect((await test.store.list('facts', { index: 'byTarget', prefix: [messageId] })).length).toBe(0);
    await expect(engine.retry(key)).rejects.toMatchObject({ code: 'INVALID_STATE' });
    await close(test, clock);
  });

  it('tries a waiting message at once when asked to', async () => {
    const { smtp, test, clock, engine } = await setUp();
    const { key } = await test.send(BOB, 'b1');
    (await smtp.handed(0)).fail(later());
    await settled(clock);
    await engine.retry(key);
    (await smtp.handed(1)).accept();
    await test.untilState(key, 'sent');
    await close(test, clock);
  });

  it('refuses a message without recipient', async () => {
    const { engine, test, clock } = await setUp();
    const mail = { bytes: new Uint8Array(), messageId: 'x@y', recipients: [] };
    await expect(engine.accept(mail, { chatId: 'self' })).rejects.toMatchObject({ code: 'INVALID_ADDRESS' });
    await close(test, clock);
  });

  it('keeps messages that were accepted while stopped, and sends them in order after the start', async () => {
    const clock = new ManualClock();
    const smtp = new FakeSmtp({ accepting: true });
    const test = await TestEngine.open({ clock, smtp, connectImap: () => new FakeImap() });
    for (const text of ['b1', 'b2', 'b3']) expect((await test.send(BOB, text)).state).toBe('queued');
    await test.engine.start();
    await smtp.handed(2);
    expect(smtp.texts).toEqual(['b1', 'b2', 'b3']);
    await close(test, clock);
  });
});

describe('Outbox, after a crash', () => {
  /** Throws the first engine away in the middle of its work; its store lives on. */
  async function crashed(work: (first: Awaited<ReturnType<typeof setUp>>) => Promise<void>) {
    const store = new MemoryStore();
    await store.open();
    const first = await setUp({ store });
    await work(first);
    return setUp({ store });
  }

  it('sends again what was being handed over, with the same octets', async () => {
    let bytes: Uint8Array | undefined;
    const { smtp, test, clock } = await crashed(async ({ test: first, smtp: dead }) => {
      await first.send(BOB, 'b1');
      bytes = (await dead.handed(0)).bytes;
    });
    const again = await smtp.handed(0);
    expect(Buffer.from(again.bytes)).toEqual(Buffer.from(bytes ?? []));
    again.accept();
    await test.until(async () => (await test.messages())[0]?.state === 'sent');
    await close(test, clock);
  });

  it('sends what was accepted, in order, and does not take back what may have been sent', async () => {
    const { smtp, test, engine, clock } = await crashed(async ({ test: first, smtp: dead }) => {
      for (const text of ['b1', 'b2', 'b3']) await first.send(BOB, text);
      await dead.handed(0);
    });
    const first = (await test.messages()).find(({ text }) => text === 'b1');
    await expect(engine.cancel(first?.key ?? '')).rejects.toMatchObject({ code: 'INVALID_STATE' });
    for (let i = 0; i < 3; i++) (await smtp.handed(i)).accept();
    expect(smtp.texts).toEqual(['b1', 'b2', 'b3']);
    await close(test, clock);
  });

  it('does not send again what the server took', async () => {
    const { smtp, test, clock } = await crashed(async ({ test: first, smtp: dead }) => {
      const { key } = await first.send(BOB, 'b1');
      (await dead.handed(0)).accept();
      await first.untilState(key, 'sent');
    });
    await settled(clock);
    expect(smtp.sent).toEqual([]);
    expect((await test.messages())[0]?.state).toBe('sent');
    await close(test, clock);
  });

  it('sends the rest only to those who had not got it', async () => {
    const { smtp, test, clock } = await crashed(async ({ test: first, smtp: dead, clock }) => {
      await first.send([BOB, CAROL], 'to both');
      (await dead.handed(0)).accept([{ address: CAROL, error: later() }]);
      await settled(clock);
    });
    await test.engine.retry((await test.messages())[0]?.key ?? '');
    expect((await smtp.handed(0)).to).toEqual([CAROL]);
    await close(test, clock);
  });
});
