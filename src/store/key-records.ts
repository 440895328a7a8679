/** Records of own keys, and of what is known about the keys of others. */

/** Whether someone wants encryption by default with others who want it, too (Autocrypt Level 1, `prefer-encrypt`). */
export type PreferEncrypt = 'mutual' | 'nopreference';

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

/**
 * What one copy of a mail said about one peer. Facts are only ever added, and `joinFacts` merges two readings of
 * the same one, so that the order in which mails, copies and payloads become known does not matter.
 */
export type PeerFact = SeenFact | KeyFact;

/** What every fact has. */
interface FactBase {
  /** Names mail, Date field, peer and content: equal facts have equal ids. */
  readonly id: string;
  /** Normalised address that the fact is about. */
  readonly peer: string;
  /** Message-ID and From of the mail. */
  readonly mail: string;
  /** Date field of the mail, milliseconds since 1970. */
  readonly headerDate?: number;
  /** Date field inside the encryption, once that was opened. */
  readonly innerDate?: number;
  /** Smallest time at which a server took a copy in (INTERNALDATE). */
  readonly receivedAt: number;
}

/** A mail of the peer that had no key. */
export interface SeenFact extends FactBase {
  readonly kind: 'seen';
}

/** A key of the peer: from themselves, or passed on by others. */
export interface KeyFact extends FactBase {
  readonly kind: 'direct' | 'gossip';
  /** Whether the field stood inside the encryption. */
  readonly source: 'inner' | 'outer';
  /** Lower case hex. */
  readonly fingerprint: string;
  /** Hex SHA-256 of the key's octets: a renewed key has the fingerprint of the old one. */
  readonly key: string;
  readonly preferEncrypt: PreferEncrypt;
}

/** The newest key of one kind. */
export interface KeyRegister {
  /** Effective date of the mail that it came with (`autocrypt_timestamp`, `gossip_timestamp`). */
  readonly date: number;
  readonly source: 'inner' | 'outer';
  readonly mail: string;
  /** Lower case hex. */
  readonly fingerprint: string;
  /** Hex SHA-256 of the key's octets. */
  readonly key: string;
  readonly preferEncrypt: PreferEncrypt;
}

/** What is known about a peer (Level 1, "Communication Peers"): a fold over all facts, whatever their order. */
export interface PeerState {
  /** Normalised. */
  readonly address: string;
  /** Effective date of the newest mail from them (`last_seen`). Missing if there was only gossip. */
  readonly lastSeen?: number;
  /** `public_key` with `autocrypt_timestamp` and `prefer_encrypt`. */
  readonly direct?: KeyRegister;
  /** `gossip_key` with `gossip_timestamp`. */
  readonly gossip?: KeyRegister;
}

/** A fact as it is kept. Key: `key`, a hash of the fact's id, which is long. */
export interface KeyFactRecord {
  readonly key: string;
  readonly peer: string;
  readonly kind: PeerFact['kind'];
  /** `key` of the fact, or empty: so that the keys of a peer are found without walking through all their mails. */
  readonly publicKey: string;
  readonly fact: PeerFact;
}
