import { limits } from '../core/limits.js';
import { cutText } from '../mail/text-clean.js';
import { isPlaceholderSubject, stripReplyPrefixes } from '../protocol/subject.js';
import type { AddressRecord, ChatRecord, MessageRecord } from '../store/records.js';
import { laterChoice } from './chat-encryption.js';
import { chatKindOf } from './placement.js';

/** Who may get receipts, the most cautious policy first. */
const POLICIES = ['never', 'trusted', 'always'] as const;

/** Place of a message in the order of a chat: (effective date, key). */
export type Position = readonly [date: number, key: string];

/** A chat without messages and settings. */
export function newChat(id: string): ChatRecord {
  const kind = chatKindOf(id);
  const rest = id.slice(kind.length + 1);
  return {
    id,
    kind,
    name: kind === 'list' ? rest : '',
    members: kind === 'single' ? [{ address: rest }] : [],
    ...((kind === 'group' || kind === 'list') && { groupId: rest }),
    lastDate: 0,
    unread: 0,
    muted: 0,
    pinned: 0,
    archived: 0,
    deleted: 0,
  };
}

/** True if name and members of the chat follow from its mails; groups have facts (see `group-state.ts`). */
export function isNamedByMails(chat: Pick<ChatRecord, 'kind'>): boolean {
  return chat.kind === 'adhoc';
}

/** Where a message stands in its chat. */
export function positionOf(message: Pick<MessageRecord, 'date' | 'key'>): Position {
  return [message.date, message.key];
}

/** Negative if `a` comes before `b`. */
export function comparePositions(a: Position, b: Position): number {
  if (a[0] !== b[0]) return a[0] - b[0];
  return a[1] === b[1] ? 0 : a[1] < b[1] ? -1 : 1;
}

/**
 * Takes the name and the members that mails bring into a chat that is named by its mails: the name is the Subject of the
 * earliest mail whose Subject says anything, less its reply prefixes; members are everyone named in From, To and Cc but ourselves.
 */
export function withMails(chat: ChatRecord, mails: readonly MessageRecord[], own: ReadonlySet<string>): ChatRecord {
  let { name, nameAt } = chat;
  const members = new Map(chat.members.map((member) => [member.address, member]));
  let changed = false;
  for (const mail of mails) {
    const position = positionOf(mail);
    const subject = mail.subject === undefined ? '' : cutText(stripReplyPrefixes(mail.subject), limits.nameChars);
    if (!isPlaceholderSubject(subject) && (nameAt === undefined || comparePositions(position, nameAt) <= 0)) {
      changed ||= name !== subject || nameAt === undefined || comparePositions(position, nameAt) !== 0;
      name = subject;
      nameAt = position;
    }
    for (const person of [mail.from, ...mail.to, ...mail.cc]) {
      if (own.has(person.address)) continue;
      const joined = joinMember(members.get(person.address), person);
      changed ||= joined !== members.get(person.address);
      members.set(person.address, joined);
    }
  }
  if (!changed) return chat;
  return { ...chat, name, ...(nameAt !== undefined && { nameAt }), members: cappedMembers(members.values()) };
}

/** The chat as it was before any mail named it. */
export function withoutMails(chat: ChatRecord): ChatRecord {
  const { nameAt: _, ...rest } = chat;
  return { ...rest, name: '', members: [] };
}

/**
 * What the user set, when one chat becomes part of another: the louder and safer of two settings wins. `into` keeps its own
 * draft first; nothing that the user wrote is lost.
 */
export function withSettingsOf(into: ChatRecord, other: ChatRecord): ChatRecord {
  const { draft: _draft, clearedUpTo: _cleared, encryption: _encryption, ...rest } = into;
  const encryption = laterChoice(into.encryption, other.encryption);
  const receipts = POLICIES.find((policy) => policy === into.receipts || policy === other.receipts);
  const drafts = [into.draft, other.draft].filter((draft) => draft !== undefined && draft !== '');
  const cleared =
    into.clearedUpTo === undefined || other.clearedUpTo === undefined
      ? undefined
      : Math.min(into.clearedUpTo, other.clearedUpTo);
  return {
    ...rest,
    muted: into.muted && other.muted,
    pinned: into.pinned || other.pinned,
    archived: into.archived && other.archived,
    deleted: into.deleted && other.deleted,
    ...(drafts.length > 0 && { draft: drafts.join('\n\n') }),
    ...(cleared !== undefined && { clearedUpTo: cleared }),
    ...(encryption !== undefined && { encryption }),
    ...(receipts !== undefined && { receipts }),
  };
}

/** An empty chat with another id and the same settings. */
export function withChatId(chat: ChatRecord, id: string): ChatRecord {
  const { muted, pinned, archived, deleted, draft, clearedUpTo, encryption, receipts } = chat;
  return {
    ...newChat(id),
    muted,
    pinned,
    archived,
    deleted,
    ...(draft !== undefined && { draft }),
    ...(clearedUpTo !== undefined && { clearedUpTo }),
    ...(encryption !== undefined && { encryption }),
    ...(receipts !== undefined && { receipts }),
  };
}

/** True if the user left something in the chat record that would be lost with it. */
export function hasSettings(chat: ChatRecord): boolean {
  const { muted, pinned, archived, draft, encryption, receipts } = chat;
  const set = [draft, encryption, receipts].some((setting) => setting !== undefined);
  return set || muted === 1 || pinned === 1 || archived === 1;
}

/** Whatever order the mails come in: the smaller name (by code unit) stays. People's own names are in their contact. */
function joinMember(a: AddressRecord | undefined, b: AddressRecord): AddressRecord {
  if (a === undefined) return b;
  if (b.name === undefined || b.name === a.name) return a;
  return a.name === undefined || b.name < a.name ? b : a;
}

/** In the order of addresses. */
function cappedMembers(members: Iterable<AddressRecord>): AddressRecord[] {
  const sorted = [...members].sort((a, b) => (a.address < b.address ? -1 : 1));
  return sorted.slice(0, limits.chatMembers);
}
