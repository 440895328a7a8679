import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { canonicalJson, mergeCards, newCard } from '../../model/card-merge.js';
import { type Card, cardView, sharedRegisters } from '../../model/card-view.js';
import { shortHash } from '../../model/identity.js';
import { SELF_CHAT } from '../../model/placement.js';
import type {
  CardPhoto,
  CardRecord,
  CardRegister,
  CardRegisters,
  OwnCardValues,
  SharedCardValues,
} from '../../store/card-records.js';
import type { Store } from '../../store/store.js';
import type { Transaction } from '../transaction.js';

/** A picture that is put into a card. */
export interface NewPhoto {
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

type Shared = Omit<SharedCardValues, 'photo' | 'accepted' | 'blocked' | 'listed'>;

/** What {@link updateCard} changes: `null` takes a value back, what is left out stays. */
export type CardPatch = { readonly [K in keyof Shared]?: Shared[K] | null } & {
  readonly [K in keyof OwnCardValues]?: OwnCardValues[K] | null;
} & {
  readonly photo?: NewPhoto | null;
  /** The user accepted the request; the time is that of the transaction. */
  readonly accepted?: boolean;
  readonly blocked?: boolean;
  /** The user made an entry of it. */
  readonly listed?: boolean;
  /** A client token that was granted to this address; the ones before stay beside it for a while. */
  readonly granted?: string;
  /** A client token that came from this address. */
  readonly held?: string;
  /** Tokens created up to then (milliseconds, counted in whole seconds) are void. Never goes back. */
  readonly revokedUntil?: number;
};

const SHARED = [
  'name',
  'nickname',
  'birthday',
  'status',
  'categories',
  'notification',
  'listed',
  'blocked',
  'accepted',
  'unknown',
] as const satisfies readonly (keyof SharedCardValues)[];

const OWN = [
  'verified',
  'profileSent',
  'muted',
  'pinned',
  'archived',
  'serverTokenIn',
  'serverTokenOut',
] as const satisfies readonly (keyof OwnCardValues)[];

/** Where cards are read: a transaction, or the store as it stands. */
export interface CardReader {
  /** The cards with these ids. */
  get(ids: readonly string[]): Promise<(CardRecord | undefined)[]>;
  /** All cards of one person. */
  person(person: string): Promise<CardRecord[]>;
}

/** Reads the cards within a transaction, pending changes included. */
export function cardsOf(tx: Transaction): CardReader {
  return {
    get: (ids) => tx.getMany('cards', ids),
    person: (person) => tx.list('cards', { index: 'byPerson', prefix: [person] }),
  };
}

/** Reads the cards as the last commit left them. */
export function storedCards(store: Store): CardReader {
  return {
    get: (ids) => store.get('cards', ids),
    person: (person) => store.list('cards', { index: 'byPerson', prefix: [person] }),
  };
}

/**
 * What the user set for an address (normalised) or a group (`group:…`), on whatever device; empty where nothing was set. Names, pictures,
 * blocking and acceptance are those of the whole contact, with all its addresses.
 */
export async function cardOf(cards: CardReader, id: string): Promise<Card> {
  const [record] = await cards.get([id]);
  const own = record ?? newCard(id);
  return cardView(own, record === undefined ? [own] : await cards.person(record.person));
}

/** Id of the card that belongs to a chat; undefined for chats that no other device could recognise (ad-hoc groups, lists). */
export function cardIdOfChat(chatId: string, email: string): string | undefined {
  if (chatId === SELF_CHAT) return email;
  if (chatId.startsWith('single:')) return chatId.slice('single:'.length);
  return chatId.startsWith('group:') ? chatId : undefined;
}

/** Id of the blob with the bytes of a card's picture. */
export function cardPhotoBlob(id: string, sha256Hex: string): string {
  return `card-photo\n${id}\n${sha256Hex}`;
}

/**
 * Changes what the user set for an address or a group. It counts at once, and is written into the mailbox for the other devices when there
 * is a connection. A value that is set already is left alone.
 */
export async function updateCard(tx: Transaction, id: string, patch: CardPatch): Promise<void> {
  const all = await personOf(tx, id);
  const { photo: picture, granted, held, revokedUntil, ...values } = patch;
  const photo = picture && photoOf(picture);
  const floor = Math.max(tx.now, ...all.map(({ deletedAt }) => deletedAt + 1));
  const known = sharedRegisters(all);
  const shared = {
    ...newRegisters<SharedCardValues>(floor, known, values, SHARED),
    ...newRegisters<SharedCardValues>(floor, known, { photo }, ['photo']),
  };
  for (const card of all) {
    const change = { ...newCard(card.id), person: card.person, shared };
    const own: CardRecord = {
      ...change,
      own: newRegisters<OwnCardValues>(floor, card.own, values, OWN),
      granted: granted === undefined ? [] : [granted],
      held: held === undefined ? [] : [held],
      revokedUntil: Math.floor((revokedUntil ?? 0) / 1000) * 1000,
    };
    putCard(tx, card, mergeCards(card, card.id === id ? own : change), true);
    if (picture && photo) tx.putBlob(cardPhotoBlob(card.id, photo.sha256), picture.bytes);
  }
}

/** Deletes what the user entered for a contact. Blocking, acceptance, verification and settings of chats stay. */
export async function deleteCard(tx: Transaction, id: string): Promise<void> {
  for (const card of await personOf(tx, id)) {
    putCard(
      tx,
      card,
      mergeCards(card, { ...newCard(card.id), person: card.person, deletedAt: laterThan(tx, card) }),
      true,
    );
  }
}

/**
 * Makes these addresses one contact: they come to that of the first one, and addresses that it had beside them leave it. An address that
 * leaves keeps whether it is blocked and accepted.
 */
export async function setAddresses(tx: Transaction, ids: readonly [string, ...string[]]): Promise<void> {
  const present = await personOf(tx, ids[0]);
  const person = present[0]?.person ?? newCard(ids[0]).person;
  for (const id of ids) {
    const card = (await tx.get('cards', id)) ?? newCard(id);
    const at = Math.max(tx.now, card.personAt + 1);
    if (card.person !== person || (ids.length > 1 && card.personAt === 0))
      putCard(tx, card, mergeCards(card, { ...newCard(id), person, personAt: at }), true);
  }
  const { blocked, accepted } = sharedRegisters(present);
  for (const card of present) {
    if (ids.includes(card.id)) continue;
    const at = laterThan(tx, card);
    const kept = { ...(blocked && { blocked }), ...(accepted && { accepted }) };
    const alone = {
      ...newCard(card.id),
      person: shortHash('person', card.id, String(at)),
      personAt: at,
      deletedAt: at,
    };
    putCard(tx, card, mergeCards(card, { ...alone, shared: kept }), true);
  }
}

/** The cards of all addresses of a contact; at least the one that was asked for. */
async function personOf(tx: Transaction, id: string): Promise<CardRecord[]> {
  const record = (await tx.get('cards', id)) ?? newCard(id);
  const person = await tx.list('cards', { index: 'byPerson', prefix: [record.person] });
  return person.some((card) => card.id === id) ? person : [...person, record];
}

/** A time at which everything that the card says is over. */
function laterThan(tx: Transaction, { personAt, deletedAt, shared }: CardRecord): number {
  return Math.max(tx.now, personAt + 1, deletedAt + 1, ...Object.values(shared).map(({ at }) => at + 1));
}

/** Writes a card that was merged; `ours` if the mailbox has to hear of the change. */
export function putCard(tx: Transaction, before: CardRecord, after: CardRecord, ours: boolean): void {
  if (canonicalJson({ ...after, dirty: 0 }) === canonicalJson({ ...before, dirty: 0 })) return;
  const old = before.shared.photo?.value;
  if (old && after.shared.photo?.value?.sha256 !== old.sha256) tx.removeBlob(cardPhotoBlob(before.id, old.sha256));
  tx.put('cards', ours ? { ...after, dirty: 1 } : after);
}

/** What a card keeps of a picture. */
export function photoOf({ contentType, bytes }: NewPhoto): CardPhoto {
  return { contentType, sha256: bytesToHex(sha256(bytes)) };
}

/** Registers for those values of the patch that differ from what is there, not older than `floor`. */
function newRegisters<V extends object>(
  floor: number,
  known: CardRegisters<V>,
  patch: { readonly [K in keyof V]?: V[K] | null | undefined },
  names: readonly (keyof V & string)[],
): CardRegisters<V> {
  const registers: { [K in keyof V]?: CardRegister<V[K]> } = {};
  for (const name of names) {
    const value = patch[name];
    const before = known[name];
    if (value === undefined || canonicalJson(before?.value ?? null) === canonicalJson(value)) continue;
    // What was set on a device whose clock is ahead would otherwise stay for ever.
    registers[name] = { at: Math.max(floor, (before?.at ?? 0) + 1), value };
  }
  return registers;
}
