import type { PreferEncrypt } from './header.js';
import type { PeerFact, PeerState } from './peer-state.js';

/** A key pair of the account. Key: `fingerprint`. */
export interface OwnKeyRecord {
  /** Lower case hex. */
  readonly fingerprint: string;
  /** Base64 of the transferable secret key; sealed if the manager was given a passphrase. */
  readonly secret: string;
  /** The passphrase is needed to read `secret`. */
  readonly sealed: boolean;
  /** When it was made or imported here, milliseconds since 1970. The newest is the one in use; older ones only decrypt. */
  readonly addedAt: number;
  /** Counts up with every key added, so that keys of the same millisecond have an order. */
  readonly order: number;
  /** Normalised addresses that it is in use for; empty: for all that have no other key. */
  readonly addresses: readonly string[];
}

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

/** A peer. Key: `address`. */
export interface PeerRecord {
  /** Normalised. */
  readonly address: string;
  readonly state: PeerState;
  /** Fingerprint that the user has verified, lower case hex. */
  readonly verified?: string;
}

/** The octets of a peer's key. Key: `key`. Never changes. */
export interface PublicKeyRecord {
  /** Hex SHA-256 of the octets. */
  readonly key: string;
  /** Lower case hex. */
  readonly fingerprint: string;
  /** Base64 of the transferable public key. */
  readonly data: string;
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
}
