import type { GroupMail } from '../../src/protocol/group-mail.js';
import type { ChatRecord } from '../../src/store/records.js';
import type { Arrival } from '../../src/sync/ingest/arrival.js';
import { arrivalOf, type MailValues, textMail } from '../support/mail-values.js';
import { ME, type TestState, testState } from '../support/state.js';

const GROUP = 'Abcdefgh-_1234';
export const ADA = 'ada@example.net';
export const BOB = 'bob@example.net';
export const MALLORY = 'mallory@evil.example';

const START = Date.UTC(2026, 0, 6, 9);

/** A mail to the group, so many minutes after it was founded. */
export function groupMail(
  minute: number,
  from: string,
  group: Partial<GroupMail>,
  { signed = false, ...values }: Partial<MailValues> & { readonly signed?: boolean } = {},
): Arrival {
  const date = START + minute * 60_000;
  const to = [ME, ADA, BOB].filter((address) => address !== from);
  const mail = textMail({
    ...{ id: `${minute}.${from}`, from, to, date, chat: true, groupId: GROUP, subject: 'Crew', text: `${minute}` },
    ...(minute > 0 && { references: [`0.${ADA}`] }),
    ...values,
    group,
  });
  const arrival = arrivalOf(mail, { internalDate: START + minute * 60_000 });
  return signed ? { ...arrival, security: { encrypted: true, signature: 'valid' } } : arrival;
}

/** A group founded by Ada with Bob and ourselves. */
export async function foundedGroup(signed = false): Promise<TestState> {
  const state = await testState();
  const cards = [ADA, BOB, ME].map((address) => ({ emails: [address], categories: [], other: {} }));
  await state.join(groupMail(0, ADA, { name: 'Crew', nameTimestamp: START, info: { cards, other: {} } }, { signed }));
  return state;
}

/** The chat of the group. */
export async function chatOf(state: TestState): Promise<ChatRecord> {
  const [chat] = await state.store.get('chats', [`group:${GROUP}`]);
  if (chat === undefined) throw new Error('There is no such chat.');
  return chat;
}

/** Addresses of the others in it. */
export async function membersOf(state: TestState): Promise<string[]> {
  return (await chatOf(state)).members.map(({ address }) => address);
}
