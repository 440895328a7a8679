import { describe, expect, it } from 'vitest';
import { rawMail } from '../../support/engine.js';
import { useHostBench } from '../../support/host-bench.js';

describe('filing on a plain server', () => {
  const bench = useHostBench();
  const deliver = (text: string, chat = true) => bench.host.deliver(rawMail({ text, chat }));
  const chats = () => bench.mailbox.folder('COI/Chats');

  it('makes the folders, Chats subscribed', async () => {
    await bench.start();
    expect(chats().subscribed).toBe(true);
    for (const path of ['COI/Contacts', 'Blocked']) expect(bench.mailbox.find(path)).toBeDefined();
  });

  it('uses another root where the application wants one', async () => {
    await bench.start({ mailboxRoot: 'Talk' });
    expect(bench.mailbox.find('Talk/Chats')).toBeDefined();
    expect(bench.mailbox.find('COI/Chats')).toBeUndefined();
  });

  it('moves new chat mail, but neither plain mail nor history', async () => {
    deliver('old chat');
    const ada = await bench.start();
    deliver('plain', false);
    deliver('new chat');
    await chats().until(({ messages }) => messages.length === 1);
    await ada.until(
      async () => (await ada.store.count('locations', { index: 'byFolder', prefix: ['COI/Chats'] })) === 1,
    );
    expect(chats().messages[0]?.raw.toString()).toContain('new chat');
    const left = bench.mailbox.inbox.messages.map(({ raw }) => raw.toString().trim().split('\r\n').at(-1));
    expect(left).toEqual(['old chat', 'plain']);
    expect(ada.news).toHaveLength(2);
  });

  it('moves what an answer from a plain mail program is, too', async () => {
    await bench.start();
    bench.host.deliver(
      rawMail({ text: 'an answer', chat: false }).replace('Subject:', 'References: <chat$abc@example.org>\r\nSubject:'),
    );
    await chats().until(({ messages }) => messages.length === 1);
  });

  it('moves nothing with filing none, and makes no folders', async () => {
    const ada = await bench.start({ filing: 'none' });
    deliver('hello');
    await ada.until(() => ada.news.length === 1);
    await ada.until(() => ada.progress.at(-1)?.complete === true);
    expect(bench.mailbox.inbox.messages).toHaveLength(1);
    expect(bench.mailbox.find('COI/Chats')).toBeUndefined();
  });

  it('moves a mail once it is read with filing seen', async () => {
    const ada = await bench.start({ filing: 'seen' });
    deliver('first');
    deliver('second');
    await ada.until(() => ada.news.length === 2);
    const second = (await ada.messages()).find(({ text }) => text === 'second');
    await ada.engine.markSeen([second?.key ?? '']);
    await chats().until(({ messages }) => messages.length === 1);
    expect(chats().messages[0]?.raw.toString()).toContain('second');
    expect([...(chats().messages[0]?.flags ?? [])]).toContain('\\Seen');
    const first = (await ada.messages()).find(({ text }) => text === 'first');
    await ada.engine.markSeen([first?.key ?? '']);
    await chats().until(({ messages }) => messages.length === 2);
  });

  it('marks a mail from ourselves to others as seen', async () => {
    await bench.start();
    bench.host.deliver(rawMail({ from: 'ada@example.org', to: 'bob@example.net', text: 'from my other device' }), {
      to: 'ada@example.org',
    });
    await chats().until(({ messages }) => messages.length === 1);
    expect([...(chats().messages[0]?.flags ?? [])]).toContain('\\Seen');
  });

  it('makes the folder anew if somebody deletes it', async () => {
    const ada = await bench.start();
    bench.mailbox.delete('COI/Chats');
    deliver('hello');
    await ada.until(() => ada.news.length === 1);
    await bench.mailbox.inbox.until(({ messages }) => messages.length === 0);
    expect(chats().messages).toHaveLength(1);
  });

  it('leaves chat mail where it is if the server refuses to move it', async () => {
    const ada = await bench.start();
    bench.host.faults.failNext('MOVE', 'NO [CANNOT] Not here');
    deliver('hello');
    await ada.until(() => ada.news.length === 1 && ada.errors.length === 1);
    expect(ada.errors[0]?.code).toBe('SERVER_REFUSED');
    deliver('more');
    await ada.until(() => ada.news.length === 2);
    expect(bench.mailbox.inbox.messages).toHaveLength(2);
    expect(ada.engine.connection).toBe('online');
  });

  it('survives a keyword that the server refuses', async () => {
    await bench.start();
    bench.host.faults.failNext('STORE', 'NO No keywords');
    deliver('hello');
    await chats().until(({ messages }) => messages.length === 1);
  });

  it('does no harm when two devices file at the same time', async () => {
    const phone = await bench.start();
    const laptop = await bench.start();
    for (let i = 0; i < 20; i++) deliver(`mail ${i}`);
    await phone.until(() => phone.news.length === 20);
    await laptop.until(() => laptop.news.length === 20);
    await chats().until(({ messages }) => messages.length === 20);
    await bench.mailbox.inbox.until(({ messages }) => messages.length === 0);
    for (const device of [phone, laptop]) {
      expect(new Set(await device.newsTexts()).size).toBe(20);
      expect(await device.messages()).toHaveLength(20);
      await device.until(async () => {
        const places = await device.store.list('locations');
        return places.length === 20 && places.every(({ folder }) => folder === 'COI/Chats');
      });
    }
  });

  it('does not announce again after a crash between moving and writing that down', async () => {
    const ada = await bench.start();
    bench.host.faults.failNext('MOVE', 'NO Busy');
    deliver('hello');
    await ada.until(() => ada.news.length === 1 && ada.errors.length === 1);
    await ada.engine.close();
    // What the move had done, without our knowing.
    const [mail] = bench.mailbox.inbox.messages;
    chats().append(mail?.raw ?? '', { internalDate: mail?.internalDate ?? 0 });
    bench.mailbox.inbox.expunge([mail?.uid ?? 0]);
    const again = await bench.start({ store: ada.store });
    expect(await again.texts()).toEqual(['hello']);
    expect(again.news).toEqual([]);
  });
});

describe('filing where folders cannot be made', () => {
  const bench = useHostBench();

  it('leaves chat mail in the INBOX', async () => {
    bench.host.faults.failNext('CREATE', 'NO [CANNOT] No new folders', { times: 10 });
    const ada = await bench.start();
    bench.host.deliver(rawMail({ text: 'hello' }));
    await ada.until(() => ada.news.length === 1);
    expect(bench.mailbox.inbox.messages).toHaveLength(1);
    const { key } = await ada.send('bob@example.net', 'hi');
    await ada.untilState(key, 'sent');
    await bench.mailbox.folder('Sent').until(({ messages }) => messages.length === 1);
  });
});

describe('filing with a namespace prefix', () => {
  const bench = useHostBench({ namespacePrefix: 'INBOX.', delimiter: '.' });

  it('makes the folders below it, with the delimiter of the server', async () => {
    await bench.start();
    bench.host.deliver(rawMail({ text: 'hello' }));
    await bench.mailbox.folder('INBOX.COI.Chats').until(({ messages }) => messages.length === 1);
  });
});

describe('filing where keywords cannot be stored', () => {
  const bench = useHostBench({ keywords: false });

  it('does without', async () => {
    await bench.start();
    bench.host.deliver(rawMail({ text: 'hello' }));
    const chats = bench.mailbox.folder('COI/Chats');
    await chats.until(({ messages }) => messages.length === 1);
    expect([...(chats.messages[0]?.flags ?? [])]).toEqual([]);
  });
});

describe('filing by a COI server', () => {
  const bench = useHostBench();

  it('is left to the server where it is switched on, with the root that is configured there', async () => {
    await bench.restart({ coi: { enabled: true, messageFilter: 'active', mailboxRoot: 'Talk' } });
    const ada = await bench.start();
    // Watched by IDLE: the server puts chat mail there directly.
    bench.host.deliver(rawMail({ text: 'chat' }));
    await ada.until(() => ada.news.length === 1);
    expect(await ada.newsTexts()).toEqual(['chat']);
    expect(bench.mailbox.folder('Talk/Chats').messages).toHaveLength(1);
    expect(bench.mailbox.find('COI/Chats')).toBeUndefined();
    expect(bench.mailbox.find('Blocked')).toBeUndefined();
  });

  it('leaves mail in the INBOX where the server was told to', async () => {
    await bench.restart({ coi: { enabled: true, messageFilter: 'none' } });
    const ada = await bench.start();
    bench.host.deliver(rawMail({ text: 'chat' }));
    await ada.until(() => ada.news.length === 1);
    await ada.complete();
    expect(bench.mailbox.inbox.messages).toHaveLength(1);
  });

  it('is ours while it is switched off', async () => {
    await bench.restart({ coi: true });
    await bench.start();
    bench.host.deliver(rawMail({ text: 'chat' }));
    await bench.mailbox.folder('COI/Chats').until(({ messages }) => messages.length === 1);
  });

  it('goes on when the server does not tell its settings', async () => {
    await bench.restart({ coi: true });
    bench.host.faults.failNext('GETMETADATA', 'NO Not today');
    await bench.start();
    bench.host.deliver(rawMail({ text: 'chat' }));
    await bench.mailbox.folder('COI/Chats').until(({ messages }) => messages.length === 1);
  });
});
