import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Chat, Message } from '../../../src/chat/handles.js';
import { readChatMail } from '../../../src/protocol/read.js';
import { openSession } from './open-session.js';
import { messageRecord, ownRecord } from './records.js';

const ids = (messages: readonly Message[]) => messages.map((message) => message.id);
const text = (value: { text: string } | undefined) => value?.text;

describe('a chat', () => {
  it('is one object per address, whatever way it is asked for', async () => {
    const { account } = await openSession({ aliases: ['work@example.com'], name: 'Ada' });
    const chat = await account.chat('Bob@Example.NET');
    expect(chat).toMatchObject({ id: 'single:bob@example.net', kind: 'single', title: 'bob@example.net', unread: 0 });
    expect(await account.chat('bob@example.net')).toBe(chat);
    expect(await account.chats.get(chat.id)).toBe(chat);
    expect((await account.chats.list())[0]).toBe(chat);
    const self = await account.chat('work@example.com');
    expect(self).toMatchObject({ kind: 'self', title: 'Ada' });
    await expect(account.chat('nobody')).rejects.toMatchObject({ code: 'INVALID_ADDRESS' });
    expect(await account.chats.get('single:x@y.org')).toBeUndefined();
    await account.close();
  });

  it('follows what comes in', async () => {
    const { account, receive } = await openSession();
    const chat = await account.chat('bob@example.net');
    expect(chat.lastMessage).toBeUndefined();
    await receive([
      messageRecord('m1', {
        date: 1_000,
        from: { address: 'bob@example.net', name: 'Bob' },
        sender: 'bob@example.net',
      }),
      messageRecord('m2', { date: 2_000 }),
    ]);
    expect(chat.unread).toBe(2);
    expect(chat.lastMessage?.id).toBe('m2');
    expect(chat.lastMessage?.chat).toBe(chat);
    expect(chat.lastDate).toEqual(new Date(2_000));
    expect(chat.title).toBe('Bob');
    expect(chat.members).toEqual([{ address: 'bob@example.net', name: 'Bob' }]);
    expect(await chat.firstUnread()).toMatchObject({ id: 'm1' });
    await account.close();
  });

  it('marks as read up to a message, and all', async () => {
    const { account, receive, engine } = await openSession();
    await receive([1, 2, 3, 4].map((n) => messageRecord(`m${n}`, { date: n === 3 ? 2 : n })));
    const chat = await account.chat('bob@example.net');
    await chat.markRead('m2');
    expect(engine.log).toEqual(['seen m1 m2']);
    expect(chat.unread).toBe(2);
    expect(await chat.firstUnread()).toMatchObject({ id: 'm3', seen: false });
    await chat.markRead();
    expect(chat.unread).toBe(0);
    expect(await chat.firstUnread()).toBeUndefined();
    await chat.markRead();
    expect(engine.log).toHaveLength(2);
    await expect(chat.markRead('unknown')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await account.close();
  });

  it('follows into the chat that it turns out to be a part of', async () => {
    const { account, receive, session } = await openSession();
    await receive([messageRecord('a', { chatId: 'adhoc:a', subject: 'Lunch', date: 1 })]);
    await receive([messageRecord('b', { chatId: 'adhoc:b', subject: 'Dinner', date: 2 })]);
    const small = await account.chats.get('adhoc:b');
    await session.writer.run(async (tx) => {
      const moved = await tx.get('messages', 'b');
      if (moved) tx.put('messages', { ...moved, chatId: 'adhoc:a' });
      tx.merge('adhoc:b', 'adhoc:a');
    });
    const large = await account.chats.get('adhoc:a');
    expect(await account.chats.get('adhoc:b')).toBeUndefined();
    expect(small).toMatchObject({ id: 'adhoc:a', title: 'Lunch', unread: 2, deleted: false });
    await receive([messageRecord('c', { chatId: 'adhoc:a', date: 3 })]);
    expect(small?.unread).toBe(3);
    expect(ids((await small?.messages().toArray()) ?? [])).toEqual(['a', 'b', 'c']);
    expect(large?.lastMessage).toBe(small?.lastMessage);
    await account.close();
  });

  it('keeps what the user sets', async () => {
    const { account } = await openSession();
    const chat = await account.chat('bob@example.net');
    await Promise.all([chat.mute(), chat.pin(), chat.archive(), chat.setDraft('Dear B')]);
    expect(chat).toMatchObject({ muted: true, pinned: true, archived: true, draft: 'Dear B' });
    expect(await account.chats.list()).toEqual([]);
    expect(await account.chats.list({ archived: true })).toEqual([chat]);
    await Promise.all([chat.mute(false), chat.pin(false), chat.archive(false), chat.setDraft('')]);
    expect(chat).toMatchObject({ muted: false, pinned: false, archived: false, draft: undefined });
    expect(await account.chats.list()).toEqual([chat]);
    await account.close();
  });

  it('is cleared, deleted, and comes back with a new message', async () => {
    const { account, receive, engine, session } = await openSession();
    await receive([messageRecord('m1', { date: 1_000 }), ownRecord('own', { date: 2_000 })]);
    const chat = await account.chat('bob@example.net');
    await chat.clear({ server: true });
    expect(engine.log).toEqual(['cancel own', 'remove m1 on the server']);
    expect(await account.chats.list()).toEqual([chat]);
    expect(await chat.messages().toArray()).toEqual([]);
    expect((await session.store.get('chats', [chat.id]))[0]?.clearedUpTo).toBe(2_000);

    await receive([messageRecord('m2', { date: 3_000 })]);
    await chat.delete();
    expect(chat.deleted).toBe(true);
    expect(await account.chats.list()).toEqual([]);
    expect(await account.chats.get(chat.id)).toBeUndefined();

    await receive([messageRecord('m3', { date: 4_000 })]);
    expect(chat.deleted).toBe(false);
    expect(ids(await chat.messages().toArray())).toEqual(['m3']);
    await account.close();
  });
});

describe('the messages of a chat', () => {
  async function filled(count: number) {
    const opened = await openSession();
    // Several messages share a date: the order has to be total anyway.
    const records = Array.from({ length: count }, (_, n) =>
      messageRecord(`m${String(n).padStart(4, '0')}`, { date: Math.floor(n / 3) * 1_000 }),
    );
    await opened.receive(records, { history: true });
    return { ...opened, chat: await opened.account.chat('bob@example.net'), keys: records.map(({ key }) => key) };
  }

  it('are read page by page, both ways', async () => {
    const { account, chat, keys } = await filled(250);
    expect(ids(await chat.messages().toArray())).toEqual(keys);
    expect(ids(await chat.messages({ newestFirst: true }).toArray())).toEqual(keys.toReversed());
    const some: string[] = [];
    for await (const message of chat.messages({ newestFirst: true })) if (some.push(message.id) === 3) break;
    expect(some).toEqual(keys.slice(-3).reverse());
    await account.close();
  });

  it('are limited to the newest ones, or to those next to `after`, whatever the order', async () => {
    const { account, chat, keys } = await filled(250);
    const list = async (...range: Parameters<Chat['messages']>) => ids(await chat.messages(...range).toArray());
    expect(await list({ limit: 120 })).toEqual(keys.slice(-120));
    expect(await list({ limit: 120, newestFirst: true })).toEqual(keys.slice(-120).reverse());
    expect(await list({ limit: 10, before: 'm0100' })).toEqual(keys.slice(90, 100));
    expect(await list({ limit: 10, before: 'm0100', newestFirst: true })).toEqual(keys.slice(90, 100).reverse());
    expect(await list({ limit: 10, after: 'm0100' })).toEqual(keys.slice(101, 111));
    expect(await list({ limit: 10, after: 'm0100', newestFirst: true })).toEqual(keys.slice(101, 111).reverse());
    expect(await list({ after: 'm0100', before: 'm0104' })).toEqual(keys.slice(101, 104));
    expect(await list({ before: new Date(2_000) })).toEqual(keys.slice(0, 6));
    expect(await list({ after: new Date(2_000), limit: 2 })).toEqual(keys.slice(9, 11));
    const [message] = await chat.messages({ limit: 1, before: 'm0100' }).toArray();
    if (!message) throw new Error('no message');
    expect(await list({ limit: 2, before: message })).toEqual(keys.slice(97, 99));
    await account.close();
  });

  it('are found around one of them', async () => {
    const { account, chat, keys } = await filled(60);
    await fc.assert(
      fc.asyncProperty(fc.nat(59), fc.integer({ min: 1, max: 70 }), fc.boolean(), async (at, limit, newestFirst) => {
        const found = ids(await chat.messages({ around: keys[at] as string, limit, newestFirst }).toArray());
        if (newestFirst) found.reverse();
        expect(found).toHaveLength(Math.min(limit, 60));
        const first = keys.indexOf(found[0] as string);
        expect(found).toEqual(keys.slice(first, first + found.length));
        const place = found.indexOf(keys[at] as string);
        expect(place).toBeGreaterThanOrEqual(0);
        // In the middle, unless the chat begins or ends there.
        if (first > 0 && first + found.length < 60)
          expect(Math.abs(place - (found.length - 1) / 2)).toBeLessThanOrEqual(0.5);
      }),
    );
    await account.close();
  });

  it.each([
    [{ limt: 5 }, 'UNKNOWN_OPTION'],
    [{ limit: 0 }, 'INVALID_OPTION'],
    [{ limit: 1.5 }, 'INVALID_OPTION'],
    [{ before: 5 }, 'INVALID_OPTION'],
    [{ after: new Date(Number.NaN) }, 'INVALID_OPTION'],
    [{ around: 'a', before: 'b' }, 'INVALID_OPTION'],
    [{ newestFirst: 1 }, 'INVALID_OPTION'],
  ])('refuse %j', async (range, code) => {
    const { account } = await openSession();
    const chat = await account.chat('bob@example.net');
    expect(() => chat.messages(range as object)).toThrowError(expect.objectContaining({ code }));
    await account.close();
  });

  it('refuse a message of another chat', async () => {
    const { account, chat } = await filled(1);
    await expect(chat.messages({ before: 'unknown' }).toArray()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(chat.messages({ around: 'unknown' }).toArray()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await chat.message('unknown')).toBeUndefined();
    expect((await chat.message('m0000'))?.id).toBe('m0000');
    await account.close();
  });
});

describe('sending', () => {
  it('writes a mail to the people of the chat and shows the message', async () => {
    const { account, engine } = await openSession({ name: 'Ada', undoMs: 500 });
    const chat = await account.chat('bob@example.net');
    const message = await chat.send('Hi Bob!');
    expect(message).toMatchObject({ text: 'Hi Bob!', fromMe: true, state: 'queued', seen: true });
    expect(message.chat).toBe(chat);
    expect(chat.lastMessage).toBe(message);
    const [accepted] = engine.accepted;
    expect(accepted?.options).toEqual({ chatId: chat.id, delayMs: 500 });
    expect(accepted?.mail.recipients).toEqual(['bob@example.net']);
    const mail = await readChatMail(accepted?.mail.bytes ?? new Uint8Array());
    expect(mail).toMatchObject({ kind: 'message', text: 'Hi Bob!', from: { address: 'ada@example.org', name: 'Ada' } });
    expect(mail.receiptRequestedBy).toBeUndefined();
    await account.close();
  });

  it('keeps the order of the calls, in dates and references as well', async () => {
    const { account, engine } = await openSession();
    const chat = await account.chat('bob@example.net');
    const sent = await Promise.all([chat.send('one'), chat.send('two'), chat.send('three')]);
    expect(sent.map(text)).toEqual(['one', 'two', 'three']);
    const mails = await Promise.all(engine.accepted.map(({ mail }) => readChatMail(mail.bytes)));
    expect(mails.map((mail) => (mail.kind === 'message' ? mail.text : ''))).toEqual(['one', 'two', 'three']);
    const dates = mails.map((mail) => mail.date ?? 0);
    expect(dates[1]).toBeGreaterThan(dates[0] ?? 0);
    expect(dates[2]).toBeGreaterThan(dates[1] ?? 0);
    expect(mails[2]?.references).toEqual([sent[0]?.messageId, sent[1]?.messageId]);
    await account.close();
  });

  it('answers a message: in its chat, from the address it was written to, with a quote', async () => {
    const { account, engine, receive } = await openSession({ aliases: ['work@example.com'] });
    await receive([messageRecord('m', { text: 'How are you?', to: [{ address: 'work@example.com' }] })]);
    const chat = await account.chat('bob@example.net');
    const message = await chat.message('m');
    await message?.reply('Fine');
    const mail = await readChatMail(engine.accepted[0]?.mail.bytes ?? new Uint8Array());
    expect(mail).toMatchObject({
      text: 'Fine',
      quote: 'How are you?',
      inReplyTo: 'chat$m@example.net',
      from: { address: 'work@example.com' },
    });
    expect(await message?.repliedTo()).toBeUndefined();
    await receive([
      messageRecord('answer', { inReplyTo: 'chat$m@example.net' }),
      messageRecord('a-fake', { messageId: 'chat$m@example.net', problem: { code: 'duplicate-id', detail: '' } }),
    ]);
    expect(await (await chat.message('answer'))?.repliedTo()).toBe(message);
    await expect(chat.send({ text: 'x', replyTo: 'unknown' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await account.close();
  });

  it('asks people who use a chat client for a receipt', async () => {
    const { account, engine, receive } = await openSession();
    await receive([messageRecord('m', { sender: 'bob@example.net', chatClient: true })]);
    await (await account.chat('bob@example.net')).send('Hi');
    const mail = await readChatMail(engine.accepted[0]?.mail.bytes ?? new Uint8Array());
    expect(mail.receiptRequestedBy).toBe('ada@example.org');
    await account.close();
  });

  it('forwards the text and the files of a message into another chat', async () => {
    const { account, engine, receive } = await openSession();
    const file = { part: '2', filename: 'a.txt', contentType: 'text/plain', size: 6 };
    await receive([messageRecord('m', { text: 'Look', attachments: [file] })]);
    const message = await (await account.chat('bob@example.net')).message('m');
    const carol = await account.chat('carol@example.com');
    const sent = await message?.forward(carol);
    expect(sent?.chat).toBe(carol);
    const mail = await readChatMail(engine.accepted[0]?.mail.bytes ?? new Uint8Array());
    if (mail.kind !== 'message') throw new Error('no message');
    expect(mail).toMatchObject({ text: 'Look', forwarded: { from: 'bob@example.net' } });
    expect(mail.attachments[0]?.filename).toBe('a.txt');
    expect(Buffer.from(mail.attachments[0]?.content ?? []).toString()).toBe('2 of m');
    await account.close();
  });

  it.each([
    ['nothing', '', 'EMPTY_MESSAGE'],
    ['blanks', ' \n', 'EMPTY_MESSAGE'],
    ['an empty draft', {}, 'EMPTY_MESSAGE'],
    ['too much', 'x'.repeat(300_000), 'TEXT_TOO_LONG'],
    ['a missing file', { attachments: [{ path: '/no/such/file' }] }, 'FILE_NOT_FOUND'],
    ['a subject of two lines', { text: 'x', subject: 'a\r\nBcc: eve@example.org' }, 'INVALID_HEADER'],
    [
      'a file name of two lines',
      { attachments: [{ filename: 'a\r\nX: y', content: new Uint8Array(1) }] },
      'INVALID_HEADER',
    ],
    ['a header of the protocol', { text: 'x', headers: { Bcc: 'eve@example.org' } }, 'INVALID_HEADER'],
    ['a header of two lines', { text: 'x', headers: { 'X-A': 'a\nBcc: eve@example.org' } }, 'INVALID_HEADER'],
    ['an unknown key', { txt: 'x' }, 'UNKNOWN_OPTION'],
    ['a foreign sender', { text: 'x', from: 'eve@example.org' }, 'INVALID_OPTION'],
  ])('refuses %s before anything is stored', async (_, draft, code) => {
    const { account, engine } = await openSession();
    const chat = await account.chat('bob@example.net');
    await expect(chat.send(draft as string)).rejects.toMatchObject({ code });
    expect(engine.accepted).toEqual([]);
    await account.close();
  });

  it('refuses unknown options, and stores nothing once the signal has fired', async () => {
    const { account, engine } = await openSession();
    const chat = await account.chat('bob@example.net');
    await expect(chat.send('Hi', { undo: 5 } as object)).rejects.toMatchObject({ code: 'UNKNOWN_OPTION' });
    await expect(chat.send('Hi', { undoMs: -5 })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(chat.send('Hi', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
    expect(engine.accepted).toEqual([]);
    await account.close();
  });
});

describe('a message', () => {
  it('is one object that follows its record, also into another chat', async () => {
    const { account, receive, session } = await openSession();
    await receive([messageRecord('m')]);
    const chat = await account.chat('bob@example.net');
    const message = await chat.message('m');
    expect(chat.lastMessage).toBe(message);
    await session.writer.run(async (tx) => {
      const record = await tx.get('messages', 'm');
      if (record) tx.put('messages', { ...record, text: 'edited', chatId: 'single:carol@example.com' });
    });
    expect(message?.text).toBe('edited');
    const carol = await account.chats.get('single:carol@example.com');
    expect(carol?.lastMessage).toBe(message);
    expect(message?.chat).toBe(carol);
    await account.close();
  });

  it('shows its files, with what stands in for them, and downloads them', async () => {
    const { account, receive, engine } = await openSession();
    const preview = { part: '1', filename: 'p.png', contentType: 'image/png', size: 5, previewOf: '2' };
    const movie = { part: '2', filename: 'm.mp4', contentType: 'video/mp4', size: 99, durationMs: 1500, voice: true };
    await receive([messageRecord('m', { attachments: [preview, movie] })]);
    const message = await (await account.chat('bob@example.net')).message('m');
    const file = message?.attachments[0];
    expect(message?.attachments).toHaveLength(1);
    expect(file).toMatchObject({ filename: 'm.mp4', size: 99, durationMs: 1500, voice: true, downloaded: false });
    expect(message?.attachments[0]).toBe(file);
    expect(Buffer.from((await file?.download()) ?? []).toString()).toBe('2 of m');
    expect(Buffer.from((await file?.preview?.download()) ?? []).toString()).toBe('1 of m');
    expect(engine.log).toEqual(['download m 2', 'download m 1']);
    await account.close();
  });

  it('is deleted, taken back while it waits, tried again', async () => {
    const { account, receive, engine } = await openSession();
    const records = ['m', 'queued', 'failed', 'sent'].map((key) =>
      key === 'm' ? messageRecord(key) : ownRecord(key, { state: key as 'queued' | 'failed' | 'sent' }),
    );
    await receive(records, { history: true });
    const chat = await account.chat('bob@example.net');
    const all = await chat.messages().toArray();
    const of = (id: string) => all.find((message) => message.id === id);
    await of('failed')?.retry();
    for (const id of ['m', 'queued', 'failed', 'sent']) await of(id)?.delete({ server: id === 'sent' });
    expect(engine.log).toEqual([
      'retry failed',
      'remove m',
      'cancel queued',
      'remove failed',
      'remove sent on the server',
    ]);
    expect(all.map((message) => message.deleted)).toEqual([true, true, true, true]);
    await account.close();
  });

  it('is marked as read once', async () => {
    const { account, receive, engine } = await openSession();
    await receive([messageRecord('m')]);
    const message = await (await account.chat('bob@example.net')).message('m');
    await message?.markRead();
    await message?.markRead();
    expect(engine.log).toEqual(['seen m']);
    expect(message?.seen).toBe(true);
    await account.close();
  });

  it('can be waited for', async () => {
    const { account, session } = await openSession();
    const message = await (await account.chat('bob@example.net')).send('Hi');
    const sent = message.sent();
    await session.writer.run(async (tx) => {
      const record = await tx.get('messages', message.id);
      if (record) tx.put('messages', { ...record, state: 'sent' });
    });
    await sent;
    await expect(message.delivered({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
    const read = expect(message.read()).rejects.toMatchObject({ code: 'INVALID_STATE' });
    await account.close();
    await read;
  });

  it('is not waited for once it is gone', async () => {
    const { account, session } = await openSession();
    const message = await (await account.chat('bob@example.net')).send('oops');
    const sent = expect(message.sent()).rejects.toMatchObject({ code: 'INVALID_STATE' });
    await session.writer.run(async (tx) => {
      const record = await tx.get('messages', message.id);
      if (record) tx.put('messages', { ...record, hidden: 1 });
    });
    await sent;
    await expect(message.sent()).rejects.toMatchObject({ code: 'INVALID_STATE' });
    await expect(message.read()).rejects.toMatchObject({ code: 'INVALID_STATE' });
    await account.close();
  });

  it('of others is delivered, and read once it was seen', async () => {
    const { account, receive } = await openSession();
    await receive([messageRecord('m')], { history: true });
    const [message] = await (await account.chat('bob@example.net')).messages().toArray();
    expect(message?.state).toBe('delivered');
    await message?.markRead();
    expect(message?.state).toBe('read');
    await account.close();
  });
});

describe('collections', () => {
  it('give a search up when its signal fires', async () => {
    const { account, receive } = await openSession();
    await receive([messageRecord('m1', { text: 'Lunch on Friday' })]);
    expect(await account.search('lunch', { signal: AbortSignal.timeout(60_000) })).toHaveLength(1);
    await expect(account.search('lunch', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
    await account.close();
  });

  it('search the text of messages, everywhere or in one chat', async () => {
    const { account, receive } = await openSession();
    await receive([
      messageRecord('m1', { text: 'Lunch on Friday', date: 1 }),
      messageRecord('m2', { text: 'lunch again', date: 2 }),
      messageRecord('c', { text: 'Lunch?', date: 3, chatId: 'single:carol@example.com' }),
    ]);
    expect(ids(await account.search('lun'))).toEqual(['c', 'm2', 'm1']);
    const chat = await account.chat('bob@example.net');
    expect(ids(await account.search('lunch', { chat, limit: 1 }))).toEqual(['m2']);
    const [newest] = await account.search('lunch');
    expect(ids(await account.search('lunch', { before: newest }))).toEqual(['m2', 'm1']);
    await expect(account.search('x', { limit: 0 })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(account.search('x', { lmit: 1 } as object)).rejects.toMatchObject({ code: 'UNKNOWN_OPTION' });
    await account.close();
  });

  it('know contacts, also those that nobody heard of', async () => {
    const { account, receive } = await openSession();
    const stranger = await account.contacts.get('Bob@example.net');
    expect(stranger).toMatchObject({
      address: 'bob@example.net',
      name: undefined,
      usesChat: false,
      lastSeen: undefined,
    });
    await receive([
      messageRecord('m', {
        from: { address: 'bob@example.net', name: 'Bob' },
        sender: 'bob@example.net',
        chatClient: true,
        date: 5_000,
      }),
    ]);
    expect(stranger).toMatchObject({ name: 'Bob', usesChat: true, lastSeen: new Date(5_000) });
    expect(await account.contacts.list()).toEqual([stranger]);
    expect(await stranger.chat()).toBe(await account.chat('bob@example.net'));
    await account.close();
  });

  it('list what waits in the outbox', async () => {
    const { account, receive, session } = await openSession();
    await receive([ownRecord('own'), ownRecord('done', { state: 'sent' })], { history: true });
    const entry = {
      chatId: 'single:bob@example.net',
      envelopeFrom: 'ada@example.org',
      recipients: [],
      blob: 'b',
      size: 1,
    };
    await session.writer.run(async (tx) => {
      const base = { ...entry, acceptedAt: 1, dueAt: 2, attempts: 3 };
      tx.put('outbox', { ...base, id: '1', message: 'own', messageId: 'x', state: 'queued', lastError: 'no route' });
      tx.put('outbox', { ...base, id: '2', message: 'done', messageId: 'y', state: 'done' });
    });
    const list = await account.outbox.list();
    expect(list).toEqual([
      {
        message: (await account.search('own'))[0],
        state: 'queued',
        acceptedAt: new Date(1),
        dueAt: new Date(2),
        attempts: 3,
        lastError: 'no route',
      },
    ]);
    await account.close();
  });
});
