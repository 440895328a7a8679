import { describe, expect, it } from 'vitest';
import { arrivalOf, type MailValues, textMail } from '../../support/mail-values.js';
import { ME, type TestState, testState } from '../../support/state.js';

const GROUP = 'Group0000001';
const BOB = 'bob@example.net';
const CAROL = 'carol@example.com';
const DAVE = 'dave@example.net';

let at = 1_000_000;
function mail(id: string, values: MailValues) {
  at += 1000;
  return arrivalOf(textMail({ id, from: BOB, to: [ME], date: at, text: id, subject: 'S', ...values }));
}

/** Texts of the visible messages by chat: `group:…`, `adhoc`. */
async function chatsOf({ store }: TestState): Promise<Record<string, string[]>> {
  const chats: Record<string, string[]> = {};
  for (const message of await store.list('messages', { index: 'byDate', prefix: [0] })) {
    const name = message.chatId.replace(/^(adhoc):.*/, '$1');
    chats[name] = [...(chats[name] ?? []), message.text];
  }
  return chats;
}

describe('private answers of plain programs', () => {
  const original = () => mail('g1@x', { chat: true, groupId: GROUP, from: ME, to: [BOB, CAROL], subject: 'Crew' });
  const answer = () => mail('a1@x', { groupId: GROUP, inReplyTo: 'g1@x', references: ['g1@x'] });

  it('go to the 1:1 chat when the group mail is known', async () => {
    const state = await testState();
    await state.join(original());
    await state.join(answer());
    expect(await chatsOf(state)).toEqual({ [`group:${GROUP}`]: ['g1@x'], [`single:${BOB}`]: ['a1@x'] });
  });

  it('move there when the group mail comes later, without being news again', async () => {
    const state = await testState();
    await state.join(answer());
    expect(await chatsOf(state)).toEqual({ [`group:${GROUP}`]: ['a1@x'] });
    const [moved] = [original()];
    await state.join(moved);
    expect(await chatsOf(state)).toEqual({ [`group:${GROUP}`]: ['g1@x'], [`single:${BOB}`]: ['a1@x'] });
    expect(await state.news()).toEqual(['a1@x', 'g1@x']);
    const move = state.changes[1]?.messages.find(({ before }) => before !== undefined);
    expect([move?.before?.chatId, move?.after?.chatId]).toEqual([`group:${GROUP}`, `single:${BOB}`]);
  });

  it('leave no empty chat behind', async () => {
    const state = await testState();
    await state.join(answer());
    // The answered mail went to several people, but belongs to an ad-hoc thread.
    await state.join(mail('g1@x', { from: ME, to: [BOB, CAROL] }));
    expect((await state.store.list('chats')).map(({ kind }) => kind).sort()).toEqual(['adhoc', 'single']);
  });
});

describe('answers that name no group', () => {
  it('are found through the known mails of the group, whichever comes first', async () => {
    for (const turned of [false, true]) {
      const state = await testState();
      const arrivals = [
        mail('secret@x', { chat: true, groupId: GROUP, to: [ME, CAROL, DAVE] }),
        mail('all@x', { from: CAROL, to: [ME, BOB], inReplyTo: 'secret@x' }),
        mail('next@x', { from: DAVE, to: [ME, BOB], inReplyTo: 'all@x' }),
      ];
      for (const arrival of turned ? arrivals.reverse() : arrivals) await state.join(arrival);
      expect(await chatsOf(state)).toEqual({ [`group:${GROUP}`]: ['secret@x', 'all@x', 'next@x'] });
      expect((await state.store.list('chats')).map(({ id }) => id)).toEqual([`group:${GROUP}`]);
    }
  });

  it('stay by themselves when two groups claim them', async () => {
    const state = await testState();
    await state.join(mail('one@x', { chat: true, groupId: GROUP, to: [ME, CAROL] }));
    await state.join(mail('all@x', { from: CAROL, to: [ME, BOB], references: ['one@x', 'two@x'] }));
    expect(await chatsOf(state)).toEqual({ [`group:${GROUP}`]: ['one@x', 'all@x'] });
    await state.join(mail('two@x', { chat: true, groupId: 'Group0000002', to: [ME, CAROL] }));
    expect(await chatsOf(state)).toEqual({
      [`group:${GROUP}`]: ['one@x'],
      adhoc: ['all@x'],
      'group:Group0000002': ['two@x'],
    });
  });
});

describe('ad-hoc chats', () => {
  it('are threads, with a name and members from their mails', async () => {
    const state = await testState();
    await state.join(
      mail('t2@x', {
        from: CAROL,
        to: [ME, BOB],
        cc: ['Dave <dave@example.net>'],
        inReplyTo: 't1@x',
        subject: 'Re: Lunch',
      }),
      mail('other@x', { from: CAROL, to: [ME, BOB], subject: 'Dinner' }),
    );
    at -= 10_000;
    await state.join(mail('t1@x', { to: [ME, CAROL], subject: 'Lunch?' }));
    const chats = await state.store.list('chats');
    expect(chats.map(({ name }) => name).sort()).toEqual(['Dinner', 'Lunch?']);
    expect(chats.find(({ name }) => name === 'Lunch?')?.members).toEqual([
      { address: BOB },
      { address: CAROL },
      { address: DAVE, name: 'Dave' },
    ]);
  });

  it('merge when a mail connects them; the larger one stays and settings are joined', async () => {
    const state = await testState();
    await state.join(
      mail('a1@x', { to: [ME, CAROL] }),
      mail('a2@x', { to: [ME, CAROL], inReplyTo: 'a1@x' }),
      mail('a3@x', { to: [ME, CAROL], inReplyTo: 'a2@x' }),
      mail('b1@x', { to: [ME, DAVE], subject: 'Other' }),
    );
    const [a, b] = await state.store.get(
      'messages',
      (await state.store.list('messages'))
        .filter(({ text }) => text === 'a1@x' || text === 'b1@x')
        .map(({ key }) => key),
    );
    const large = a?.text === 'a1@x' ? a.chatId : b?.chatId;
    const small = a?.text === 'b1@x' ? a.chatId : b?.chatId;
    await state.writer.run(async (tx) => {
      const chat = await tx.get('chats', small ?? '');
      if (chat !== undefined) tx.put('chats', { ...chat, pinned: 1, draft: 'half a' });
    });
    await state.join(mail('c1@x', { to: [ME, CAROL], references: ['a3@x', 'b1@x'] }));
    const [chat, ...more] = await state.store.list('chats');
    expect(more).toEqual([]);
    expect(chat).toMatchObject({ id: large, pinned: 1, draft: 'half a', unread: 5 });
    expect([...(state.changes.at(-1)?.merged ?? [])]).toEqual([[small, large]]);
    expect(await state.news()).toHaveLength(5);
  });
});

describe('chat summaries', () => {
  it('follow the messages', async () => {
    const state = await testState();
    await state.join(mail('1@x', {}), mail('2@x', {}), mail('3@x', { from: ME, to: [BOB] }));
    const [chat] = await state.store.list('chats');
    const last = (await state.store.list('messages')).find(({ text }) => text === '3@x');
    expect(chat).toMatchObject({
      id: `single:${BOB}`,
      kind: 'single',
      members: [{ address: BOB }],
      unread: 2,
      lastMessage: last?.key,
      lastDate: last?.date,
      lastMessageId: '3@x',
      firstMessageId: '1@x',
    });
  });

  it('bring a deleted chat back with a newer message only', async () => {
    const state = await testState();
    await state.join(mail('1@x', {}));
    await state.writer.run(async (tx) => {
      const chat = await tx.get('chats', `single:${BOB}`);
      if (chat !== undefined) tx.put('chats', { ...chat, deleted: 1, clearedUpTo: at });
    });
    await state.join(arrivalOf(textMail({ id: 'old@x', from: BOB, to: [ME], date: at - 500_000, text: 'old' })));
    expect((await state.store.get('chats', [`single:${BOB}`]))[0]).toMatchObject({ deleted: 1, unread: 1 });
    await state.join(mail('new@x', {}));
    expect((await state.store.get('chats', [`single:${BOB}`]))[0]).toMatchObject({ deleted: 0, unread: 2 });
    expect(await chatsOf(state)).toEqual({ [`single:${BOB}`]: ['1@x', 'new@x'] });
    expect(await state.news()).toEqual(['1@x', 'new@x']);
  });
});
