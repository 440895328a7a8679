import { expect, it } from 'vitest';
import type { MentionRecord } from '../../../src/store/records.js';
import { openSession } from './open-session.js';
import { messageRecord, ownRecord } from './records.js';

const mention = (name: string, address?: string): MentionRecord => ({
  name,
  ...(address !== undefined && { address }),
  start: 0,
  length: name.length + 1,
});

it('a mention of an own address or of everybody breaks through a muted chat', async () => {
  const { account, receive } = await openSession({ aliases: ['work@example.com'] });
  const chat = await account.chat('bob@example.net');
  await chat.mute();
  await receive([
    messageRecord('plain'),
    messageRecord('other', { mentions: [mention('Bob', 'bob@example.net')] }),
    messageRecord('alias', { mentions: [mention('Ada', 'work@example.com')] }),
    messageRecord('all', { mentions: [mention('all')] }),
    messageRecord('seen', { mentions: [mention('all')], seen: true, unread: 0 }),
    ownRecord('mine', { mentions: [mention('all')] }),
  ]);
  const state = async () => {
    const messages = await chat.messages().toArray();
    return messages.map(({ id, mentionsMe, shouldNotify }) => [id, mentionsMe, shouldNotify].join(' ')).sort();
  };
  expect(await state()).toEqual([
    'alias true true',
    'all true true',
    'mine false false',
    'other false false',
    'plain false false',
    'seen true false',
  ]);
  await chat.mute(false);
  expect(await state()).toEqual([
    'alias true true',
    'all true true',
    'mine false false',
    'other false true',
    'plain false true',
    'seen true false',
  ]);
  await account.close();
});

it('sending writes the address, and the own message shows the name', async () => {
  const { account, engine } = await openSession();
  const chat = await account.chat('bob@example.net');
  await chat.send({ text: 'Thanks @Bob', mentions: [{ name: 'Bob', address: 'Bob@Example.NET' }] });
  const [sent] = engine.accepted;
  expect(new TextDecoder().decode(sent?.mail.bytes)).toContain('Thanks @Bob:bob@example.net');
  await expect(chat.send({ text: 'Thanks', mentions: [{ address: 'bob@example.net' }] })).rejects.toMatchObject({
    code: 'INVALID_OPTION',
  });
  await account.close();
});
