import { describe, expect, it } from 'vitest';
import { isAccepted } from '../../../src/sync/ingest/acceptance.js';
import { updateCard } from '../../../src/sync/storage/cards.js';
import { arrivalOf, type MailValues, textMail } from '../../support/mail-values.js';
import { ALIAS, ME, type TestState, testState } from '../../support/state.js';

const BOB = 'bob@example.net';
const CAROL = 'carol@example.com';
const identity = { email: ME, addresses: new Set([ME, ALIAS]) };

let next = 1;
const mail = (values: MailValues) =>
  textMail({ id: `chat$m${next}@example.net`, date: 1_000_000 + 1000 * next++, chat: true, text: 'hi', ...values });
const fromBob = (values: MailValues = {}) => arrivalOf(mail({ from: BOB, to: [ME], ...values }));
const sentTo = (to: string, values: MailValues = {}) =>
  arrivalOf(mail({ from: ME, to: [to], ...values }), { folder: 'Sent', role: 'sent' });

async function request(state: TestState, id: string): Promise<boolean> {
  const [chat] = await state.store.get('chats', [id]);
  if (chat === undefined) throw new Error(`There is no chat ${id}.`);
  return chat.request === 1;
}
const knows = ({ store }: TestState, address: string) => isAccepted(store, identity, address);

describe('a request', () => {
  it('is a chat that a stranger opened, until we write in it', async () => {
    const state = await testState();
    await state.join(fromBob());
    expect(await request(state, `single:${BOB}`)).toBe(true);
    expect(await knows(state, BOB)).toBe(false);
    await state.join(sentTo(BOB));
    expect(await request(state, `single:${BOB}`)).toBe(false);
    expect(await knows(state, BOB)).toBe(true);
  });

  it('is none if we wrote first, or in the same breath', async () => {
    const state = await testState();
    await state.join(sentTo(BOB), fromBob());
    expect(await request(state, `single:${BOB}`)).toBe(false);
  });

  it('is accepted on any device by the word in the card, and that can be taken back', async () => {
    const state = await testState();
    await state.join(fromBob());
    await state.writer.run((tx) => updateCard(tx, BOB, { accepted: true }));
    expect(await request(state, `single:${BOB}`)).toBe(false);
    expect(await knows(state, BOB)).toBe(true);
    await state.writer.run((tx) => updateCard(tx, BOB, { accepted: false }));
    expect(await request(state, `single:${BOB}`)).toBe(true);
  });

  it('is not answered by a mail that only claims to be ours', async () => {
    const state = await testState();
    await state.join(fromBob(), arrivalOf(mail({ from: ME, to: [BOB] })));
    expect(await request(state, `single:${BOB}`)).toBe(true);
    expect(await knows(state, BOB)).toBe(false);
  });

  it('is one again if the mail that answered turns out to belong elsewhere', async () => {
    const state = await testState();
    const asked = mail({ id: 'chat$asked@example.net', from: BOB, to: [ME], groupId: 'GroupOne0001' });
    const answer = mail({
      id: 'answer@example.org',
      from: ME,
      to: [BOB],
      chat: false,
      inReplyTo: 'chat$asked@example.net',
    });
    await state.join(fromBob(), arrivalOf(answer, { folder: 'Sent', role: 'sent' }));
    expect(await request(state, `single:${BOB}`)).toBe(false);
    await state.join(arrivalOf(asked));
    expect(await request(state, 'group:GroupOne0001')).toBe(false);
    expect(await request(state, `single:${BOB}`)).toBe(true);
  });

  it('is a group that a stranger opened, until it or whoever opened it is accepted', async () => {
    const group = (values: MailValues = {}) => fromBob({ to: [ME, CAROL], groupId: 'GroupOne0001', ...values });
    const state = await testState();
    await state.join(group());
    expect(await request(state, 'group:GroupOne0001')).toBe(true);
    await state.writer.run((tx) => updateCard(tx, 'group:GroupOne0001', { accepted: true }));
    expect(await request(state, 'group:GroupOne0001')).toBe(false);
    expect(await knows(state, BOB)).toBe(false);

    const other = await testState();
    await other.join(group());
    await other.writer.run((tx) => updateCard(tx, BOB, { accepted: true }));
    expect(await request(other, 'group:GroupOne0001')).toBe(false);

    const third = await testState();
    await third.join(group());
    await third.join(sentTo(BOB));
    expect(await request(third, 'group:GroupOne0001')).toBe(false);
  });

  it('is also a mail to several people, but never a mailing list or a note to ourselves', async () => {
    const state = await testState();
    const [several, list, self] = await state.join(
      fromBob({ id: 'several@example.net', to: [ME, CAROL], chat: false }),
      fromBob({ to: ['dev@lists.example'], listId: 'dev.lists.example' }),
      arrivalOf(mail({ from: ALIAS, to: [ME] })),
    );
    expect(await request(state, several?.chatId ?? '')).toBe(true);
    expect(await request(state, list?.chatId ?? '')).toBe(false);
    expect(await request(state, self?.chatId ?? '')).toBe(false);
  });

  it('does not exist where strangers are accepted as they come', async () => {
    const state = await testState({ acceptsRequests: true });
    await state.join(fromBob());
    expect(await request(state, `single:${BOB}`)).toBe(false);
    expect(await isAccepted(state.store, { ...identity, acceptsRequests: true }, BOB)).toBe(true);
    await state.writer.run((tx) => updateCard(tx, BOB, { blocked: true }));
    expect(await isAccepted(state.store, { ...identity, acceptsRequests: true }, BOB)).toBe(false);
  });

  it('still is announced as a message', async () => {
    const state = await testState();
    await state.join(fromBob({ text: 'a stranger' }));
    expect(await state.news()).toEqual(['a stranger']);
  });
});

describe('accepted', () => {
  it('are we ourselves, and all addresses of a contact, but nobody who is blocked', async () => {
    const state = await testState();
    expect(await knows(state, ALIAS)).toBe(true);
    expect(await knows(state, BOB)).toBe(false);
    await state.join(sentTo(BOB));
    await state.writer.run((tx) => updateCard(tx, BOB, { blocked: true }));
    expect(await knows(state, BOB)).toBe(false);
    await state.writer.run(async (tx) => expect(await isAccepted(tx, identity, BOB)).toBe(false));
  });
});
