import type { AddressRecord, ChatRecord, GroupChangeRecord, MessageRecord } from '../store/records.js';
import type { StateChange } from '../sync/state-change.js';
import type { GroupChange } from './group-values.js';

/**
 * What happened in a group with one commit, as its record tells: what mails only claim (somebody who is no member, a date that lies)
 * never becomes an event. Nothing for what was history when it came.
 */
export function groupEvents(
  before: ChatRecord | undefined,
  after: ChatRecord,
  commit: Pick<StateChange, 'messages' | 'news'>,
  self: AddressRecord,
): GroupChange[] {
  const news = new Set(commit.news);
  const fresh: MessageRecord[] = [];
  for (const message of commit.messages) {
    if (!message.before && message.after?.chatId === after.id) fresh.push(message.after);
  }
  // Our own messages are no news; what is on its way out is no history.
  const told = fresh.filter(({ key, state }) => news.has(key) || state === 'queued' || state === 'sending');
  if (fresh.length > 0 && told.length === 0) return [];
  if (!before) {
    const [first] = told;
    return first ? [{ kind: 'created', by: first.from, name: after.name, members: after.members }] : [];
  }
  const author: FindAuthor = (matches) => {
    const message = told.findLast(({ changes }) => changes?.some(matches));
    return message ? { by: message.from } : {};
  };
  return [
    ...selfEvents(before, after, author, self),
    ...memberEvents(before, after, author),
    ...registerEvents(before, after, author),
  ];
}

/** Finds out whose message changed something. */
type FindAuthor = (matches: (change: GroupChangeRecord) => boolean) => { readonly by?: AddressRecord };

/** The account itself came, went or was removed. */
function selfEvents(before: ChatRecord, after: ChatRecord, author: FindAuthor, self: AddressRecord): GroupChange[] {
  const [was, is] = [before.group?.selfMember ?? false, after.group?.selfMember ?? false];
  if (was === is) return [];
  if (is) return [{ kind: 'member-added', member: self, ...author((change) => change.kind === 'added') }];
  const by = author((change) => change.kind === 'removed');
  return [by.by ? { kind: 'member-removed', member: self, ...by } : { kind: 'left', member: self }];
}

function memberEvents(before: ChatRecord, after: ChatRecord, author: FindAuthor): GroupChange[] {
  const had = new Map(before.members.map((member) => [member.address, member]));
  const has = new Set(after.members.map(({ address }) => address));
  const left = new Set(after.group?.pastMembers.filter((member) => member.left).map(({ address }) => address));
  return [
    ...after.members
      .filter(({ address }) => !had.has(address))
      .map((member): GroupChange => {
        const by = author((change) => change.kind === 'added' && change.address === member.address);
        return { kind: 'member-added', member, ...by };
      }),
    ...before.members
      .filter(({ address }) => !has.has(address))
      .map((member): GroupChange => {
        if (left.has(member.address)) return { kind: 'left', member };
        const by = author((change) => change.kind === 'removed' && change.address === member.address);
        return { kind: 'member-removed', member, ...by };
      }),
  ];
}

function registerEvents(before: ChatRecord, after: ChatRecord, author: FindAuthor): GroupChange[] {
  const events: GroupChange[] = [];
  if (before.name !== after.name) {
    const by = author((change) => change.kind === 'renamed' && change.name === after.name);
    events.push({ kind: 'renamed', name: after.name, ...(before.name !== '' && { oldName: before.name }), ...by });
  }
  if (before.group?.description !== after.group?.description) {
    const by = author((change) => change.kind === 'description');
    events.push({ kind: 'description', description: after.group?.description, ...by });
  }
  if (before.group?.avatar?.blob !== after.group?.avatar?.blob) {
    const by = author((change) => change.kind === 'avatar');
    events.push({ kind: 'avatar', removed: after.group?.avatar === undefined, ...by });
  }
  return events;
}
