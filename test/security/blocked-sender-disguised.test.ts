import { expect, it } from 'vitest';
import { readMail } from '../../src/mail/read-mail.js';
import { chatMailOf } from '../../src/protocol/read.js';
import { updateCard } from '../../src/sync/storage/cards.js';
import { arrivalOf } from '../support/mail-values.js';
import { ME, testState } from '../support/state.js';

/** A mail with this From field, by somebody who wrote as `eve@müller.example` before and was blocked. */
async function arrive(from: string) {
  const raw = `From: ${from}\r\nTo: ${ME}\r\nMessage-ID: <${Math.abs(hash(from))}@x.example>\r\nChat-Version: 1.0\r\n\r\nLet me in`;
  const state = await testState();
  await state.writer.run((tx) => updateCard(tx, 'eve@xn--mller-kva.example', { blocked: true }));
  const [message] = await state.join(arrivalOf(await chatMailOf(await readMail(new TextEncoder().encode(raw)))));
  return { message, news: await state.news(), chats: await state.store.list('chats') };
}

function hash(text: string): number {
  return [...text].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) | 0, 7);
}

it.each([
  'eve@xn--mller-kva.example',
  'EVE@XN--MLLER-KVA.EXAMPLE',
  'eve@müller.example',
  '"eve"@müller.example',
  'Bob <eve@müller.example>',
  '"bob@example.net" <eve@müller.example>',
  '=?utf-8?Q?bob=40example.net_=3Cbob=40example.net=3E?= <eve@müller.example>',
  'eve@müller.example (bob@example.net)',
  'eve@müller.example, bob@example.net',
  'Friends: eve@müller.example;',
])('a blocked sender stays blocked under the guise of %s', async (from) => {
  const { message, news, chats } = await arrive(from);
  expect(message?.from.address).toBe('eve@xn--mller-kva.example');
  expect(news).toEqual([]);
  expect(chats.map(({ lastMessage, concealed, unread }) => [lastMessage, concealed, unread])).toEqual([
    [undefined, 1, 0],
  ]);
});

it.each(['eve+new@müller.example', 'e.ve@müller.example', 'eve@mueller.example'])(
  'another address, %s, is a stranger who has to be accepted',
  async (from) => {
    const { news, chats } = await arrive(from);
    expect(news).toEqual(['Let me in']);
    expect(chats).toMatchObject([{ request: 1 }]);
  },
);
