import { InputError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import { refuseUnknownOptions } from '../core/options.js';
import { parseAddress } from '../mail/address.js';
import { defined } from './defined.js';
import { checkLine, checkText, isObject } from './draft-values.js';
import { isReadableGroupId } from './group-id.js';
import type { DatedMember, GroupDraft, GroupMemberDraft } from './group-mail.js';
import { type CardPhoto, imageType } from './h-card.js';

const GROUP_OPTIONS = Object.keys({
  id: true,
  name: true,
  nameChangedFrom: true,
  nameTimestamp: true,
  description: true,
  descriptionChanged: true,
  descriptionTimestamp: true,
  avatar: true,
  avatarChanged: true,
  added: true,
  removed: true,
  members: true,
  pastMembers: true,
  requested: true,
} satisfies Record<keyof GroupDraft, true>);

/**
 * Checks what a draft says about its group.
 *
 * @throws InputError `UNKNOWN_OPTION`, `INVALID_OPTION`, `INVALID_HEADER`, `INVALID_ADDRESS`, `TOO_MANY_RECIPIENTS`, `ATTACHMENT_TOO_LARGE`.
 */
export function checkGroup(group: unknown): GroupDraft {
  if (!isObject(group)) throw new InputError('INVALID_OPTION', 'group must be an object such as { id, name }.');
  refuseUnknownOptions('group', group, GROUP_OPTIONS);
  const name = checkLine(group.name, 'group.name', limits.nameChars);
  if (name === '') throw new InputError('INVALID_OPTION', 'group.name must not be empty.');
  return {
    id: checkGroupId(group.id, 'group.id'),
    name,
    ...(checkFlag(group.descriptionChanged, 'group.descriptionChanged') && { descriptionChanged: true }),
    ...(checkFlag(group.avatarChanged, 'group.avatarChanged') && { avatarChanged: true }),
    ...(checkFlag(group.requested, 'group.requested') && { requested: true }),
    ...defined({
      nameChangedFrom: optional(group.nameChangedFrom, (value) =>
        checkLine(value, 'group.nameChangedFrom', limits.nameChars),
      ),
      nameTimestamp: optional(group.nameTimestamp, (value) => checkTime(value, 'group.nameTimestamp')),
      description: optional(group.description, checkDescription),
      descriptionTimestamp: optional(group.descriptionTimestamp, (value) =>
        checkTime(value, 'group.descriptionTimestamp'),
      ),
      avatar: optional(group.avatar, checkAvatar),
      added: optional(group.added, (value) => checkList(value, 'group.added', checkOneAddress)),
      removed: optional(group.removed, (value) => checkList(value, 'group.removed', checkOneAddress)),
      members: optional(group.members, (value) => checkList(value, 'group.members', checkMember)),
      pastMembers: optional(group.pastMembers, (value) => checkList(value, 'group.pastMembers', checkPastMember)),
    }),
  };
}

/** Value of `Chat-Content` that a mail has because of what it says about its group. */
export function groupContent(
  group: GroupDraft | undefined,
): 'groupleft' | 'group-avatar-changed' | 'grouprequested' | undefined {
  if (group?.removed?.length) return 'groupleft';
  if (group?.avatarChanged) return 'group-avatar-changed';
  return group?.requested ? 'grouprequested' : undefined;
}

/**
 * Checks the id of a group.
 *
 * @throws InputError `INVALID_OPTION`.
 */
export function checkGroupId(id: unknown, where: string): string {
  if (typeof id === 'string' && isReadableGroupId(id)) return id;
  throw new InputError(
    'INVALID_OPTION',
    `${where} must be 11 to 64 characters of 0-9, A-Z, a-z, "_" and "-" (new ones 12 to 32).`,
  );
}

function optional<T>(value: unknown, check: (value: unknown) => T): T | undefined {
  return value === undefined ? undefined : check(value);
}

function checkList<T>(list: unknown, where: string, check: (entry: unknown, where: string) => T): T[] {
  if (!Array.isArray(list)) throw new InputError('INVALID_OPTION', `${where} must be an array.`);
  // The sender is a member, but no recipient.
  if (list.length > limits.sendRecipients + 1) {
    throw new InputError(
      'TOO_MANY_RECIPIENTS',
      `${where} has ${list.length} entries; at most ${limits.sendRecipients} people and oneself are possible.`,
    );
  }
  return list.map((entry: unknown, i) => check(entry, `${where}[${i}]`));
}

function checkOneAddress(address: unknown, where: string): string {
  if (typeof address !== 'string') throw new InputError('INVALID_ADDRESS', `${where} must be a string.`);
  return parseAddress(address);
}

function checkMember(member: unknown, where: string): GroupMemberDraft {
  if (!isObject(member)) throw new InputError('INVALID_OPTION', `${where} must be an object { address, name? }.`);
  refuseUnknownOptions(where, member, ['address', 'name', 'since', 'key', 'fingerprint', 'hash']);
  return {
    ...checkPerson(member, where),
    ...defined({
      since: optional(member.since, (value) => checkTime(value, `${where}.since`)),
      key: optional(member.key, (value) => checkKey(value, `${where}.key`)),
      fingerprint: optional(member.fingerprint, (value) => checkHex(value, `${where}.fingerprint`)),
      hash: optional(member.hash, (value) => checkHex(value, `${where}.hash`)),
    }),
  };
}

function checkPastMember(member: unknown, where: string): DatedMember {
  if (!isObject(member)) throw new InputError('INVALID_OPTION', `${where} must be an object { address, timestamp? }.`);
  refuseUnknownOptions(where, member, ['address', 'name', 'timestamp']);
  const timestamp = optional(member.timestamp, (value) => checkTime(value, `${where}.timestamp`));
  return { ...checkPerson(member, where), ...defined({ timestamp }) };
}

function checkPerson({ address, name }: Record<string, unknown>, where: string): { address: string; name?: string } {
  const normal = checkOneAddress(address, `${where}.address`);
  const shown = name === undefined ? '' : checkLine(name, `${where}.name`, limits.nameChars);
  return shown === '' ? { address: normal } : { address: normal, name: shown };
}

function checkDescription(value: unknown): string {
  const text = checkText(value, 'group.description').trim();
  if (text.length <= limits.sendDescriptionChars) return text;
  throw new InputError('INVALID_OPTION', `group.description is longer than ${limits.sendDescriptionChars} characters.`);
}

function checkAvatar(value: unknown): CardPhoto | 'none' {
  if (value === 'none') return value;
  if (!isObject(value) || !(value.content instanceof Uint8Array)) {
    throw new InputError(
      'INVALID_OPTION',
      "group.avatar must be { content, contentType } with a Uint8Array, or 'none'.",
    );
  }
  refuseUnknownOptions('group.avatar', value, ['content', 'contentType']);
  const { content } = value;
  const contentType = imageType(content);
  if (contentType === undefined || (value.contentType !== undefined && value.contentType !== contentType)) {
    throw new InputError(
      'INVALID_OPTION',
      'group.avatar must be a JPEG, PNG, WebP or GIF, and what its contentType says.',
    );
  }
  if (content.byteLength > limits.sendAvatarBytes) {
    throw new InputError(
      'ATTACHMENT_TOO_LARGE',
      `group.avatar has ${content.byteLength} octets; at most ${limits.sendAvatarBytes} are possible. Make the picture smaller.`,
    );
  }
  return { contentType, content };
}

function checkKey(value: unknown, where: string): Uint8Array {
  if (value instanceof Uint8Array && value.byteLength <= limits.cardKeyBytes) return value;
  throw new InputError('INVALID_OPTION', `${where} must be a Uint8Array of at most ${limits.cardKeyBytes} octets.`);
}

function checkHex(value: unknown, where: string): string {
  if (typeof value === 'string' && /^[0-9a-f]{40,64}$/i.test(value)) return value.toLowerCase();
  throw new InputError('INVALID_OPTION', `${where} must be 40 to 64 hexadecimal digits.`);
}

function checkTime(value: unknown, where: string): number {
  if (typeof value === 'number' && value > 0 && value < Date.UTC(10_000, 0)) return Math.floor(value / 1000) * 1000;
  throw new InputError('INVALID_OPTION', `${where} must be milliseconds since 1970, such as Date.now().`);
}

function checkFlag(value: unknown, where: string): boolean {
  if (value === undefined || typeof value === 'boolean') return value === true;
  throw new InputError('INVALID_OPTION', `${where} must be true or false.`);
}
