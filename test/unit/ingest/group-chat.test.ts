import { describe, expect, it } from 'vitest';
import type { GroupMail } from '../../../src/protocol/group-mail.js';
import type { ChatRecord } from '../../../src/store/records.js';
import type { Arrival } from '../../../src/sync/ingest/arrival.js';
import { goldenDump } from '../../support/golden-dump.js';
import { arrivalOf, type MailValues, textMail } from '../../support/mail-values.js';
import { ME, type TestState, testState } from '../../support/state.js';

const ID = 'Group0000001';
const ADA = 'Ada <ada@example.net>';
const BOB = 'Bob <bob@example.net>';
const CAROL = 'carol@example.com';
const START = Date.UTC(2026, 0, 6, 9);
const FIRST = `chat$group.${ID}.0@example.net`;

/** A mail so many minutes after the group was founded. */
function mail(minute: number, from: string, group: Partial<GroupMail>, values: Partial<MailValues> = {}) {
  const date = START + minute * 60_000;
  const id = minute === 0 ? FIRST : `${minute}@example.net`;
  const to = [ME, ADA, BOB].filter((person) => person !== from);
  const common: MailValues = { id, from, to, date, chat: true, groupId: ID, subject: 'Crew', text: `mail ${minute}` };
  return arrivalOf(textMail({ ...common, ...(minute > 0 && { references: [FIRST] }), ...values, group }));
}

const cards = [ADA, BOB, `Me <${ME}>`].map((person) => {
  const [, name = '', address = ''] = /^(.*) <(.*)>$/.exec(person) ?? [];
  return { name, emails: [address], categories: [], other: {} };
});
const founding = mail(0, ADA, {
  name: 'Crew',
  nameTimestamp: START,
  info: { cards, description: 'Sundays', other: {} },
});
/** Mail of a plain mail program. */
const plain = (minute: number, from: string, values: Partial<MailValues>) =>
  mail(minute, from, {}, { chat: false, inReplyTo: FIRST, ...values });

async function group(state: TestState): Promise<ChatRecord | undefined> {
  return (await state.store.get('chats', [`group:${ID}`]))[0];
}

async function groupAfter(...arrivals: readonly Arrival[]): Promise<ChatRecord | undefined> {
  const state = await testState();
  await state.join(founding, ...arrivals);
  return group(state);
}

describe('a group with plain mail programs in it', () => {
  it('is renamed by a Subject, but not by reply prefixes, placeholders and names that it had', async () => {
    for (const subject of ['Re: Crew', 'AW: WG: Crew', '...', 'Encrypted Message', 'Sv: Fwd:  Crew ', '']) {
      expect((await groupAfter(plain(5, BOB, { subject })))?.name).toBe('Crew');
    }
    expect((await groupAfter(plain(5, BOB, { subject: 'Re: Rowing' })))?.name).toBe('Rowing');
    const renamed = mail(4, ADA, { name: 'Sailing', nameChangedFrom: 'Crew', nameTimestamp: START + 240_000 });
    expect((await groupAfter(renamed, plain(5, BOB, { subject: 'Re: Crew' })))?.name).toBe('Sailing');
  });

  it('takes in who is added to the recipients, unless something more explicit is known', async () => {
    const cc = plain(5, BOB, { subject: 'Re: Crew', to: [ME, ADA], cc: [CAROL] });
    expect((await groupAfter(cc))?.members.map(({ address }) => address)).toContain(CAROL);
    const removed = mail(3, ADA, { left: true, removed: [CAROL] });
    expect((await groupAfter(removed, cc))?.members.map(({ address }) => address)).not.toContain(CAROL);
  });

  it('keeps its members when somebody is missing among the recipients', async () => {
    const chat = await groupAfter(plain(5, BOB, { to: [ME, CAROL] }));
    expect(chat?.members.map(({ address }) => address)).toEqual(['ada@example.net', 'bob@example.net', CAROL]);
  });

  it('shows an answer to the sender alone in the chat with them', async () => {
    const state = await testState();
    const [, answer] = await state.join(founding, plain(5, BOB, { to: [ME] }));
    expect(answer).toMatchObject({ chatId: 'single:bob@example.net', inReplyTo: FIRST });
  });
});

describe('a group', () => {
  it('that is not known is made from what there is, and asked about once', async () => {
    const state = await testState();
    await state.join(mail(5, ADA, { name: 'Crew' }));
    expect(await group(state)).toMatchObject({ name: 'Crew', group: { selfMember: true, needsInfo: true } });
    await state.join(mail(6, ME, { requested: true }, { to: [ADA, BOB] }));
    expect((await group(state))?.group).toMatchObject({ needsInfo: false, infoWanted: false });
    await state.join(mail(7, BOB, { requested: true }));
    expect((await group(state))?.group?.infoWanted).toBe(true);
    await state.join(mail(8, ADA, { name: 'Crew', info: { cards, other: {} } }));
    expect((await group(state))?.group?.infoWanted).toBe(false);
  });

  it('tells who was a member, and that we are none any more', async () => {
    const chat = await groupAfter(mail(3, BOB, { left: true }), mail(4, ADA, { left: true, removed: [ME] }));
    expect(chat?.members).toEqual([{ address: 'ada@example.net', name: 'Ada' }]);
    expect(chat?.group).toMatchObject({
      selfMember: false,
      description: 'Sundays',
      pastMembers: [
        { address: 'bob@example.net', name: 'Bob', at: START + 180_000, left: true },
        { address: ME, at: START + 240_000 },
      ],
    });
  });

  it('keeps what a mail changed with its message', async () => {
    const state = await testState();
    const changes = mail(3, ADA, {
      name: 'Sailing',
      nameChangedFrom: 'Crew',
      added: [CAROL],
      avatarChanged: true,
      avatar: 'none',
    });
    const [message] = await state.join(changes);
    expect(message?.changes).toEqual([
      { kind: 'renamed', name: 'Sailing', from: 'Crew' },
      { kind: 'avatar', removed: true },
      { kind: 'added', address: CAROL },
    ]);
  });

  it('looks like this', async () => {
    const state = await testState();
    await state.join(
      founding,
      mail(1, ME, {}, { to: [ADA, BOB] }),
      plain(2, BOB, { subject: 'Re: Rowing', cc: [CAROL] }),
      mail(3, 'eve@evil.example', { added: ['eve@evil.example'] }),
      mail(4, ADA, { left: true }),
      plain(5, CAROL, { to: [ME, BOB], subject: 'Re: Rowing' }),
    );
    expect(await goldenDump(state.store)).toMatchInlineSnapshot(`
      "group:Group0000001 "Rowing" [Bob <bob@example.net>, carol@example.com] unread=4 last=5@example.net lastDate=1767690300000 lastId=5@example.net first=chat$group.Group0000001.0@example.net opened by ada@example.net request
        001767690000000 Ada <ada@example.net>: "mail 0" | delivered | unseen | unread | id chat$group.Group0000001.0@example.net
        001767690060000 me: "mail 1" | sent | seen | to ada@example.net:sent bob@example.net:sent | id 1@example.net
        001767690120000 Bob <bob@example.net>: "mail 2" | delivered | unseen | unread | id 2@example.net
        001767690240000 Ada <ada@example.net>: "mail 4" | delivered | unseen | unread | id 4@example.net
        001767690300000  <carol@example.com>: "mail 5" | delivered | unseen | unread | id 5@example.net
      single:eve@evil.example "" [eve@evil.example] unread=1 last=3@example.net lastDate=1767690180000 lastId=3@example.net first=3@example.net opened by eve@evil.example request
        001767690180000  <eve@evil.example>: "mail 3" | delivered | unseen | unread | id 3@example.net
      contact ada@example.net name=Ada usesChat=true lastSeen=1767690240000
      contact bob@example.net name=Bob usesChat=false lastSeen=1767690120000
      contact carol@example.com name=- usesChat=false lastSeen=1767690300000
      contact eve@evil.example name=- usesChat=true lastSeen=1767690180000"
    `);
  });
});
