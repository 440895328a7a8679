import { asBuffer } from '../../mail/bytes.js';
import type { MimeHeaderValue, MimeLeaf } from '../../mail/compose/mime.js';
import type { GroupDraft } from '../group-mail.js';
import type { CheckedDraft } from '../validate-draft.js';
import { hGroupHtml } from '../write-h-card.js';
import { escapeHtml } from './quote.js';

type Header = readonly [name: string, value: MimeHeaderValue];

/** How a mail with a group goes out. */
export interface GroupMailOptions {
  /** The mail will be encrypted: whatever tells who knows whom may be in it. */
  readonly encrypted: boolean;
}

/**
 * Header fields that say what a mail changes in its group. Times and keys of members are only for members' eyes: they are written
 * into encrypted mails, and into plain ones where somebody is added, who needs them all.
 */
export function groupHeaders(draft: CheckedDraft, options: GroupMailOptions): Header[] {
  const { group } = draft;
  if (group === undefined) return [];
  const { added = [], removed = [] } = group;
  return [
    ['Chat-Group-ID', group.id],
    ['Chat-Group-Name', group.name],
    ...optional(group.nameChangedFrom, (name) => ['Chat-Group-Name-Changed', name]),
    ...optional(group.nameTimestamp, (time) => ['Chat-Group-Name-Timestamp', seconds(time)]),
    ...optional(group.description, (text) => ['Chat-Group-Description', { structured: encodedText(text) }]),
    ...(group.descriptionChanged ? [['Chat-Group-Description-Changed', '1'] as const] : []),
    ...optional(group.descriptionTimestamp, (time) => ['Chat-Group-Description-Timestamp', seconds(time)]),
    ...optional(group.avatar, (avatar) => ['Chat-Group-Avatar', avatarValue(avatar)]),
    ...added.map((address): Header => ['Chat-Group-Member-Added', address]),
    ...removed.map((address): Header => ['Chat-Group-Member-Removed', address]),
    ...(options.encrypted || added.length > 0 ? memberHeaders(draft, group) : []),
    // Answers of plain mail programs are to reach those who stay.
    ...(removed.includes(draft.from.address) ? [['Reply-To', draft.to] as const] : []),
  ];
}

/** The part that describes the group to programs, behind the words for people. Undefined if the draft names no members. */
export function groupInfoPart({ group }: CheckedDraft, text: string | undefined): MimeLeaf | undefined {
  if (group?.members === undefined) return undefined;
  const { name, description, avatar, members } = group;
  const html = hGroupHtml({
    name,
    ...(description !== undefined && { description }),
    ...(avatar !== undefined && avatar !== 'none' && { photo: avatar }),
    cards: members.map(({ address, name, key, hash }) => ({
      emails: [address],
      ...(name !== undefined && { name }),
      ...(key !== undefined && { key }),
      ...(hash !== undefined && { hash }),
    })),
  });
  const words = text === undefined ? '' : `<div>${escapeHtml(text)}</div>\n`;
  return {
    contentType: 'text/html; charset=utf-8',
    headers: [['Chat-Content', 'groupinfo']],
    content: `${words}<div style="display: none">\n${html}\n</div>\n`,
  };
}

function memberHeaders(
  { to, cc }: CheckedDraft,
  { members = [], pastMembers = [], removed = [] }: GroupDraft,
): Header[] {
  const byAddress = new Map(members.map((member) => [member.address, member]));
  const recipients = [...to, ...cc].map(({ address }) => ({ address, member: byAddress.get(address) }));
  const since = recipients.map(({ address, member }) => member?.since ?? (removed.includes(address) ? 0 : undefined));
  const times = [...since, ...pastMembers.map(({ timestamp }) => timestamp)];
  const keys = recipients.map(({ member }) => member?.fingerprint);
  return [
    ...(pastMembers.length > 0 ? [['Chat-Group-Past-Members', pastMembers] as const] : []),
    // Readers go by the position: all or none. Who is just being removed is a recipient, but since nowhen a member.
    ...(times.every((time) => time !== undefined)
      ? [['Chat-Group-Member-Timestamps', { structured: times.map(seconds).join(' ') }] as const]
      : []),
    ...(keys.every((key) => key !== undefined)
      ? [['Chat-Group-Member-Fpr', { structured: keys.join(' ').toUpperCase() }] as const]
      : []),
  ];
}

function optional<T>(value: T | undefined, write: (value: T) => Header): Header[] {
  return value === undefined ? [] : [write(value)];
}

function seconds(time: number): string {
  return String(Math.floor(time / 1000));
}

/** A text of several lines as encoded words (RFC 2047 2: at most 75 characters each, no character torn apart). */
function encodedText(text: string): string {
  const words: string[] = [];
  let octets: number[] = [];
  for (const character of text) {
    const more = new TextEncoder().encode(character);
    if (octets.length + more.length > 45) {
      words.push(word(octets));
      octets = [];
    }
    octets.push(...more);
  }
  if (octets.length > 0) words.push(word(octets));
  return words.join(' ');
}

function word(octets: readonly number[]): string {
  return `=?utf-8?B?${asBuffer(Uint8Array.from(octets)).toString('base64')}?=`;
}

/** Blanks are where the field may be folded; readers drop them. */
function avatarValue(avatar: NonNullable<GroupDraft['avatar']>): MimeHeaderValue {
  if (avatar === 'none') return '0';
  const base64 = asBuffer(avatar.content).toString('base64');
  return { structured: `base64:${base64.replace(/.{64}(?=.)/g, '$& ')}` };
}
