import type { KeyFact, KeyRegister, PeerFact, PeerState } from '../store/key-records.js';

/** One key that a peer has announced; see {@link keyHistory}. */
export interface SeenKey {
  /** Lower case hex. */
  readonly fingerprint: string;
  /** Effective dates of the first and of the last mail of the peer that announced it. */
  readonly firstSeen: number;
  readonly lastSeen: number;
}

const DAY = 24 * 3600_000;

/** When a fact counts as said: the Date inside the encryption, else outside, unless it is missing or more than a day after the mail came. */
export function effectiveDate(fact: Pick<PeerFact, 'headerDate' | 'innerDate' | 'receivedAt'>): number {
  const date = fact.innerDate ?? fact.headerDate;
  return date === undefined || date > fact.receivedAt + DAY ? fact.receivedAt : date;
}

/**
 * Two readings of the same fact (equal ids): the earlier receipt counts; what was learned by opening the encryption is
 * kept. Where two copies claim different inner dates the larger one counts: a forged copy must not make a key look older.
 */
export function joinFacts<F extends PeerFact>(a: F, b: F): F {
  const innerDate = larger(a.innerDate, b.innerDate);
  return {
    ...a,
    receivedAt: Math.min(a.receivedAt, b.receivedAt),
    ...(innerDate !== undefined && { innerDate }),
    ...(a.kind !== 'seen' && b.kind !== 'seen' && { source: b.source === 'inner' ? 'inner' : a.source }),
  };
}

/** The state with one more fact. Commutative, associative and idempotent as long as the fact is not a lowered one. */
export function addFact(state: PeerState, fact: PeerFact): PeerState {
  const date = effectiveDate(fact);
  if (fact.kind === 'gossip') return { ...state, gossip: newest(state.gossip, registerOf(fact, date)) };
  const seen = { ...state, lastSeen: larger(state.lastSeen, date) ?? date };
  return fact.kind === 'seen' ? seen : { ...seen, direct: newest(state.direct, registerOf(fact, date)) };
}

/** The state that all facts about a peer give. */
export function foldFacts(address: string, facts: Iterable<PeerFact>): PeerState {
  let state: PeerState = { address };
  for (const fact of facts) state = addFact(state, fact);
  return state;
}

/** True if the state may rest on this fact, so that it has to be made anew when the fact loses some of its date. */
export function restsOn(state: PeerState, fact: PeerFact): boolean {
  const date = effectiveDate(fact);
  if (fact.kind === 'gossip') return state.gossip?.mail === fact.mail;
  return state.lastSeen === date || (fact.kind === 'direct' && state.direct?.mail === fact.mail);
}

/**
 * The keys that a peer has announced for themselves, oldest first. More than one means that they changed their program,
 * lost a key, or that somebody else wrote in their name.
 */
export function keyHistory(facts: Iterable<PeerFact>): SeenKey[] {
  const keys = new Map<string, SeenKey>();
  for (const fact of facts) {
    if (fact.kind !== 'direct') continue;
    const date = effectiveDate(fact);
    const known = keys.get(fact.fingerprint);
    keys.set(fact.fingerprint, {
      fingerprint: fact.fingerprint,
      firstSeen: Math.min(known?.firstSeen ?? date, date),
      lastSeen: Math.max(known?.lastSeen ?? date, date),
    });
  }
  return [...keys.values()].sort(
    (a, b) => a.firstSeen - b.firstSeen || a.lastSeen - b.lastSeen || compare(a.fingerprint, b.fingerprint),
  );
}

function registerOf(fact: KeyFact, date: number): KeyRegister {
  const { source, mail, fingerprint, key, preferEncrypt } = fact;
  return { date, source, mail, fingerprint, key, preferEncrypt };
}

/** The larger by (date, inner over outer, message-id, fingerprint); the rest only makes the order total. */
function newest(a: KeyRegister | undefined, b: KeyRegister): KeyRegister {
  if (a === undefined) return b;
  const order =
    a.date - b.date ||
    rank(a) - rank(b) ||
    compare(a.mail, b.mail) ||
    compare(a.fingerprint, b.fingerprint) ||
    compare(a.key, b.key) ||
    compare(b.preferEncrypt, a.preferEncrypt);
  return order >= 0 ? a : b;
}

function rank(register: KeyRegister): number {
  return register.source === 'inner' ? 1 : 0;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function larger(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.max(a, b);
}
