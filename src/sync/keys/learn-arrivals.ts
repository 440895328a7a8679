import { hasEvidence, joinEvidence } from '../../autocrypt/evidence.js';
import type { KeyEvidence } from '../../autocrypt/key-store.js';
import { type KeyChange, learn } from '../../autocrypt/learn.js';
import { effectiveDate } from '../../autocrypt/peer-state.js';
import type { KeyFact, OwnKeyRecord } from '../../store/key-records.js';
import type { Transaction } from '../transaction.js';
import type { KeyLesson } from './open-copy.js';
import { OTHER_KEY, type OtherKey } from './other-key.js';
import { TransactionKeyStore } from './transaction-key-store.js';
import { keyOfPeer, retryWaiting } from './waiting.js';

/** A lesson with what is known about the mail that it comes from. */
export interface ArrivedLesson {
  readonly lesson: KeyLesson;
  /** The mail lay there before the account did: what it changes is no news. */
  readonly history: boolean;
  /** It lies where only mail of ours does, and not just anybody's who writes our address into From. */
  readonly amongOwn?: boolean;
}

/**
 * Learns what mails teach about keys, within the transaction that takes them in. Copies that waited for a key which came with
 * them are noted down to be read again. Returns what copies of these very mails may wait for in vain: `waitsFor` of the keys that are new.
 */
export async function learnArrivals(tx: Transaction, arrived: readonly ArrivedLesson[]): Promise<ReadonlySet<string>> {
  if (arrived.length === 0) return new Set();
  const store = new TransactionKeyStore(tx);
  const own = tx.identity.addresses;
  await noteEvidence(tx, store, arrived);
  const facts = arrived.flatMap(({ lesson }) => lesson.facts.facts);
  const news = await newKeys(tx, facts.filter((fact) => fact.kind === 'direct' && !own.has(fact.peer)) as KeyFact[]);
  const { changes } = await learn(
    store,
    arrived.map(({ lesson }) => lesson.facts),
    own,
  );
  for (const address of news) await retryWaiting(tx, keyOfPeer(address));
  const old = new Set(
    arrived.filter(({ history }) => history).flatMap(({ lesson }) => lesson.facts.facts.map(factSource)),
  );
  for (const change of changes) if (await isNews(tx, change, old)) tx.announceKeyChange(change);
  return new Set([...news].map(keyOfPeer));
}

/** Evidence counts only until there is a key: from then on the mailbox has one, and it is here. */
async function noteEvidence(
  tx: Transaction,
  store: TransactionKeyStore,
  arrived: readonly ArrivedLesson[],
): Promise<void> {
  const found = arrived.reduce<KeyEvidence>(
    (sum, { lesson }) => (lesson.evidence ? joinEvidence(sum, lesson.evidence) : sum),
    {},
  );
  if (!hasEvidence(found)) return;
  const keys = await tx.list('ownKeys');
  if (keys.length === 0) await store.noteEvidence(found);
  else await noteOtherKey(tx, keys, arrived);
}

/** Two devices that begin at the same moment make a key each. The one that sees mail with the other's notes it down. */
async function noteOtherKey(
  tx: Transaction,
  keys: readonly OwnKeyRecord[],
  arrived: readonly ArrivedLesson[],
): Promise<void> {
  const ours = new Set(keys.map(({ fingerprint }) => fingerprint));
  // Mails are dated to the second.
  const newest = Math.floor(Math.max(...keys.map(({ addedAt }) => addedAt)) / 1000) * 1000;
  const known = (await tx.get('settings', OTHER_KEY))?.value as OtherKey | undefined;
  let other = known;
  for (const { lesson, amongOwn } of arrived) {
    for (const fact of amongOwn ? lesson.facts.facts : []) {
      if (fact.kind !== 'direct' || !tx.identity.addresses.has(fact.peer) || ours.has(fact.fingerprint)) continue;
      // Mail from before the key in use was written with what it replaced.
      const at = effectiveDate(fact);
      if (at >= newest && at > (other?.at ?? 0)) other = { fingerprint: fact.fingerprint, at };
    }
  }
  if (other && other.fingerprint !== known?.fingerprint) tx.put('settings', { key: OTHER_KEY, value: { ...other } });
}

/** Addresses that announce a key which they had not announced before. */
async function newKeys(tx: Transaction, facts: readonly KeyFact[]): Promise<ReadonlySet<string>> {
  const addresses = [...new Set(facts.map(({ peer }) => peer))];
  const peers = await tx.getMany('peers', addresses);
  const newest = new Map(addresses.map((address, i) => [address, peers[i]?.state.direct?.key]));
  const found = new Set<string>();
  for (const { peer, key } of facts) {
    // Nearly always it is the one that they have used so far.
    if (found.has(peer) || newest.get(peer) === key) continue;
    const known = await tx.list('keyFacts', { index: 'byPeer', prefix: [peer, 'direct', key], limit: 1 });
    if (known.length === 0) found.add(peer);
  }
  return found;
}

/** A change that a mail of the history brings is none for somebody who sees the account for the first time; a verified key is another matter. */
async function isNews(tx: Transaction, change: KeyChange, old: ReadonlySet<string>): Promise<boolean> {
  if (change.wasVerified) return true;
  const peer = await tx.get('peers', change.address);
  const register = peer?.state[change.source];
  return register === undefined || !old.has(`${register.mail}\n${register.key}`);
}

function factSource(fact: KeyLesson['facts']['facts'][number]): string {
  return `${fact.mail}\n${fact.kind === 'seen' ? '' : fact.key}`;
}
