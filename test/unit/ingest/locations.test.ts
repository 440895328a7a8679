import { describe, expect, it } from 'vitest';
import { acceptOwn } from '../../../src/sync/ingest/ingest.js';
import { forgetFolder, removeLocations, sweepFolder, updateFlags } from '../../../src/sync/ingest/locations.js';
import { deleteMessages, markSeen } from '../../../src/sync/ingest/user-acts.js';
import { arrivalOf, textMail } from '../../support/mail-values.js';
import { ME, type TestState, testState } from '../../support/state.js';

const file = {
  part: '2',
  filename: 'a',
  contentType: 'a/b',
  size: 1,
  encoding: 'base64',
  inline: false,
  voice: false,
  sticker: false,
};

function copy(uid: number, folder = 'INBOX', text = 'hi', flags: readonly string[] = []) {
  const mail = textMail({ id: `${text}@x`, from: 'bob@x', to: [ME], date: 1000, text });
  const attachments = [{ ...file, content: new Uint8Array([1]) }];
  return arrivalOf({ ...mail, attachments }, { folder, uid, flags });
}

const remove = ({ writer }: TestState, folder: string, ...uids: number[]) =>
  writer.run((tx) => removeLocations(tx, folder, '1', uids));
const flag = ({ writer }: TestState, folder: string, uid: number, ...flags: string[]) =>
  writer.run((tx) => updateFlags(tx, folder, '1', [{ uid, flags }]));
const only = async ({ store }: TestState) => (await store.list('messages'))[0];
const chat = async ({ store }: TestState) => (await store.get('chats', ['single:bob@x']))[0];

describe('flags', () => {
  it('make a message seen while any copy is', async () => {
    const state = await testState();
    await state.join(copy(1), copy(7, 'Chats'));
    expect(await chat(state)).toMatchObject({ unread: 1 });
    await flag(state, 'Chats', 7, '\\Seen');
    expect(await only(state)).toMatchObject({ seen: true, unread: 0 });
    expect(await chat(state)).toMatchObject({ unread: 0 });
    await flag(state, 'INBOX', 1, '\\Seen');
    await flag(state, 'INBOX', 1, '\\Flagged');
    expect(await only(state)).toMatchObject({ seen: true });
    await flag(state, 'Chats', 7);
    expect(await only(state)).toMatchObject({ seen: false, unread: 1 });
    expect(await chat(state)).toMatchObject({ unread: 1 });
  });

  it('of mails that are not known are left out', async () => {
    const state = await testState();
    await state.join(copy(1));
    await flag(state, 'INBOX', 99, '\\Seen');
    await state.writer.run((tx) => updateFlags(tx, 'INBOX', '2', [{ uid: 1, flags: ['\\Seen'] }]));
    expect(await only(state)).toMatchObject({ seen: false });
    expect(await state.store.count('locations')).toBe(1);
  });

  it('on the server do not undo what the user read here and is still to be told', async () => {
    const state = await testState();
    const [message] = await state.join(copy(1, 'INBOX', 'hi', ['\\Flagged']));
    const marked = await state.writer.run((tx) => markSeen(tx, [message?.key ?? '']));
    expect(marked).toEqual([message?.key]);
    expect((await state.store.list('actions')).map(({ kind }) => kind)).toEqual(['seen']);
    await flag(state, 'INBOX', 1);
    expect(await only(state)).toMatchObject({ seen: true, unread: 0 });
    expect(await state.writer.run((tx) => markSeen(tx, [message?.key ?? '']))).toEqual([]);
  });
});

describe('copies that disappear', () => {
  it('take the message with them when the last one is gone', async () => {
    const state = await testState();
    await state.join(copy(1), copy(7, 'Chats'));
    await remove(state, 'INBOX', 1);
    expect(await only(state)).toMatchObject({ hidden: 0 });
    await remove(state, 'Chats', 7);
    expect(await only(state)).toMatchObject({ hidden: 1, gone: 'vanished', text: '', attachments: [], unread: 0 });
    expect(await chat(state)).toMatchObject({ unread: 0, lastDate: 0 });
    expect((await chat(state))?.lastMessage).toBeUndefined();
    await expect(async () => {
      for await (const _ of state.store.readBlob(`part:${(await only(state))?.key}:2`));
    }).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('come back silently when they were only moved', async () => {
    const state = await testState();
    const [before] = await state.join(copy(1));
    await remove(state, 'INBOX', 1);
    const [after] = await state.join(copy(7, 'Chats'));
    expect(after).toEqual({ ...before, internalDate: before?.internalDate });
    expect(await state.news()).toEqual(['hi']);
    expect(await chat(state)).toMatchObject({ unread: 1, lastMessage: before?.key });
    const chunks = [];
    for await (const chunk of state.store.readBlob(after?.attachments[0]?.blob ?? '')) chunks.push(...chunk);
    expect(chunks).toEqual([1]);
  });

  it('leave own messages alone that are still on their way out', async () => {
    const state = await testState();
    const mail = textMail({ id: 'own@x', from: ME, to: ['bob@x'], date: 1000, text: 'hi' });
    const { key } = await state.writer.run(async (tx) => {
      const message = await acceptOwn(tx, mail, { recipients: ['bob@x'] });
      tx.put('outbox', {
        id: '1',
        message: message.key,
        chatId: message.chatId,
        messageId: message.messageId,
        state: 'filing',
        envelopeFrom: ME,
        recipients: [],
        blob: 'b',
        size: 1,
        acceptedAt: 1,
        dueAt: 1,
        attempts: 1,
      });
      return message;
    });
    await state.join(arrivalOf(mail, { folder: 'Chats', uid: 3 }));
    await remove(state, 'Chats', 3);
    expect((await state.store.get('messages', [key]))[0]).toMatchObject({ hidden: 0 });
  });
});

describe('a forgotten folder', () => {
  it('keeps its messages until it was gone through again, and those that were found for good', async () => {
    const state = await testState();
    await state.join(
      copy(1, 'INBOX', 'one'),
      copy(2, 'INBOX', 'two'),
      copy(3, 'INBOX', 'three'),
      copy(9, 'Chats', 'three'),
    );
    await forgetFolder(state.writer, 'INBOX');
    expect((await state.store.list('locations')).map(({ folder }) => folder)).toEqual(['Chats']);
    const visible = async () =>
      (await state.store.list('messages', { index: 'byDate', prefix: [0] })).map(({ text }) => text).sort();
    expect(await visible()).toEqual(['one', 'three', 'two']);
    await state.join(arrivalOf(copy(1, 'INBOX', 'one').mail, { uid: 51, uidValidity: '2' }));
    await sweepFolder(state.writer, 'INBOX');
    expect(await visible()).toEqual(['one', 'three']);
    expect(await state.store.count('facts')).toBe(0);
    expect(await state.news()).toHaveLength(3);
  });
});

describe('deleting', () => {
  it('is for good', async () => {
    const state = await testState();
    const [message] = await state.join(copy(1));
    await state.writer.run((tx) => deleteMessages(tx, [message?.key ?? ''], { server: true }));
    expect(await only(state)).toMatchObject({ hidden: 1, gone: 'deleted', text: '' });
    expect((await state.store.list('actions')).map(({ kind }) => kind)).toEqual(['remove']);
    await remove(state, 'INBOX', 1);
    await state.join(copy(7, 'Chats'));
    expect(await only(state)).toMatchObject({ hidden: 1, gone: 'deleted', text: '', attachments: [] });
    expect(await state.store.count('locations')).toBe(1);
  });
});

describe('folders whose mails are no messages', () => {
  it('show nothing, and hide nothing elsewhere', async () => {
    const state = await testState();
    const { mail } = copy(1);
    await state.join(arrivalOf(mail, { folder: 'Contacts', role: 'contacts' }));
    expect(await state.store.count('chats')).toBe(0);
    expect(await state.store.count('contacts')).toBe(0);
    expect(await state.news()).toEqual([]);
    await state.join(copy(1));
    expect(await chat(state)).toMatchObject({ unread: 1 });
    expect(await state.news()).toEqual(['hi']);
  });
});
