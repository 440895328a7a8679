import { limits } from '../core/limits.js';
import { cutText } from '../mail/text-clean.js';
import type { GroupMail } from '../protocol/group-mail.js';
import { isPlaceholderSubject, oneLine, stripReplyPrefixes } from '../protocol/subject.js';
import type { AddressRecord, FactRecord } from '../store/records.js';
import { type GroupNote, groupNoteOf } from './group-note.js';
import { effectiveDate, shortHash } from './identity.js';
import { isPlain, type MessageHead } from './message-facts.js';

/** Kind of the facts about groups; their value is a {@link GroupFact}. */
export const GROUP_FACT = 'group';

/** How far clocks of members may differ, and how far ahead of a mail its own times are believed. */
export const CLOCK_TOLERANCE_MS = 24 * 3600_000;

/** What one mail, or several that say the same, tells about its group. */
export interface GroupFact {
  /** Message-ID. */
  readonly message: string;
  /** 1 if the mail was validly signed. */
  readonly signed: 0 | 1;
  /** Effective date. */
  readonly date: number;
  /** The date, but no more than a day before it arrived: nobody can write himself into the past of a group. */
  readonly rank: number;
  /** Written by a chat program. */
  readonly chat: boolean;
  /** It answers nothing and follows nothing. */
  readonly first: boolean;
  readonly from: AddressRecord;
  /** To and Cc. */
  readonly people: readonly AddressRecord[];
  /** Subject of a plain mail program, less its reply prefixes, if it may be a name. */
  readonly subject?: string;
  readonly note?: GroupNote;
}

/** A mail in the form in which one of its copies came in. */
export interface GroupCopy {
  readonly head: MessageHead;
  readonly group: GroupMail;
  /** When the copy arrived (INTERNALDATE); undefined for a mail that was written here. */
  readonly received?: number | undefined;
  readonly signed: boolean;
}

/** Target of the facts about a group. */
export function groupTarget(groupId: string): string {
  return `group:${groupId}`;
}

/** The fact of a record of the facts table. */
export function groupFactIn(record: FactRecord): GroupFact {
  return record.value as GroupFact;
}

/**
 * The fact that a copy of a mail tells about its group; undefined if none: lists may have changed the mail, and a plain mail to one
 * person says nothing to the group.
 *
 * What says the same as other mails of the same author (who is in a group is repeated in every mail of some programs) has the same key,
 * so that a long conversation leaves few facts.
 */
export function groupFactOf(copy: GroupCopy): FactRecord | undefined {
  const { head, received, signed } = copy;
  const { groupId, from, listId, kind } = head;
  const note = groupNoteOf(copy.group);
  if (groupId === undefined || listId !== undefined || kind !== 'message') return undefined;
  const people = [...head.to, ...head.cc].slice(0, limits.chatMembers);
  const chat = !isPlain(head);
  if (!chat && new Set(people.map(({ address }) => address).filter((address) => address !== from.address)).size < 2)
    return undefined;
  const date = effectiveDate(head.headerDate, received);
  const subject = chat ? '' : nameInSubject(head.subject ?? '');
  const fact: GroupFact = {
    message: head.messageId,
    signed: signed ? 1 : 0,
    date,
    rank: received === undefined ? date : Math.max(date, received - CLOCK_TOLERANCE_MS),
    chat,
    first: head.references.length === 0 && head.inReplyTo === undefined,
    from,
    people,
    ...(subject !== '' && { subject }),
    ...(chat && note !== undefined && { note }),
  };
  const said =
    fact.note !== undefined && isExplicit(fact.note) ? [head.messageId, JSON.stringify(note)] : implied(fact);
  return {
    key: `${GROUP_FACT}\n${shortHash(groupId, from.address, ...said)}`,
    target: groupTarget(groupId),
    kind: GROUP_FACT,
    from: from.address,
    date,
    value: fact,
  };
}

/** What two facts with the same key say together. Signed beats unsigned, then the earlier one is kept. */
export function joinGroupFacts(a: FactRecord, b: FactRecord): FactRecord {
  const [x, y] = [groupFactIn(a), groupFactIn(b)];
  if (x.signed !== y.signed) return x.signed > y.signed ? a : b;
  const order = x.rank - y.rank || x.date - y.date || (x.message === y.message ? 0 : x.message < y.message ? -1 : 1);
  if (order !== 0) return order < 0 ? a : b;
  return JSON.stringify(x) <= JSON.stringify(y) ? a : b;
}

/** The name that a Subject of a plain mail program gives a group; empty if it gives none. */
function nameInSubject(subject: string): string {
  const name = cutText(oneLine(stripReplyPrefixes(subject)), limits.nameChars);
  return isPlaceholderSubject(name) ? '' : name;
}

/** True if the mail changes or describes the group, rather than repeating what is known. */
function isExplicit(note: GroupNote): boolean {
  return (
    note.nameChangedFrom !== undefined ||
    note.descriptionChanged === true ||
    note.avatarChanged === true ||
    note.added !== undefined ||
    note.removed !== undefined ||
    note.info !== undefined ||
    note.left === true ||
    note.requested === true
  );
}

/** Of a chat program's ordinary mails the first one of each author is kept, and of those with lists each list once. */
function implied({ chat, note, subject, people }: GroupFact): string[] {
  if (!chat) return ['plain', subject ?? '', ...people.map(({ address }) => address).sort()];
  const { name: _, ...repeated } = note ?? {};
  return Object.keys(repeated).length === 0 ? ['chat'] : ['chat', JSON.stringify(note)];
}
