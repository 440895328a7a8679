import { describe, expect, it } from 'vitest';
import { NetworkError } from '../../../src/core/errors.js';
import type { TestEngine } from '../../support/engine.js';
import { useHostBench } from '../../support/host-bench.js';
import { intercepted } from '../../support/wrapped-imap.js';

const BOB = 'bob@example.net';

describe('the copy of a sent message', () => {
  const bench = useHostBench();
  const chats = () => bench.mailbox.folder('COI/Chats');
  const sent = () => bench.mailbox.folder('Sent');

  /** Sends a message and waits until nothing is left to do for it. */
  async function send(ada: TestEngine, text: string): Promise<string> {
    const { key } = await ada.send(BOB, text);
    await ada.untilState(key, 'sent');
    await ada.until(async () => (await ada.store.count('outbox')) === 0);
    return key;
  }

  it('is filed once into Chats, read, with its place known', async () => {
    const ada = await bench.start();
    const key = await send(ada, 'hi');
    expect(chats().messages).toHaveLength(1);
    expect(sent().messages).toHaveLength(0);
    expect([...(chats().messages[0]?.flags ?? [])].sort()).toEqual(['$Chat', '\\Seen']);
    expect(await ada.store.list('locations')).toMatchObject([
      { folder: 'COI/Chats', message: key, uid: chats().messages[0]?.uid },
    ]);
    const text = chats().messages[0]?.raw.toString();
    expect(text).toBe(bench.host.sent[0]?.raw.toString());
  });

  it('goes to Sent where chat mail is not filed', async () => {
    const ada = await bench.start({ filing: 'none' });
    await send(ada, 'hi');
    expect(sent().messages).toHaveLength(1);
  });

  it('is not shown a second time when it is found by the next start, or by another device', async () => {
    const ada = await bench.start();
    await send(ada, 'hi');
    await ada.engine.close();
    const again = await bench.start({ store: ada.store });
    expect(await again.texts()).toEqual(['hi']);
    const other = await bench.start();
    expect(await other.texts()).toEqual(['hi']);
    expect((await other.messages())[0]).toMatchObject({ fromMe: true, state: 'sent' });
    expect([...ada.news, ...again.news, ...other.news]).toEqual([]);
  });

  it('is left to a server that keeps one', async () => {
    bench.host.faults.keepSentCopies();
    const ada = await bench.start();
    await send(ada, 'one');
    await send(ada, 'two');
    expect(sent().messages).toHaveLength(2);
    expect(chats().messages).toHaveLength(0);
    await ada.until(async () => (await ada.store.count('locations')) === 2);
  });

  it('is never made with the policy "server"', async () => {
    const ada = await bench.start({ sentCopies: 'server' });
    const { key } = await ada.send(BOB, 'hi');
    await ada.untilState(key, 'sent');
    await ada.until(async () => {
      const [record] = await ada.store.list('outbox');
      return record !== undefined && record.attempts > 0;
    });
    expect(chats().messages).toHaveLength(0);
    expect(sent().messages).toHaveLength(0);
  });

  it('is always made with the policy "client"', async () => {
    const ada = await bench.start({ sentCopies: 'client', filing: 'none' });
    await send(ada, 'one');
    expect(sent().messages).toHaveLength(1);
  });

  it('is taken away again when the server turns out to keep one after all, and no more are made', async () => {
    const ada = await bench.start({ filing: 'none' });
    const key = await send(ada, 'one');
    expect(sent().messages).toHaveLength(1);
    // The server is slow: its own copy comes later.
    sent().append(sent().messages[0]?.raw ?? '');
    await ada.engine.close();
    const again = await bench.start({ store: ada.store, filing: 'none' });
    await sent().until(({ messages }) => messages.length === 1);
    await again.until(async () => (await again.store.count('locations')) === 1);
    expect((await again.message(key)).hidden).toBe(0);
    bench.host.faults.keepSentCopies();
    await send(again, 'two');
    expect(sent().messages).toHaveLength(2);
  });

  it('is not made twice after a crash between APPEND and commit', async () => {
    const first = await bench.openIntercepted((imap) =>
      intercepted(imap, {
        appended: (path) => {
          if (path !== 'COI/Chats') return;
          bench.host.faults.dropConnections({ user: 'ada@example.org', protocol: 'imap' });
          throw new NetworkError('CONNECTION_LOST', 'Lost right after APPEND.');
        },
      }),
    );
    await first.engine.start();
    const { key } = await first.send(BOB, 'hi');
    await first.untilState(key, 'sent');
    await first.until(() => first.engine.connection === 'waiting');
    expect(chats().messages).toHaveLength(1);
    await first.engine.close();
    expect(await first.store.list('outbox')).toMatchObject([{ state: 'filing', copyTried: true }]);
    const again = await bench.start({ store: first.store });
    await again.until(async () => (await again.store.count('outbox')) === 0);
    expect(chats().messages).toHaveLength(1);
    expect(await again.texts()).toEqual(['hi']);
  });

  it('is filed after a restart if the process ended right after sending', async () => {
    const ada = await bench.start();
    await ada.engine.stop();
    const offline = await bench.open({ store: ada.store });
    bench.host.faults.failNext('LOGIN', 'NO [UNAVAILABLE] Later', { times: 1 });
    bench.host.faults.failNext('AUTHENTICATE', 'NO [UNAVAILABLE] Later', { times: 1 });
    const { key } = await offline.send(BOB, 'hi');
    await offline.engine.start({ keepTrying: true }).catch(() => undefined);
    await offline.engine.close();
    const again = await bench.start({ store: ada.store });
    await again.untilState(key, 'sent');
    await again.until(async () => (await again.store.count('outbox')) === 0);
    expect(chats().messages).toHaveLength(1);
    expect(bench.host.sent).toHaveLength(1);
  });

  it('of a note to ourselves is the one that arrives', async () => {
    const ada = await bench.start();
    const { key } = await ada.send('ada@example.org', 'note to self');
    await ada.untilState(key, 'sent');
    await ada.until(async () => (await ada.store.count('outbox')) === 0);
    await chats().until(({ messages }) => messages.length === 1);
    await bench.mailbox.inbox.until(({ messages }) => messages.length === 0);
    expect(await ada.texts()).toEqual(['note to self']);
    expect(chats().messages).toHaveLength(1);
  });

  it('is given up after some tries if the server refuses, and the message stays sent', async () => {
    bench.host.faults.failNext('APPEND', 'NO [OVERQUOTA] Full', { times: 100 });
    const ada = await bench.start();
    const { key } = await ada.send(BOB, 'hi');
    await ada.untilState(key, 'sent');
    await ada.until(async () => ((await ada.store.list('outbox'))[0]?.attempts ?? 0) > 0);
    expect(ada.engine.connection).toBe('online');
  });

  it('costs one APPEND per message and no search once the server is known', async () => {
    const ada = await bench.start();
    await send(ada, 'first');
    const before = await ada.store.get('settings', ['sent-copies']);
    expect(before[0]?.value).toBe('client');
    bench.host.faults.failNext('SEARCH', 'NO No search', { times: 100 });
    await send(ada, 'second');
    expect(chats().messages).toHaveLength(2);
  });
});

describe('the copy of a sent message on a COI server', () => {
  const bench = useHostBench({ coi: { enabled: true, messageFilter: 'active' } });

  it('is the one that the server files', async () => {
    const ada = await bench.start();
    const { key } = await ada.send(BOB, 'hi');
    await ada.untilState(key, 'sent');
    await ada.until(async () => (await ada.store.count('outbox')) === 0);
    const copies = [...bench.mailbox.folder('COI/Chats').messages, ...bench.mailbox.folder('Sent').messages];
    expect(copies).toHaveLength(1);
    expect(await ada.texts()).toEqual(['hi']);
  });
});
