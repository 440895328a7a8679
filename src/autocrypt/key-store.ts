import type { OwnKeyRecord, PeerFact, PeerRecord, PreferEncrypt, PublicKeyRecord } from '../store/key-records.js';

/** What the mailbox has shown about keys of the account that are elsewhere: newest dates, milliseconds since 1970. */
export interface KeyEvidence {
  /** A setup message. */
  readonly setupMessage?: number;
  /** An own mail with an Autocrypt header. */
  readonly autocrypt?: number;
  /** An own mail that is encrypted. */
  readonly encrypted?: number;
}

/** What the user chose, and what the mailbox has shown. */
export interface KeySettings {
  /** False: nothing is written or encrypted, but what comes in is still read and learned. */
  readonly enabled: boolean;
  readonly preferEncrypt: PreferEncrypt;
  readonly evidence: KeyEvidence;
}

/** What one call to {@link KeyStore.commit} writes. */
export interface KeyStoreBatch {
  readonly ownKeys?: readonly OwnKeyRecord[];
  readonly removeOwnKeys?: readonly string[];
  readonly settings?: KeySettings;
  readonly peers?: readonly PeerRecord[];
  readonly facts?: readonly PeerFact[];
  readonly publicKeys?: readonly PublicKeyRecord[];
}

/**
 * Where a {@link KeyManager} keeps its keys and what it has learned. Records are plain JSON values and replace what has the
 * same key. Keep it as safe as the passwords of the account: it holds private keys.
 */
export interface KeyStore {
  /** All keys of the account. */
  ownKeys(): Promise<readonly OwnKeyRecord[]>;
  /** Undefined in a new store. */
  settings(): Promise<KeySettings | undefined>;
  /** Peers by address, in this order; undefined where nothing is known. */
  peers(addresses: readonly string[]): Promise<readonly (PeerRecord | undefined)[]>;
  /** Public keys by `key`, in this order. */
  publicKeys(keys: readonly string[]): Promise<readonly (PublicKeyRecord | undefined)[]>;
  /** Facts by `id`, in this order. */
  facts(ids: readonly string[]): Promise<readonly (PeerFact | undefined)[]>;
  /** All facts about a peer, in any order. */
  factsOf(peer: string): Promise<readonly PeerFact[]>;
  /** Writes everything or nothing. */
  commit(batch: KeyStoreBatch): Promise<void>;
  /**
   * Runs work that reads and then writes, on the store that it is given, while nobody else writes. Needed where the keys are
   * written by others than one manager; without it the manager keeps its own calls apart.
   */
  transact?<T>(work: (store: KeyStore) => Promise<T>): Promise<T>;
}
