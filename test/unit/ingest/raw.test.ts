import { describe, expect, it } from 'vitest';
import type { IncomingCopy } from '../../../src/sync/incoming.js';
import { ingest } from '../../../src/sync/ingest/ingest.js';
import { goldenDump } from '../../support/golden-dump.js';
import { testState } from '../../support/state.js';

const encoder = new TextEncoder();

function copy(uid: number, mail: Partial<IncomingCopy['mail']>): IncomingCopy {
  return {
    folder: 'INBOX',
    role: 'inbox',
    uidValidity: '1',
    history: false,
    mail: { uid, flags: [], internalDate: Date.UTC(2024, 0, 1, 12, uid), size: 100, ...mail },
  };
}

function raw(uid: number, ...lines: readonly string[]): IncomingCopy {
  return copy(uid, { source: encoder.encode(lines.join('\r\n')) });
}

describe('mails as they come from the server', () => {
  it('become chats', async () => {
    const state = await testState();
    const messages = await ingest(state.writer, await state.keys(), [
      raw(
        1,
        'From: Bob <bob@example.net>',
        'To: me@example.org',
        'Date: Mon, 1 Jan 2024 12:00:00 +0000',
        'Message-ID: <chat$abc@example.net>',
        'Chat-Version: 1.0',
        'Content-Type: text/plain; charset=utf-8',
        '',
        'Hello!',
      ),
      raw(
        2,
        'From: carol@example.com',
        'To: me@example.org, bob@example.net',
        'Subject: Lunch',
        'Message-ID: <plain@example.com>',
        '',
        'At noon?',
      ),
    ]);
    expect(messages.map(({ text }) => text.trim())).toEqual(['Hello!', 'At noon?']);
    expect(await goldenDump(state.store)).toBe(
      [
        'adhoc "Lunch" [bob@example.net, carol@example.com] unread=1 last=plain@example.com lastDate=1704110520000 lastId=plain@example.com first=plain@example.com opened by carol@example.com request',
        `  001704110520000  <carol@example.com>: ${JSON.stringify(messages[1]?.text)} | delivered | unseen | unread | id plain@example.com`,
        'single:bob@example.net "" [bob@example.net] unread=1 last=chat$abc@example.net lastDate=1704110400000 lastId=chat$abc@example.net first=chat$abc@example.net opened by bob@example.net request',
        `  001704110400000 Bob <bob@example.net>: ${JSON.stringify(messages[0]?.text)} | delivered | unseen | unread | id chat$abc@example.net`,
        'contact bob@example.net name=Bob usesChat=true lastSeen=1704110400000',
        'contact carol@example.com name=- usesChat=false lastSeen=1704110520000',
      ].join('\n'),
    );
  });

  it('are the same message whether they were fetched whole or in pieces', async () => {
    const state = await testState();
    const headers = [
      'From: bob@example.net',
      'To: me@example.org',
      'Message-ID: <p@x>',
      'Content-Type: text/plain',
      '',
      '',
    ];
    const [whole] = await ingest(state.writer, await state.keys(), [raw(1, ...headers.slice(0, -1), 'Hello')]);
    const [pieces] = await ingest(state.writer, await state.keys(), [
      copy(2, {
        headers: encoder.encode(headers.join('\r\n')),
        structure: {
          part: '1',
          type: 'text/plain',
          params: {},
          dispositionParams: {},
          size: 5,
          children: [],
        },
        parts: new Map([['1', encoder.encode('Hello')]]),
      }),
    ]);
    expect(pieces?.key).toBe(whole?.key);
    expect(await state.store.count('messages')).toBe(1);
  });

  it('that nobody can read become messages that say so, and stop no other', async () => {
    const state = await testState();
    const messages = await ingest(state.writer, await state.keys(), [
      copy(1, {}),
      copy(2, { source: encoder.encode('') }),
      copy(3, { source: crypto.getRandomValues(new Uint8Array(2000)) }),
      raw(4, 'From: bob@example.net', 'To: me@example.org', 'Message-ID: <ok@x>', '', 'fine'),
    ]);
    expect(messages).toHaveLength(4);
    expect(messages[0]).toMatchObject({
      problem: { code: 'unreadable' },
      from: { address: 'unknown@invalid' },
      chatId: 'single:unknown@invalid',
      hidden: 0,
    });
    expect(messages[3]).toMatchObject({ chatId: 'single:bob@example.net' });
    expect(await state.store.count('locations')).toBe(4);
    const [again] = await ingest(state.writer, await state.keys(), [copy(1, {})]);
    expect(again?.key).toBe(messages[0]?.key);
  });
});
