import { InputError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import { refuseUnknownOptions } from '../core/options.js';
import { parseAddress } from '../mail/address.js';
import { cleanName } from '../mail/text-clean.js';
import { birthdayOf, isPhotoType } from '../protocol/profile-values.js';
import type { CardPatch } from '../sync/storage/cards.js';
import { invalid } from './check-options.js';

/** A picture of a person. */
export interface Photo {
  /** `image/jpeg`, `image/png`, `image/webp` or `image/gif`. */
  readonly contentType: string;
  /** At most 256 KiB: it goes along with mails. */
  readonly content: Uint8Array;
}

/**
 * What the user enters for a contact. It is kept in the mailbox, encrypted, for all devices of the user. In an update, `null` takes a value
 * back, and what is left out stays.
 */
export interface ContactFields {
  /** Name in the address book. */
  readonly name?: string | null | undefined;
  /** What the user calls the person; shown in place of all other names. */
  readonly nickname?: string | null | undefined;
  readonly photo?: Photo | null | undefined;
  /** `1990-12-09`, or `--12-09` without the year. */
  readonly birthday?: string | null | undefined;
  readonly status?: string | null | undefined;
  /** `friend`, `family`, `work`, `partner` or own words. They say which audience of the own profile the person belongs to. */
  readonly categories?: readonly string[] | null | undefined;
}

/** Changes of a contact; see {@link ContactDetails.update}. */
export interface ContactUpdate extends ContactFields {
  /** All addresses of the contact, the one that is updated among them; one that is left out leaves it. */
  readonly addresses?: readonly string[] | undefined;
}

/** The address book's side of a contact. */
export interface ContactDetails {
  /** All addresses of the contact, this one included, in their order. */
  readonly addresses: readonly string[];
  /** True if it is in the address book, rather than only known from mail. */
  readonly listed: boolean;
  /** What the user calls them. */
  readonly nickname: string | undefined;
  /** What they are up to: as the user entered it, else as their own profile says. */
  readonly status: string | undefined;
  /** `1990-12-09`, or `--12-09` without the year: as the user entered it, else as their own profile says. */
  readonly birthday: string | undefined;
  /** `friend`, `family`, `work`, `partner` or own words. */
  readonly categories: readonly string[];
  /** True if {@link ContactDetails.photo} has one. */
  readonly hasPhoto: boolean;
  /** Picture: the one that the user set, else the person's own. */
  photo(): Promise<Photo | undefined>;
  /**
   * Changes the entry in the address book, on all devices of the user; makes one if there is none.
   *
   * @throws InputError `INVALID_OPTION`, `INVALID_ADDRESS`, `UNKNOWN_OPTION`
   */
  update(changes: ContactUpdate): Promise<void>;
  /**
   * Takes the contact, with all its addresses, out of the address book, on all devices of the user. Chats stay, and so does what protects
   * the user: blocking, acceptance, verification.
   */
  delete(): Promise<void>;
}

/** Names of {@link ContactFields}. */
export const contactFields = ['name', 'nickname', 'photo', 'birthday', 'status', 'categories'] as const;

/** Checks what the application enters for a contact, and brings it into the form in which it is kept. */
export function checkContactFields(call: string, fields: ContactFields): CardPatch {
  const { photo, birthday, categories } = fields;
  return {
    ...textOf(call, 'name', fields.name),
    ...textOf(call, 'nickname', fields.nickname),
    ...textOf(call, 'status', fields.status),
    ...(photo !== undefined && { photo: photo === null ? null : checkPhoto(call, photo) }),
    ...(birthday !== undefined && { birthday: birthday === null ? null : checkBirthday(call, birthday) }),
    ...(categories !== undefined && { categories: checkCategories(call, categories) }),
  };
}

/** Checks a picture. */
export function checkPhoto(call: string, photo: Photo): { contentType: string; bytes: Uint8Array } {
  refuseUnknownOptions(`${call} photo`, photo, ['contentType', 'content']);
  const { contentType, content } = photo;
  if (!isPhotoType(contentType))
    throw invalid(`${call} photo`, 'has to be image/jpeg, image/png, image/webp or image/gif');
  if (!(content instanceof Uint8Array) || content.length === 0) throw invalid(`${call} photo`, 'has no content');
  if (content.length > limits.avatarBytes)
    throw new InputError(
      'ATTACHMENT_TOO_LARGE',
      `${call}: the photo has ${content.length} octets; at most ${limits.avatarBytes} go along with mails. Make it smaller.`,
    );
  return { contentType, bytes: content };
}

/** Checks a birthday. */
export function checkBirthday(call: string, birthday: string): string {
  const day = typeof birthday === 'string' ? birthdayOf(birthday) : undefined;
  if (day === undefined) throw invalid(`${call} birthday`, 'has to be like 1990-12-09, or --12-09 without the year');
  return day;
}

/** Checks words such as categories; an empty list is none. */
export function checkCategories(call: string, categories: readonly string[] | null): readonly string[] | null {
  if (categories === null) return null;
  if (!Array.isArray(categories)) throw invalid(`${call} categories`, 'has to be a list of words');
  const words = categories.map((word: unknown) => {
    if (typeof word !== 'string' || word.includes(','))
      throw invalid(`${call} categories`, 'has to be a list of words without commas');
    return cleanName(word);
  });
  const kept = [...new Set(words)].filter((word) => word !== '');
  if (kept.length > limits.cardValues) throw invalid(`${call} categories`, `has more than ${limits.cardValues} words`);
  return kept.length === 0 ? null : kept;
}

/** Checks the addresses of one contact. */
export function checkAddresses(call: string, addresses: readonly string[]): readonly [string, ...string[]] {
  if (!Array.isArray(addresses)) throw invalid(`${call} addresses`, 'has to be a list of addresses');
  const [first, ...others] = [...new Set(addresses.map((address) => parseAddress(address)))];
  if (first === undefined) throw invalid(`${call} addresses`, 'is empty');
  if (others.length >= limits.cardAddresses)
    throw invalid(`${call} addresses`, `has more than ${limits.cardAddresses} addresses`);
  return [first, ...others];
}

/** Checks a name or a status. */
export function checkText(call: string, name: string, value: string | null): string | null {
  if (value !== null && typeof value !== 'string') throw invalid(`${call} ${name}`, 'has to be a text');
  return value === null ? null : cleanName(value) || null;
}

function textOf<K extends 'name' | 'nickname' | 'status'>(call: string, name: K, value: string | null | undefined) {
  return value === undefined ? {} : { [name]: checkText(call, name, value) };
}
