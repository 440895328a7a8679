import type { PeerFact, PeerRecord, PublicKeyRecord } from '../store/key-records.js';
import type { KeyStore } from './key-store.js';
import type { MailFacts } from './mail-facts.js';
import { addFact, effectiveDate, foldFacts, joinFacts, restsOn } from './peer-state.js';

/** The key that would be used for a peer has become another one. */
export interface KeyChange {
  /** Normalised. */
  readonly address: string;
  /** Lower case hex. */
  readonly oldFingerprint: string;
  readonly newFingerprint: string;
  /** Whether the new key comes from the peer or was passed on by others. */
  readonly source: 'direct' | 'gossip';
  /** Effective date of the mail that brought it, milliseconds since 1970. */
  readonly date: number;
  /** The user had verified the old key; nothing is encrypted to the new one until they verify that. */
  readonly wasVerified: boolean;
}

/** What {@link learn} found. */
export interface Learned {
  /** Peers whose state is another one now. */
  readonly peers: readonly PeerRecord[];
  readonly changes: readonly KeyChange[];
}

/**
 * Joins facts into the store, in one commit. The result does not depend on the order of mails, on what comes twice, or
 * on how they are split into calls. Calls for one store must not overlap.
 *
 * @param own Addresses of the account: others cannot tell us about our keys.
 */
export async function learn(store: KeyStore, mails: readonly MailFacts[], own: ReadonlySet<string>): Promise<Learned> {
  const given = joined(mails.flatMap((mail) => mail.facts)).filter((fact) => !own.has(fact.peer));
  const known = await store.facts(given.map((fact) => fact.id));
  const news: { readonly before: PeerFact | undefined; readonly after: PeerFact }[] = [];
  for (const [index, fact] of given.entries()) {
    const before = known[index];
    const after = before === undefined ? fact : joinFacts(before, fact);
    if (before === undefined || !sameReading(before, after)) news.push({ before, after });
  }
  if (news.length === 0) return { peers: [], changes: [] };

  const addresses = [...new Set(news.map(({ after }) => after.peer))];
  const stored = await store.peers(addresses);
  const old = new Map(addresses.map((address, i): [string, PeerRecord] => [address, stored[i] ?? blank(address)]));
  const peers = new Map(old);
  const lowered = new Set<string>();
  for (const { before, after } of news) {
    const record = peers.get(after.peer) ?? blank(after.peer);
    if (before !== undefined && effectiveDate(after) < effectiveDate(before) && restsOn(record.state, before)) {
      lowered.add(after.peer);
    }
    peers.set(after.peer, { ...record, state: addFact(record.state, after) });
  }
  for (const address of lowered) {
    const facts = new Map((await store.factsOf(address)).map((fact) => [fact.id, fact]));
    for (const { after } of news) if (after.peer === address) facts.set(after.id, after);
    peers.set(address, { ...(peers.get(address) ?? blank(address)), state: foldFacts(address, facts.values()) });
  }

  const changed = [...peers.values()].filter((record) => !sameState(record, old.get(record.address)));
  await store.commit({
    facts: news.map(({ after }) => after),
    peers: changed,
    publicKeys: await unknownKeys(store, mails, news),
  });
  return { peers: changed, changes: changed.flatMap((record) => changeOf(old.get(record.address), record)) };
}

/** Facts of the same id in one call, such as two copies of a mail. */
function joined(facts: readonly PeerFact[]): PeerFact[] {
  const byId = new Map<string, PeerFact>();
  for (const fact of facts) {
    const other = byId.get(fact.id);
    byId.set(fact.id, other === undefined ? fact : joinFacts(other, fact));
  }
  return [...byId.values()];
}

function sameReading(a: PeerFact, b: PeerFact): boolean {
  return a.receivedAt === b.receivedAt && a.innerDate === b.innerDate && sourceOf(a) === sourceOf(b);
}

function sourceOf(fact: PeerFact): string | undefined {
  return fact.kind === 'seen' ? undefined : fact.source;
}

function sameState(a: PeerRecord, b: PeerRecord | undefined): boolean {
  return JSON.stringify(a.state) === JSON.stringify(b?.state);
}

function blank(address: string): PeerRecord {
  return { address, state: { address } };
}

/** A new key is written once, not with every mail that has it. */
async function unknownKeys(
  store: KeyStore,
  mails: readonly MailFacts[],
  news: readonly { readonly after: PeerFact }[],
): Promise<PublicKeyRecord[]> {
  const wanted = new Set(news.flatMap(({ after }) => (after.kind === 'seen' ? [] : [after.key])));
  const given = new Map(mails.flatMap((mail) => mail.publicKeys).map((record) => [record.key, record]));
  const candidates = [...given.values()].filter((record) => wanted.has(record.key));
  const known = await store.publicKeys(candidates.map((record) => record.key));
  return candidates.filter((_, index) => known[index] === undefined);
}

function changeOf(before: PeerRecord | undefined, after: PeerRecord): KeyChange[] {
  const source = after.state.direct ? 'direct' : 'gossip';
  const register = after.state[source];
  const previous = before?.state.direct ?? before?.state.gossip;
  if (register === undefined || previous === undefined || register.fingerprint === previous.fingerprint) return [];
  return [
    {
      address: after.address,
      oldFingerprint: previous.fingerprint,
      newFingerprint: register.fingerprint,
      source,
      date: register.date,
      wasVerified: after.verified === previous.fingerprint,
    },
  ];
}
