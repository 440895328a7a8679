import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/core/limits.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { rawMail } from '../../support/engine.js';
import { useHostBench } from '../../support/host-bench.js';

describe('synchronisation', () => {
  const bench = useHostBench();
  const deliver = (text: string, chat = true) => bench.host.deliver(rawMail({ text, chat }));

  it('tells news from history: what came while offline is news, oldest first', async () => {
    deliver('old');
    const first = await bench.start();
    await first.engine.close();
    for (const text of ['one', 'two', 'three']) deliver(text);
    const again = await bench.start({ store: first.store });
    expect(await again.newsTexts()).toEqual(['one', 'two', 'three']);
    expect(first.news).toEqual([]);
  });

  it('does not announce the mails of a second start again', async () => {
    const first = await bench.start();
    deliver('hello');
    await first.until(() => first.news.length === 1);
    await first.engine.close();
    const again = await bench.start({ store: first.store });
    expect(again.news).toEqual([]);
    expect(await again.texts()).toEqual(['hello']);
  });

  it('survives a drop and takes in what came meanwhile', async () => {
    const ada = await bench.start({ random: (length) => new Uint8Array(length) });
    bench.host.faults.dropConnections({ user: 'ada@example.org', protocol: 'imap' });
    deliver('meanwhile');
    await ada.until(() => ada.news.length === 1);
    expect(await ada.newsTexts()).toEqual(['meanwhile']);
    expect(ada.engine.connection).toBe('online');
  });

  it('resumes the first sync after drops in the middle of it', async () => {
    for (let i = 0; i < 1500; i++) deliver(`mail ${i}`, false);
    const ada = await bench.open({ random: (length) => new Uint8Array(length) });
    let drops = 0;
    ada.engine.on('sync', ({ phase, done }) => {
      if (phase === 'first' && done > 400 * (drops + 1) && drops < 3) {
        drops += 1;
        bench.host.faults.dropConnections({ user: 'ada@example.org', protocol: 'imap' });
      }
    });
    await ada.engine.start({ keepTrying: true });
    await ada.complete();
    expect(drops).toBe(3);
    expect(new Set(await ada.texts()).size).toBe(1500);
    expect(await ada.store.count('locations')).toBe(1500);
    expect(ada.news).toEqual([]);
  });

  it('shows the newest mails before the rest is there', async () => {
    for (let i = 0; i < 1200; i++) deliver(`mail ${i}`, false);
    const ada = await bench.open();
    await ada.engine.start();
    const usable = ada.progress.findIndex((progress) => progress.usable);
    expect(ada.progress[usable]).toMatchObject({
      phase: 'first',
      complete: false,
      folder: 'INBOX',
      done: 1000,
      total: 1200,
    });
    await ada.complete();
    expect(await ada.store.count('messages')).toBe(1200);
    expect(ada.progress.at(-1)).toMatchObject({ phase: 'first', done: 1200, total: 1200, complete: true });
  });

  it('finds the newest messages of the newest chats in a large mailbox', async () => {
    const internalDate = (i: number) => 1_000_000_000_000 + i * 1000;
    for (let i = 0; i < 5200; i++) {
      const from = i % 1000 === 7 ? `quiet${i}@example.net` : 'talkative@example.net';
      bench.host.deliver(rawMail({ from, text: `mail ${i}`, chat: false }), { internalDate: internalDate(i) });
    }
    const ada = await bench.open();
    await ada.engine.start();
    await ada.engine.stop();
    const messages = await ada.messages();
    const quiet = messages.filter(({ from }) => from.address.startsWith('quiet')).map(({ text }) => text);
    // The oldest quiet one lies behind the mails that are skimmed.
    expect(new Set(quiet)).toEqual(new Set(['mail 5007', 'mail 4007', 'mail 3007', 'mail 2007', 'mail 1007']));
    const loud = messages.filter(({ from }) => from.address.startsWith('talkative'));
    expect(new Set(loud.map(({ text }) => text)).has('mail 5199')).toBe(true);
    expect(loud.length).toBeGreaterThanOrEqual(50);
    expect(loud.length).toBeLessThan(1500);
  });

  it('reads a folder again whose UIDVALIDITY changed, silently, and goes on with news', async () => {
    for (const text of ['one', 'two', 'three']) deliver(text, false);
    const ada = await bench.start({ random: (length) => new Uint8Array(length) });
    const before = await ada.messages();
    const { uidValidity } = bench.mailbox.inbox;
    bench.mailbox.inbox.changeUidValidity();
    await ada.until(async () => {
      const [record] = await ada.store.get('folders', ['INBOX']);
      return record !== undefined && record.uidValidity !== String(uidValidity) && record.uidFrom === 1;
    });
    deliver('four', false);
    await ada.until(() => ada.news.length > 0);
    expect(await ada.newsTexts()).toEqual(['four']);
    expect((await ada.messages()).slice(0, 3)).toEqual(before);
    const locations = await ada.store.list('locations', { index: 'byFolder', prefix: ['INBOX'] });
    expect(new Set(locations.map((location) => location.uidValidity))).toEqual(
      new Set([String(bench.mailbox.inbox.uidValidity)]),
    );
    expect(locations).toHaveLength(4);
  });

  it('takes away what another device deleted', async () => {
    for (const text of ['one', 'two', 'three']) deliver(text, false);
    const ada = await bench.start();
    const gone = bench.mailbox.inbox.messages[1];
    bench.mailbox.inbox.expunge([gone?.uid ?? 0]);
    await ada.until(async () => (await ada.messages()).length === 2);
    expect((await ada.texts()).toSorted()).toEqual(['one', 'three']);
  });

  it('notices at the next start what another device deleted meanwhile', async () => {
    for (let i = 0; i < 700; i++) deliver(`mail ${i}`, false);
    const first = await bench.start();
    await first.engine.close();
    const { inbox } = bench.mailbox;
    const gone = inbox.messages.filter((_, i) => i % 97 === 5 || (i > 300 && i < 320));
    inbox.expunge(gone.map(({ uid }) => uid));
    const again = await bench.start({ store: first.store });
    expect(await again.store.count('locations')).toBe(700 - gone.length);
    expect(await again.messages()).toHaveLength(700 - gone.length);
  });

  it('takes over flags that another device set', async () => {
    deliver('one', false);
    const ada = await bench.start();
    expect((await ada.messages())[0]?.seen).toBe(false);
    const { inbox } = bench.mailbox;
    inbox.setFlags(inbox.messages[0]?.uid ?? 0, ['\\Seen']);
    await ada.until(async () => (await ada.messages())[0]?.seen === true);
  });

  it('marks messages as read on the server, all copies with one command per folder', async () => {
    for (const text of ['one', 'two', 'three']) deliver(text, false);
    const ada = await bench.start();
    const keys = (await ada.messages()).map(({ key }) => key);
    await ada.engine.markSeen(keys);
    expect((await ada.messages()).every(({ seen }) => seen)).toBe(true);
    await bench.mailbox.inbox.until(({ messages }) => messages.every(({ flags }) => flags.has('\\Seen')));
    await ada.until(async () => (await ada.store.count('actions')) === 0);
  });

  it('does on the server after a restart what was done while offline', async () => {
    for (const text of ['read', 'deleted']) deliver(text, false);
    const first = await bench.start();
    await first.engine.stop();
    const [read, deleted] = await Promise.all(
      ['read', 'deleted'].map(
        async (text) => (await first.messages()).find((message) => message.text === text)?.key ?? '',
      ),
    );
    await first.engine.markSeen([read ?? '']);
    await first.engine.remove([deleted ?? ''], { server: true });
    await first.engine.close();
    const again = await bench.start({ store: first.store });
    const { inbox } = bench.mailbox;
    await inbox.until(({ messages }) => messages.length === 1 && messages[0]?.flags.has('\\Seen') === true);
    expect(await again.texts()).toEqual(['read']);
  });

  it('keeps a message that was only deleted here', async () => {
    deliver('one', false);
    const ada = await bench.start();
    await ada.engine.remove([(await ada.messages())[0]?.key ?? ''], { server: false });
    expect(await ada.messages()).toEqual([]);
    await ada.engine.close();
    const again = await bench.start({ store: ada.store });
    expect(await again.messages()).toEqual([]);
    expect(bench.mailbox.inbox.messages).toHaveLength(1);
  });

  it('does not lose, repeat or hide a message that another device moves to Chats', async () => {
    const ada = await bench.start({ filing: 'none' });
    bench.mailbox.create('COI/Chats');
    await ada.engine.close();
    const again = await bench.start({ store: ada.store, filing: 'none' });
    deliver('moved');
    await again.until(() => again.news.length === 1);
    const hidden: boolean[] = [];
    again.engine.on('change', ({ messages }) => {
      for (const { after } of messages) if (after?.hidden === 1) hidden.push(true);
    });
    const [mail] = bench.mailbox.inbox.messages;
    bench.mailbox.folder('COI/Chats').append(mail?.raw ?? '', { internalDate: mail?.internalDate ?? 0 });
    bench.mailbox.inbox.expunge([mail?.uid ?? 0]);
    await again.until(async () => {
      const [location] = await again.store.list('locations');
      return location?.folder === 'COI/Chats' && (await again.store.count('locations')) === 1;
    });
    expect(await again.texts()).toEqual(['moved']);
    expect(again.news).toHaveLength(1);
    expect(hidden).toEqual([]);
  });

  it('finds news in a folder that appears later', async () => {
    deliver('old');
    const first = await bench.start({ filing: 'none' });
    await first.engine.close();
    bench.mailbox
      .create('COI/Chats')
      .append(rawMail({ text: 'filed by another device' }), { internalDate: Date.now() + 5000 });
    bench.mailbox.folder('COI/Chats').append(rawMail({ text: 'from long ago' }), { internalDate: 1000 });
    const again = await bench.start({ store: first.store, filing: 'none' });
    expect(await again.newsTexts()).toEqual(['filed by another device']);
    expect(await again.texts()).toHaveLength(3);
  });

  it('forgets a folder that was deleted, and makes Chats anew', async () => {
    const ada = await bench.start();
    deliver('hello');
    await ada.until(() => ada.news.length === 1);
    await bench.mailbox.folder('COI/Chats').until(({ messages }) => messages.length === 1);
    await ada.engine.close();
    bench.mailbox.delete('COI/Chats');
    const again = await bench.start({ store: ada.store });
    expect(await again.messages()).toEqual([]);
    deliver('again');
    await again.until(() => again.news.length === 1);
    await bench.mailbox.folder('COI/Chats').until(({ messages }) => messages.length === 1);
  });

  it.each([
    ['is deleted', false],
    ['is deleted and made anew', true],
  ])('goes on when Chats %s while connected', async (_, anew) => {
    const clock = new ManualClock(Date.now());
    const ada = await bench.start({ clock });
    deliver('old');
    await ada.until(() => ada.news.length === 1);
    await bench.mailbox.folder('COI/Chats').until(({ messages }) => messages.length === 1);
    bench.mailbox.delete('COI/Chats');
    if (anew) bench.mailbox.create('COI/Chats');
    // Nothing tells about a folder that is not open: it is asked about.
    while ((await ada.messages()).length > 0) {
      await clock.advanceAsync(limits.pollMs / 10);
      await new Promise((resolve) => setImmediate(resolve));
    }
    deliver('new');
    await ada.until(() => ada.news.length === 2);
    await bench.mailbox.folder('COI/Chats').until(({ messages }) => messages.length === 1);
    await ada.until(async () => (await ada.store.list('locations'))[0]?.folder === 'COI/Chats');
    expect(await ada.texts()).toEqual(['new']);
    expect(await ada.newsTexts()).toEqual(['', 'new']);
    expect(ada.engine.connection).toBe('online');
  });

  it('notices at the next mail that Chats was deleted', async () => {
    const ada = await bench.start();
    deliver('old');
    await ada.until(() => ada.news.length === 1);
    await bench.mailbox.folder('COI/Chats').until(({ messages }) => messages.length === 1);
    bench.mailbox.delete('COI/Chats');
    deliver('new');
    await ada.until(async () => (await ada.texts()).join() === 'new');
    expect(ada.news).toHaveLength(2);
    const locations = await ada.store.list('locations');
    expect(locations.map(({ folder, uidValidity }) => [folder, uidValidity])).toEqual([
      ['COI/Chats', String(bench.mailbox.folder('COI/Chats').uidValidity)],
    ]);
  });

  it('does not mix up places when Chats was made anew by somebody else', async () => {
    const ada = await bench.start();
    deliver('old');
    await ada.until(() => ada.news.length === 1);
    await ada.until(async () => (await ada.store.list('locations'))[0]?.folder === 'COI/Chats');
    bench.mailbox.delete('COI/Chats');
    bench.mailbox.create('COI/Chats');
    deliver('new');
    await ada.until(async () => (await ada.texts()).join() === 'new');
    expect(await ada.store.count('locations')).toBe(1);
  });

  it('reads a large folder again that was made anew while connected', async () => {
    const ada = await bench.start({ random: (length) => new Uint8Array(length) });
    for (let i = 0; i < 1100; i++) deliver(`mail ${i}`, false);
    await ada.until(() => ada.news.length === 1100);
    bench.mailbox.inbox.expunge([bench.mailbox.inbox.messages[7]?.uid ?? 0]);
    bench.mailbox.inbox.changeUidValidity();
    await ada.until(async () => (await ada.messages()).length === 1099);
    expect(await ada.store.count('locations')).toBe(1099);
  });

  it('clears the mark of a message that a handler has finished with', async () => {
    const ada = await bench.start();
    deliver('hello');
    await ada.until(() => ada.news.length === 1);
    const [key = ''] = ada.news;
    await ada.writer.run(async (tx) => tx.put('messages', { ...(await ada.message(key)), pending: 1 }));
    await ada.engine.acknowledge(key);
    expect((await ada.message(key)).pending).toBe(0);
  });
});

describe('synchronisation with a server of few capabilities', () => {
  const bench = useHostBench({
    capabilities: { condstore: false, uidplus: false, move: false, specialUse: false, listExtended: false },
  });

  it('takes over flags and deletions without CONDSTORE', async () => {
    for (const text of ['one', 'two']) bench.host.deliver(rawMail({ text, chat: false }));
    const ada = await bench.start();
    const { inbox } = bench.mailbox;
    inbox.setFlags(inbox.messages[0]?.uid ?? 0, ['\\Seen']);
    // The server cannot tell what changed while the folder was closed; with the next mail it is compared.
    bench.host.deliver(rawMail({ text: 'three', chat: false }));
    await ada.until(async () => (await ada.messages()).some(({ seen }) => seen));
    inbox.expunge([inbox.messages[1]?.uid ?? 0]);
    await ada.until(async () => (await ada.messages()).length === 2);
  });

  it('files chat mail without MOVE and UIDPLUS, and announces it once', async () => {
    const ada = await bench.start();
    bench.host.deliver(rawMail({ text: 'hello' }));
    await ada.until(async () => {
      const locations = await ada.store.list('locations');
      return locations.length === 1 && locations[0]?.folder === 'COI/Chats';
    });
    expect(ada.news).toHaveLength(1);
    expect(await ada.texts()).toEqual(['hello']);
    expect(bench.mailbox.inbox.messages).toHaveLength(0);
  });
});
