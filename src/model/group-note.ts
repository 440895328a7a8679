import { limits } from '../core/limits.js';
import type { GroupMail } from '../protocol/group-mail.js';
import type { CardPhoto } from '../protocol/h-card.js';
import type { AddressRecord, GroupNoteRecord, MessageRecord, PictureRecord } from '../store/records.js';
import { shortHash } from './identity.js';

/** What a message says has changed in its group, for the words and events of the application. `by` is its sender. */
export type GroupChange =
  | { readonly kind: 'renamed'; readonly by: string; readonly name: string; readonly from: string }
  | { readonly kind: 'description'; readonly by: string; readonly description: string }
  | { readonly kind: 'avatar'; readonly by: string; readonly removed: boolean }
  | { readonly kind: 'added'; readonly by: string; readonly address: string }
  | { readonly kind: 'removed'; readonly by: string; readonly address: string }
  | { readonly kind: 'left'; readonly by: string };

/** What a mail says about its group, as it is kept with its message; undefined if nothing. */
export function groupNoteOf(group: GroupMail): GroupNoteRecord | undefined {
  const { info, avatar } = group;
  const note: GroupNoteRecord = {
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
export function groupPictures(group: GroupMail): ReadonlyMap<string, Uint8Array> {
  const photos = [group.avatar, group.info?.photo].filter((photo) => photo !== undefined && photo !== 'none');
  return new Map(photos.map((photo) => [pictureRecord(photo).blob, photo.content]));
}

/** What a message says has changed in its group, in the order in which it is told. Empty for ordinary messages. */
export function groupChangesOf(message: Pick<MessageRecord, 'group' | 'from'>): GroupChange[] {
  const { group: note, from } = message;
  if (note === undefined) return [];
  const by = from.address;
  const removed = note.left && note.removed === undefined ? [by] : (note.removed ?? []);
  return [
    ...(note.nameChangedFrom !== undefined && note.name !== undefined
      ? [{ kind: 'renamed', by, name: note.name, from: note.nameChangedFrom } as const]
      : []),
    ...(note.descriptionChanged ? [{ kind: 'description', by, description: note.description ?? '' } as const] : []),
    ...(note.avatarChanged && note.avatar !== undefined
      ? [{ kind: 'avatar', by, removed: note.avatar === 'none' } as const]
      : []),
    ...(note.added ?? []).map((address) => ({ kind: 'added', by, address }) as const),
    ...removed.map((address) =>
      address === by ? ({ kind: 'left', by } as const) : ({ kind: 'removed', by, address } as const),
    ),
  ];
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
