import { limits } from '../core/limits.js';
import { addressHash } from '../protocol/address-hash.js';
import type {
  CardRecord,
  CardRegister,
  CardRegisters,
  OwnCardValues,
  SharedCardValues,
} from '../store/card-records.js';
import { shortHash } from './identity.js';

/** What a deletion takes: what the user entered, but neither blocking nor acceptance. */
const ENTERED = [
  'name',
  'nickname',
  'photo',
  'birthday',
  'status',
  'categories',
  'notification',
  'listed',
  'unknown',
] as const satisfies readonly (keyof SharedCardValues)[];

/** A card about which nothing was said. */
export function newCard(id: string): CardRecord {
  const { hex } = addressHash(id);
  const person = shortHash('person', id);
  const nothing = { granted: [], held: [], revokedUntil: 0, deletedAt: 0 };
  return { id, hash: hex, person, personAt: 0, shared: {}, own: {}, ...nothing, dirty: 0 };
}

/**
 * Joins two states of one card. Commutative, associative and idempotent: the order in which devices and mails tell it, and how often, makes
 * no difference. Of two values the later one counts; of two set at the same time the larger in the order of their JSON. Whether the
 * mailbox has it (`dirty`) is no part of the state, and is as in `a`.
 */
export function mergeCards(a: CardRecord, b: CardRecord): CardRecord {
  const deletedAt = Math.max(a.deletedAt, b.deletedAt);
  const claims = a.personAt - b.personAt || (a.person < b.person ? -1 : 1);
  const { person, personAt } = claims > 0 ? a : b;
  return {
    id: a.id,
    hash: a.hash,
    person,
    personAt,
    shared: withoutEntered(mergeRegisters<SharedCardValues>(a.shared, b.shared), deletedAt),
    own: mergeRegisters<OwnCardValues>(a.own, b.own),
    granted: mergeTokens(a.granted, b.granted),
    held: mergeTokens(a.held, b.held),
    revokedUntil: Math.max(a.revokedUntil, b.revokedUntil),
    deletedAt,
    dirty: a.dirty,
  };
}

/** Joins registers, name by name. */
export function mergeRegisters<V extends object>(a: CardRegisters<V>, b: CardRegisters<V>): CardRegisters<V> {
  const merged: { [K in keyof V]?: CardRegister<V[K]> } = {};
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort() as (keyof V)[];
  for (const name of names) {
    const register = later(a[name], b[name]);
    if (register !== undefined) merged[name] = register;
  }
  return merged;
}

/** Of two registers the one that counts. */
export function later<T>(a: CardRegister<T> | undefined, b: CardRegister<T> | undefined): CardRegister<T> | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.at !== b.at) return a.at > b.at ? a : b;
  return canonicalJson(a.value) >= canonicalJson(b.value) ? a : b;
}

/** What an entry said before it was deleted does not count any more. */
function withoutEntered(
  registers: CardRegisters<SharedCardValues>,
  deletedAt: number,
): CardRegisters<SharedCardValues> {
  const gone = ENTERED.filter((name) => (registers[name]?.at ?? Number.POSITIVE_INFINITY) <= deletedAt);
  if (gone.length === 0) return registers;
  const left: { -readonly [K in keyof SharedCardValues]?: CardRegister<SharedCardValues[K]> } = { ...registers };
  for (const name of gone) delete left[name];
  return left;
}

/** The newest tokens of both, newest first; of equally old ones the larger string. */
function mergeTokens(a: readonly string[], b: readonly string[]): readonly string[] {
  const order = (x: string, y: string) => tokenCreated(y) - tokenCreated(x) || (x < y ? 1 : -1);
  return [...new Set([...a, ...b])].sort(order).slice(0, limits.cardTokens);
}

/** When a token was created (protocol 10), in seconds; 0 if it does not say. */
function tokenCreated(token: string): number {
  const match = /(?:^|-)created:(\d{1,12})(?:-|$)/.exec(token);
  return Number(match?.[1] ?? 0);
}

/** The same for equal values, whatever order their fields were set in. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (inner === null || typeof inner !== 'object' || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
