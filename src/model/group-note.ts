import { limits } from '../core/limits.js';
import type { GroupMail } from '../protocol/group-mail.js';
import type { CardPhoto } from '../protocol/h-card.js';
import type { AddressRecord, GroupChangeRecord, PictureRecord } from '../store/records.js';
import { shortHash } from './identity.js';

/** What a mail says about its group, as far as it is kept: nothing of it has been judged. Fields that say nothing are left out. */
export interface GroupNote {
  readonly name?: string;
  /** The mail renames the group, which had this name before (it may be empty). */
  readonly nameChangedFrom?: string;
  readonly nameTimestamp?: number;
  readonly description?: string;
  readonly descriptionChanged?: true;
  readonly descriptionTimestamp?: number;
  readonly avatar?: PictureRecord | 'none';
  readonly avatarChanged?: true;
  readonly added?: readonly string[];
  readonly removed?: readonly string[];
  /** Since when people are members, each [address, time]. */
  readonly since?: readonly (readonly [string, number])[];
  /** Former members with the time of their removal, each [address, time]. */
  readonly past?: readonly (readonly [string, number])[];
  /** The people whose cards the mail carries. */
  readonly info?: readonly AddressRecord[];
  readonly infoDescription?: string;
  readonly infoAvatar?: PictureRecord;
  readonly left?: true;
  readonly requested?: true;
}

/** What a mail says about its group; undefined if nothing. */
export function groupNoteOf(group: GroupMail): GroupNote | undefined {
  const { info, avatar } = group;
  const note: GroupNote = {
    ...(group.name !== undefined && { name: group.name }),
    ...(group.nameChangedFrom !== undefined && { nameChangedFrom: group.nameChangedFrom }),
    ...(group.nameTimestamp !== undefined && { nameTimestamp: group.nameTimestamp }),
    ...(group.description !== undefined && { description: group.description }),
    ...(group.descriptionChanged && { descriptionChanged: true }),
    ...(group.descriptionTimestamp !== undefined && { descriptionTimestamp: group.descriptionTimestamp }),
    ...(avatar !== undefined && { avatar: avatar === 'none' ? avatar : pictureRecord(avatar) }),
    ...(group.avatarChanged && { avatarChanged: true }),
    ...(group.added.length > 0 && { added: group.added }),
    ...(group.removed.length > 0 && { removed: group.removed }),
    ...(group.memberSince.length > 0 && { since: timesOf(group.memberSince) }),
    ...(group.pastMembers.length > 0 && { past: timesOf(group.pastMembers) }),
    ...(info !== undefined && { info: peopleOf(info.cards) }),
    ...(info?.description !== undefined && { infoDescription: info.description }),
    ...(info?.photo !== undefined && { infoAvatar: pictureRecord(info.photo) }),
    ...(group.left && { left: true }),
    ...(group.requested && { requested: true }),
  };
  return Object.keys(note).length === 0 ? undefined : note;
}

/** The pictures that a mail brings for its group, by the id of the blob that keeps each. */
export function groupPictures(group: GroupMail | undefined): ReadonlyMap<string, Uint8Array> {
  const photos = [group?.avatar, group?.info?.photo].filter((photo) => photo !== undefined && photo !== 'none');
  return new Map(photos.map((photo) => [pictureRecord(photo).blob, photo.content]));
}

/** What a mail says its sender changed in the group, in the order in which it is told. */
export function groupChangesOf(group: GroupMail, from: string): GroupChangeRecord[] {
  const { name, nameChangedFrom, description = '', avatar } = group;
  const removed = group.left && group.removed.length === 0 ? [from] : group.removed;
  const changes: GroupChangeRecord[] = [];
  if (group.founding && group.info) {
    const members = peopleOf(group.info.cards).filter(({ address }) => address !== from);
    changes.push({ kind: 'created', name: name ?? '', members });
  }
  if (nameChangedFrom !== undefined && name !== undefined)
    changes.push({ kind: 'renamed', name, from: nameChangedFrom });
  if (group.descriptionChanged) changes.push({ kind: 'description', description });
  if (group.avatarChanged && avatar !== undefined) changes.push({ kind: 'avatar', removed: avatar === 'none' });
  for (const address of group.added) changes.push({ kind: 'added', address });
  for (const address of removed) changes.push(address === from ? { kind: 'left' } : { kind: 'removed', address });
  return changes;
}

function pictureRecord({ content, contentType }: CardPhoto): PictureRecord {
  return { blob: `picture:${shortHash('picture', Buffer.from(content).toString('base64'))}`, contentType };
}

function timesOf(people: readonly { readonly address: string; readonly timestamp?: number }[]): [string, number][] {
  return people.flatMap(({ address, timestamp }) =>
    timestamp === undefined ? [] : [[address, timestamp] as [string, number]],
  );
}

function peopleOf(cards: readonly { readonly name?: string; readonly emails: readonly string[] }[]): AddressRecord[] {
  const people = new Map<string, AddressRecord>();
  for (const { name, emails } of cards) {
    const [address] = emails;
    if (address === undefined || people.has(address) || people.size >= limits.chatMembers) continue;
    people.set(address, name === undefined ? { address } : { address, name });
  }
  return [...people.values()];
}
