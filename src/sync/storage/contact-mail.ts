import { limits } from '../../core/limits.js';
import { readAddress } from '../../mail/address.js';
import { canonicalJson, later, mergeCards, newCard } from '../../model/card-merge.js';
import { addressesOf, sharedRegisters } from '../../model/card-view.js';
import { shortHash } from '../../model/identity.js';
import { defined } from '../../protocol/defined.js';
import type { ContactStorage, StoredToken } from '../../protocol/kinds/contact-storage.js';
import type {
  CardRecord,
  CardRegister,
  CardRegisters,
  OwnCardValues,
  SharedCardValues,
} from '../../store/card-records.js';
import { photoOf } from './cards.js';

/** Extension properties of the h-card, each with JSON: what counts for the contact, and for one address. */
const SHARED_PROPERTY = 'x-coi-contact';
const ADDRESS_PROPERTY = 'x-coi-address';

/** Registers that have a place of their own in the h-card; the extension only says when they were set. */
const OWN_NAMES = [
  'verified',
  'profileSent',
  'muted',
  'pinned',
  'archived',
] as const satisfies readonly (keyof OwnCardValues)[];

/** Tokens that a server gives; the extension keeps them as well, with their times, to tell whether the server gave another one since. */
const SERVER_TOKENS = ['serverTokenIn', 'serverTokenOut'] as const satisfies readonly (keyof OwnCardValues)[];

type ServerToken = (typeof SERVER_TOKENS)[number];
type SharedName = keyof SharedCardValues;
type Times = Readonly<Partial<Record<SharedName, number>>>;

/** Bytes of the picture of a contact, if it has one. */
export type PhotoBytes = Uint8Array | undefined;

/** What one storage message tells about a contact, as cards, and the bytes of its picture. */
export interface ReadContact {
  readonly cards: readonly CardRecord[];
  readonly photo: PhotoBytes;
}

/** Stands for the content of a contact: the same on all devices whose cards are the same. */
export function contactDigest(person: readonly CardRecord[]): string {
  const shared = sharedRegisters(person);
  const cards = sorted(person).map(({ dirty: _, shared: _shared, ...card }) => card);
  return shortHash('contact', canonicalJson({ shared, cards }));
}

/** When a contact was changed last. */
export function contactChangedAt(person: readonly CardRecord[]): number {
  const times = person.flatMap((card) => [
    card.personAt,
    card.deletedAt,
    card.revokedUntil,
    ...Object.values(card.shared).map(({ at }) => at),
    ...Object.values(card.own).map(({ at }) => at),
  ]);
  return Math.max(0, ...times);
}

/** True for a contact of which nothing is left but that it was deleted. */
export function isTombstone(person: readonly CardRecord[]): boolean {
  const says = (registers: object) =>
    Object.values(registers as Record<string, CardRegister<unknown>>).some(
      ({ value }) => value !== null && value !== false,
    );
  return (
    person.some(({ deletedAt }) => deletedAt > 0) &&
    !person.some(({ shared, own, granted, held, revokedUntil }) => {
      // A server's tokens keep no contact.
      const { serverTokenIn: _in, serverTokenOut: _out, ...set } = own;
      return says(shared) || says(set) || granted.length + held.length + revokedUntil > 0;
    })
  );
}

/** The storage message of a contact with these cards. */
export function contactToStorage(person: readonly CardRecord[], photo: PhotoBytes): ContactStorage {
  const cards = sorted(person);
  const addresses = addressesOf(cards);
  const shared = sharedRegisters(cards);
  const date = Math.floor(contactChangedAt(cards) / 1000) * 1000;
  const several = addresses.length > 1;
  const value = <K extends SharedName>(name: K): SharedCardValues[K] | undefined => shared[name]?.value ?? undefined;
  const tokens = (of: 'granted' | 'held'): StoredToken[] =>
    cards.flatMap((card) => card[of].map((token) => (several ? { token, address: card.id } : { token })));
  const picture = value('photo');
  const unknown = value('unknown') ?? [];
  const server = (name: ServerToken) =>
    cards.map(({ own }) => own[name]).reduce<CardRegister<string> | undefined>(later, undefined);
  const serverTokenIn = server('serverTokenIn')?.value;
  const serverTokenOut = server('serverTokenOut')?.value;
  const [name, nickname, birthday, status, notification] = [
    value('name'),
    value('nickname'),
    value('birthday'),
    value('status'),
    value('notification'),
  ];
  return {
    date,
    hashes: cards.map(({ hash }) => hash),
    card: {
      emails: addresses,
      categories: value('categories') ?? [],
      ...(name !== undefined && { name }),
      ...(nickname !== undefined && { nickname }),
      ...(birthday !== undefined && { birthday }),
      ...(status !== undefined && { status }),
      ...(notification !== undefined && { notification }),
      ...(picture && photo && { photo: { contentType: picture.contentType, content: photo } }),
      other: {
        ...unknownProperties(unknown),
        [SHARED_PROPERTY]: [ascii({ date: date / 1000, ...sharedExtension(shared) })],
        [ADDRESS_PROPERTY]: cards.map((card) => ascii(addressExtension(card))),
      },
    },
    blocked: value('blocked') === true,
    deleted: isTombstone(cards),
    granted: tokens('granted'),
    held: tokens('held'),
    revoked: cards
      .filter(({ revokedUntil }) => revokedUntil > 0)
      .map(({ id, revokedUntil }) => ({ until: Math.floor(revokedUntil / 1000), ...(several && { address: id }) })),
    ...(serverTokenIn && { serverTokenIn }),
    ...(serverTokenOut && { serverTokenOut }),
    unknown: unknown.filter(([field]) => !field.startsWith('.')),
  };
}

/**
 * What a storage message that arrived at that time (INTERNALDATE) tells. Of one by another program every value is as old as the mail, and
 * what it does not mention stays.
 */
export function storageToContact(storage: ContactStorage, received: number): ReadContact {
  const { card, date } = storage;
  const extension = objectOf(card.other?.[SHARED_PROPERTY]?.[0]);
  // Another program that rewrote the message left our times in it, which say nothing about its values.
  const ours = extension !== undefined && extension.date === date / 1000;
  const times = ours ? timesOf(extension) : undefined;
  const written = addressEntries(card.other?.[ADDRESS_PROPERTY] ?? []);
  const entries = ours ? written : new Map<string, JsonObject>();
  const server = serverTokens(storage, [...written.values()], received);
  const shared = sharedOf(storage, times, ours ? extension : undefined);
  const person = shortHash('person', [...card.emails].sort()[0] ?? '');
  const cards = card.emails.map((id): CardRecord => {
    const fresh = newCard(id);
    const entry = entries.get(id);
    const claim =
      entry === undefined
        ? card.emails.length > 1 && { person, personAt: date }
        : { person: stringOf(entry.person) ?? fresh.person, personAt: timeOf(entry.personAt) ?? 0 };
    const mine = <T extends { readonly address?: string }>(list: readonly T[]) =>
      list.filter(({ address }) => address === undefined || address === id);
    const told: CardRecord = {
      ...fresh,
      ...claim,
      shared,
      own: { ...(entry && ownOf(entry)), ...server(written.get(id)) },
      granted: mine(storage.granted).map(({ token }) => token),
      held: mine(storage.held).map(({ token }) => token),
      revokedUntil: Math.max(0, ...mine(storage.revoked).map(({ until }) => until * 1000)),
      deletedAt: entry === undefined ? (storage.deleted ? date : 0) : (timeOf(entry.deletedAt) ?? 0),
    };
    // Brings tokens into their order, and drops what was deleted.
    return mergeCards(told, fresh);
  });
  return { cards, photo: card.photo?.content };
}

function sharedOf(
  { card, blocked, unknown, date }: ContactStorage,
  times: Times | undefined,
  extension: JsonObject | undefined,
): CardRegisters<SharedCardValues> {
  const properties = Object.entries(card.other ?? {})
    .filter(([name]) => name !== SHARED_PROPERTY && name !== ADDRESS_PROPERTY)
    .flatMap(([name, values]) => values.map((value) => [`.${name}`, value] as const));
  const kept = [...unknown, ...properties].slice(0, limits.cardUnknown);
  const photo = card.photo && photoOf({ contentType: card.photo.contentType, bytes: card.photo.content });
  const register = <T>(name: SharedName, value: T | null | undefined): CardRegister<T> | undefined => {
    const said = value ?? null;
    const at = times === undefined ? (said === null ? undefined : date) : times[name];
    return at === undefined ? undefined : { at, value: said };
  };
  return defined({
    name: register('name', card.name),
    nickname: register('nickname', card.nickname),
    photo: register('photo', photo),
    birthday: register('birthday', card.birthday),
    status: register('status', card.status),
    categories: register('categories', card.categories?.length ? card.categories : null),
    notification: register('notification', card.notification),
    unknown: register('unknown', kept.length > 0 ? kept : null),
    blocked: register('blocked', blocked),
    listed: register('listed', extension === undefined || extension.listed === true),
    accepted: register('accepted', extension === undefined ? null : extension.accepted === true),
  });
}

function sharedExtension(shared: CardRegisters<SharedCardValues>): object {
  const names = (Object.keys(shared) as SharedName[]).sort();
  return {
    at: Object.fromEntries(names.map((name) => [name, shared[name]?.at])),
    ...(shared.listed && { listed: shared.listed.value === true }),
    ...(shared.accepted && { accepted: shared.accepted.value === true }),
  };
}

function addressExtension({ id, person, personAt, own, deletedAt }: CardRecord): object {
  const set = [...OWN_NAMES, ...SERVER_TOKENS].flatMap((name) => {
    const register = own[name];
    return register === undefined ? [] : [[name, [register.at, register.value]] as const];
  });
  return { address: id, person, personAt, ...(deletedAt > 0 && { deletedAt }), ...Object.fromEntries(set) };
}

function ownOf(entry: JsonObject): CardRegisters<OwnCardValues> {
  const own: { [K in keyof OwnCardValues]?: CardRegister<OwnCardValues[K]> } = {};
  const text = (name: 'verified' | 'profileSent') => {
    const [at, value] = pairOf(entry[name]);
    if (at !== undefined && (value === null || typeof value === 'string')) own[name] = { at, value };
  };
  const flag = (name: 'muted' | 'pinned' | 'archived') => {
    const [at, value] = pairOf(entry[name]);
    if (at !== undefined && (value === null || typeof value === 'boolean')) own[name] = { at, value };
  };
  text('verified');
  text('profileSent');
  flag('muted');
  flag('pinned');
  flag('archived');
  return own;
}

/**
 * The server's tokens as registers of an address. The field counts for all addresses if it is not what was in it when the message was
 * written: then the server gave a new token since, when it put the mail there.
 */
function serverTokens(
  storage: ContactStorage,
  entries: readonly JsonObject[],
  received: number,
): (entry: JsonObject | undefined) => CardRegisters<OwnCardValues> {
  return (entry) =>
    defined(
      Object.fromEntries(
        SERVER_TOKENS.map((name) => {
          const value = storage[name];
          const isNew = value !== undefined && entries.every((one) => pairOf(one[name])[1] !== value);
          return [name, isNew ? { at: received, value } : tokenRegister(entry?.[name])];
        }),
      ),
    );
}

function tokenRegister(said: unknown): CardRegister<string> | undefined {
  const [at, value] = pairOf(said);
  if (at === undefined || typeof value !== 'string' || value.length > limits.cardTokenChars) return undefined;
  return { at, value };
}

type JsonObject = Readonly<Record<string, unknown>>;

function addressEntries(values: readonly string[]): Map<string, JsonObject> {
  const entries = new Map<string, JsonObject>();
  for (const value of values) {
    const entry = objectOf(value);
    const address = entry && readAddress(stringOf(entry.address) ?? '');
    if (entry && address !== undefined) entries.set(address, entry);
  }
  return entries;
}

function timesOf(extension: JsonObject): Times {
  const at = extension.at;
  if (at === null || typeof at !== 'object') return {};
  const times = Object.entries(at).filter(([, time]) => timeOf(time) !== undefined);
  return Object.fromEntries(times) as Times;
}

function unknownProperties(unknown: readonly (readonly [string, string])[]): Record<string, readonly string[]> {
  const properties: Record<string, string[]> = {};
  for (const [name, value] of unknown) {
    if (!name.startsWith('.')) continue;
    const property = name.slice(1);
    properties[property] = [...(properties[property] ?? []), value];
  }
  return properties;
}

function sorted(person: readonly CardRecord[]): readonly CardRecord[] {
  return [...person].sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limits.cardAddresses);
}

/** JSON without blanks and beyond-ASCII characters: HTML may fold the ones, and transports have damaged the others. */
function ascii(value: object): string {
  return canonicalJson(value).replace(
    /[^\x21-\x7e]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function objectOf(text: string | undefined): JsonObject | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value.slice(0, limits.nameChars) : undefined;
}

function timeOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function pairOf(value: unknown): readonly [number | undefined, unknown] {
  return Array.isArray(value) ? [timeOf(value[0]), value[1]] : [undefined, undefined];
}
