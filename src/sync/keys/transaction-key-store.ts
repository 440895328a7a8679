import { joinEvidence } from '../../autocrypt/evidence.js';
import type { KeyEvidence, KeySettings, KeyStore, KeyStoreBatch } from '../../autocrypt/key-store.js';
import { shortHash } from '../../model/identity.js';
import type { CardRecord } from '../../store/card-records.js';
import type {
  KeyFactRecord,
  OwnKeyRecord,
  PeerFact,
  PeerRecord,
  PreferEncrypt,
  PublicKeyRecord,
} from '../../store/key-records.js';
import type { SettingRecord } from '../../store/records.js';
import { updateCard } from '../storage/cards.js';
import type { Transaction } from '../transaction.js';
import { OWN_KEY, retryWaiting } from './waiting.js';

/** Setting with what the user prefers. */
const PREFERENCES = 'keys:preferences';
/** Setting with what the mailbox has shown; written while mails are taken in, so apart from what the user chose. */
const EVIDENCE = 'keys:evidence';

/** The settings that {@link settingsFrom} is made of. */
export const KEY_SETTINGS = [PREFERENCES, EVIDENCE] as const;

interface Preferences {
  readonly enabled: boolean;
  readonly preferEncrypt: PreferEncrypt;
}

/** Key settings from the two records that they are kept in; undefined while there is neither. */
export function settingsFrom([preferences, evidence]: readonly (SettingRecord | undefined)[]): KeySettings | undefined {
  if (preferences === undefined && evidence === undefined) return undefined;
  const { enabled = true, preferEncrypt = 'nopreference' } = (preferences?.value ?? {}) as Partial<Preferences>;
  return { enabled, preferEncrypt, evidence: (evidence?.value ?? {}) as KeyEvidence };
}

/** What the mailbox has shown, if it is among the settings that were written. */
export function evidenceIn(settings: readonly SettingRecord[]): KeyEvidence | undefined {
  return settings.findLast(({ key }) => key === EVIDENCE)?.value as KeyEvidence | undefined;
}

/** The record of a peer with the fingerprint that the user verified, which is kept with what else the user said about them. */
export function withVerified(record: PeerRecord | undefined, card: CardRecord | undefined): PeerRecord | undefined {
  const verified = card?.own.verified?.value;
  if (verified === undefined || verified === null) return record;
  const address = card?.id ?? '';
  return { ...(record ?? { address, state: { address } }), verified };
}

/** Key of the record of a fact. */
export function factKey(id: string): string {
  return shortHash('key-fact', id);
}

/**
 * Keys within one transaction, so that what a mail teaches is written with the mail. `commit` writes with the transaction.
 */
export class TransactionKeyStore implements KeyStore {
  readonly #tx: Transaction;

  constructor(tx: Transaction) {
    this.#tx = tx;
  }

  ownKeys(): Promise<readonly OwnKeyRecord[]> {
    return this.#tx.list('ownKeys');
  }

  async settings(): Promise<KeySettings | undefined> {
    return settingsFrom(await this.#tx.getMany('settings', KEY_SETTINGS));
  }

  async peers(addresses: readonly string[]): Promise<readonly (PeerRecord | undefined)[]> {
    const records = await this.#tx.getMany('peers', addresses);
    const cards = await this.#tx.getMany('cards', addresses);
    return records.map((record, i) => withVerified(record, cards[i]));
  }

  publicKeys(keys: readonly string[]): Promise<readonly (PublicKeyRecord | undefined)[]> {
    return this.#tx.getMany('publicKeys', keys);
  }

  async facts(ids: readonly string[]): Promise<readonly (PeerFact | undefined)[]> {
    return (await this.#tx.getMany('keyFacts', ids.map(factKey))).map((record) => record?.fact);
  }

  async factsOf(peer: string): Promise<readonly PeerFact[]> {
    return (await this.#tx.list('keyFacts', { index: 'byPeer', prefix: [peer] })).map(({ fact }) => fact);
  }

  async commit(batch: KeyStoreBatch): Promise<void> {
    const tx = this.#tx;
    for (const fingerprint of batch.removeOwnKeys ?? []) tx.remove('ownKeys', fingerprint);
    for (const record of batch.ownKeys ?? []) tx.put('ownKeys', record);
    if ((batch.ownKeys ?? []).length > 0) await retryWaiting(tx, OWN_KEY);
    for (const record of batch.peers ?? []) await this.#putPeer(record);
    for (const record of batch.publicKeys ?? []) tx.put('publicKeys', record);
    for (const fact of batch.facts ?? []) tx.put('keyFacts', factRecord(fact));
    if (batch.settings === undefined) return;
    const { evidence, ...preferences } = batch.settings;
    tx.put('settings', { key: PREFERENCES, value: preferences });
    await this.noteEvidence(evidence);
  }

  async #putPeer({ verified, ...record }: PeerRecord): Promise<void> {
    this.#tx.put('peers', record);
    const card = await this.#tx.get('cards', record.address);
    if ((card?.own.verified?.value ?? undefined) === verified) return;
    await updateCard(this.#tx, record.address, { verified: verified ?? null });
  }

  /** Joins what the mailbox has shown with what is known. It only grows: a manager may write what it knew earlier. */
  async noteEvidence(evidence: KeyEvidence): Promise<void> {
    const known = ((await this.#tx.get('settings', EVIDENCE))?.value ?? {}) as KeyEvidence;
    const joined = joinEvidence(known, evidence);
    if (JSON.stringify(joined) !== JSON.stringify(known)) this.#tx.put('settings', { key: EVIDENCE, value: joined });
  }
}

function factRecord(fact: PeerFact): KeyFactRecord {
  const { id, peer, kind } = fact;
  return { key: factKey(id), peer, kind, publicKey: fact.kind === 'seen' ? '' : fact.key, fact };
}
