import { limits } from '../core/limits.js';
import type { CardPhoto, CardRecord, OwnCardValues, SharedCardValues } from '../store/card-records.js';
import { mergeRegisters } from './card-merge.js';

/** What the user set for an address or a group, with what counts for the whole contact. */
export interface Card {
  /** Address or chat id that it was asked for. */
  readonly id: string;
  /** All addresses of the contact, this one included, in their order. */
  readonly addresses: readonly string[];
  /** Which contact the address belongs to; the same for all its addresses. */
  readonly person: string;
  readonly name: string | undefined;
  readonly nickname: string | undefined;
  /** Its bytes are the blob `cardPhotoBlob(card.id, photo.sha256)`. */
  readonly photo: CardPhoto | undefined;
  readonly birthday: string | undefined;
  readonly status: string | undefined;
  readonly categories: readonly string[];
  readonly notification: Readonly<Record<string, string>> | undefined;
  /** An entry that the user made. */
  readonly listed: boolean;
  readonly blocked: boolean;
  /** When it was last blocked or unblocked. */
  readonly blockedAt: number | undefined;
  /** When the user accepted the request; undefined if that did not happen (with a card, that is: an own message accepts, too). */
  readonly acceptedAt: number | undefined;
  readonly unknown: readonly (readonly [string, string])[];
  /** Fingerprint of the key that the user verified for this address. */
  readonly verified: string | undefined;
  /** Version of the own profile that this address has. */
  readonly profileSent: string | undefined;
  /** Of the 1:1 chat or group; undefined while nothing was set. */
  readonly muted: boolean | undefined;
  readonly pinned: boolean | undefined;
  readonly archived: boolean | undefined;
  /** Client tokens granted to this address, newest first. */
  readonly granted: readonly string[];
  /** Client tokens held from this address, newest first. */
  readonly held: readonly string[];
  /** Client tokens created up to then are void, milliseconds; 0 if none is. */
  readonly revokedUntil: number;
  readonly serverTokenIn: string | undefined;
  readonly serverTokenOut: string | undefined;
}

/** The card of one address, with all cards of the same person. */
export function cardView(record: CardRecord, person: readonly CardRecord[]): Card {
  const shared = sharedRegisters(person);
  const value = <K extends keyof SharedCardValues>(name: K): SharedCardValues[K] | undefined =>
    shared[name]?.value ?? undefined;
  const own = <K extends keyof OwnCardValues>(name: K): OwnCardValues[K] | undefined =>
    record.own[name]?.value ?? undefined;
  return {
    id: record.id,
    addresses: addressesOf(person),
    person: record.person,
    name: value('name'),
    nickname: value('nickname'),
    photo: value('photo'),
    birthday: value('birthday'),
    status: value('status'),
    categories: value('categories') ?? [],
    notification: value('notification'),
    listed: value('listed') === true,
    blocked: value('blocked') === true,
    blockedAt: shared.blocked?.at,
    acceptedAt: value('accepted') === true ? shared.accepted?.at : undefined,
    unknown: value('unknown') ?? [],
    verified: own('verified'),
    profileSent: own('profileSent'),
    muted: own('muted'),
    pinned: own('pinned'),
    archived: own('archived'),
    granted: record.granted,
    held: record.held,
    revokedUntil: record.revokedUntil,
    serverTokenIn: own('serverTokenIn'),
    serverTokenOut: own('serverTokenOut'),
  };
}

/** What counts for the contact as a whole. */
export function sharedRegisters(person: readonly CardRecord[]): CardRecord['shared'] {
  return person.reduce<CardRecord['shared']>(
    (merged, card) => mergeRegisters<SharedCardValues>(merged, card.shared),
    {},
  );
}

/** Addresses of a contact, in their order. */
export function addressesOf(person: readonly CardRecord[]): string[] {
  const addresses = person.map(({ id }) => id).filter((id) => !id.startsWith('group:'));
  return addresses.sort().slice(0, limits.cardAddresses);
}
