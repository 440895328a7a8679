import { describe, expect, it } from 'vitest';
import { arrivalOf, type MailValues, textMail } from '../../support/mail-values.js';
import { ALIAS, ME, type TestState, testState } from '../../support/state.js';

const BOB = 'Bob <bob@example.net>';

function copy(values: MailValues, place: Parameters<typeof arrivalOf>[1] = {}) {
  return arrivalOf(textMail({ id: 'm@x', from: BOB, to: [ME], date: 1_000_000, text: 'hi', ...values }), place);
}

async function shown({ store }: TestState) {
  const messages = await store.list('messages', { index: 'byDate', prefix: [0] });
  return messages.map(({ text, problem }) => (problem === undefined ? text : `${text} !${problem.code}`)).sort();
}

describe('copies of one mail', () => {
  it('are one message', async () => {
    const state = await testState();
    const [a, b] = await state.join(copy({}), copy({}, { folder: 'Chats', role: 'chats' }));
    const [c] = await state.join(copy({ pieces: true }, { folder: 'Archive', role: 'other' }));
    expect(new Set([a?.key, b?.key, c?.key]).size).toBe(1);
    expect(await shown(state)).toEqual(['hi']);
    expect(await state.store.count('locations')).toBe(3);
    expect(await state.news()).toEqual(['hi']);
  });

  it('lower the effective date, and everything derived from it', async () => {
    const state = await testState();
    const day = 24 * 3600_000;
    await state.join(
      copy(
        { id: 'future@x', text: 'wrong clock', from: 'Robert <bob@example.net>', date: 90 * day, chat: true },
        { internalDate: 20 * day },
      ),
      copy({ id: 'now@x', text: 'right', date: 10 * day }),
    );
    const contact = async () => (await state.store.get('contacts', ['bob@example.net']))[0];
    expect(await contact()).toMatchObject({ name: 'Robert', usesChat: true, lastSeen: 20 * day });
    await state.join(
      copy(
        { id: 'future@x', text: 'wrong clock', from: 'Robert <bob@example.net>', date: 90 * day, chat: true },
        { folder: 'Chats', internalDate: 5 * day },
      ),
    );
    expect(await contact()).toMatchObject({ name: 'Bob', usesChat: false, lastSeen: 10 * day });
    expect((await state.store.list('chats'))[0]).toMatchObject({ lastDate: 10 * day, lastMessageId: 'now@x' });
  });

  it('keep the files that came with one of them', async () => {
    const state = await testState();
    const content = new TextEncoder().encode('file');
    const file = {
      part: '2',
      filename: 'a.txt',
      contentType: 'text/plain',
      size: 4,
      encoding: 'base64',
      inline: false,
      voice: false,
      sticker: false,
    };
    const mail = textMail({ id: 'f@x', from: BOB, to: [ME], date: 1, text: 'see' });
    const { bodyHash: _, ...pieces } = mail;
    await state.join(arrivalOf({ ...pieces, attachments: [file] }));
    expect((await state.store.list('messages'))[0]?.attachments[0]?.blob).toBeUndefined();
    const [message] = await state.join(
      arrivalOf({ ...mail, attachments: [{ ...file, content }] }, { folder: 'Chats' }),
    );
    const chunks = [];
    for await (const chunk of state.store.readBlob(message?.attachments[0]?.blob ?? '')) chunks.push(...chunk);
    expect(chunks).toEqual([...content]);
  });
});

describe('two mails of one identity', () => {
  it('are both shown, the one that only claims the id with a problem', async () => {
    for (const turned of [false, true]) {
      const state = await testState();
      const mails = [copy({ text: 'aaa' }), copy({ text: 'bbb' }), copy({ text: 'ccc' })];
      for (const mail of turned ? mails.reverse() : mails) await state.join(mail);
      expect(await shown(state)).toEqual(['aaa', 'bbb !duplicate-id', 'ccc !duplicate-id']);
    }
  });

  it('of different senders have nothing to do with each other', async () => {
    const state = await testState();
    await state.join(copy({}), copy({ from: 'eve@x', text: 'mine' }));
    expect(await shown(state)).toEqual(['hi', 'mine']);
  });

  it('prefer the copy that we sent ourselves', async () => {
    const forged = () => copy({ from: ME, to: ['bob@example.net'], text: 'aaa' });
    const sent = () => copy({ from: ME, to: ['bob@example.net'], text: 'zzz' }, { folder: 'Sent', role: 'sent' });
    for (const turned of [false, true]) {
      const state = await testState();
      const mails = [forged(), sent()];
      for (const mail of turned ? mails.reverse() : mails) await state.join(mail);
      expect(await shown(state)).toEqual(['aaa !duplicate-id', 'zzz']);
    }
    const state = await testState();
    // The proof comes with a second copy.
    await state.join(forged(), copy({ from: ME, to: ['bob@example.net'], text: 'zzz' }));
    expect(await shown(state)).toEqual(['aaa', 'zzz !duplicate-id']);
    await state.join(sent());
    expect(await shown(state)).toEqual(['aaa !duplicate-id', 'zzz']);
  });

  it('prefer a validly signed one', async () => {
    const state = await testState();
    const security = { encrypted: true, signature: 'valid' as const };
    await state.join(copy({ text: 'aaa' }), { ...copy({ text: 'zzz' }), security });
    expect(await shown(state)).toEqual(['aaa !duplicate-id', 'zzz']);
  });
});

describe('mails without an id', () => {
  it('are told apart by sender, date and content', async () => {
    const state = await testState();
    await state.join(
      copy({ id: undefined }),
      copy({ id: undefined }, { folder: 'Chats' }),
      copy({ id: undefined, date: 999_000 }),
      copy({ id: undefined, text: 'ho' }),
      copy({ id: undefined, from: undefined }),
    );
    expect(await shown(state)).toEqual(['hi', 'hi', 'hi', 'ho']);
  });
});

describe('own messages', () => {
  it('are those from any own address', async () => {
    const state = await testState();
    const [message] = await state.join(copy({ from: ALIAS, to: ['bob@example.net'] }));
    expect(message).toMatchObject({
      fromMe: true,
      state: 'sent',
      seen: true,
      unread: 0,
      chatId: 'single:bob@example.net',
    });
    expect(message?.recipients).toEqual([{ address: 'bob@example.net', state: 'sent' }]);
  });
});
