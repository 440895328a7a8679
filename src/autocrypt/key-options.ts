import type { Clock } from '../core/clock.js';
import type { RandomBytes } from '../core/random.js';
import type { PublicKey } from '../openpgp/key.js';
import type { EncryptionDecision, EncryptionMode } from './decision.js';
import type { KeyStore } from './key-store.js';

/** Options of `KeyManager.open`. */
export interface KeyManagerOptions {
  /** Own addresses: of the mailbox, and its aliases. The first is the default wherever one is asked for. */
  readonly addresses: string | readonly string[];
  /** Default: memory; keys are lost with the process then. */
  readonly store?: KeyStore;
  /** Seals private keys in the store (scrypt, AES-GCM). Has to be the same at every opening. Default: not sealed. */
  readonly passphrase?: string;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** For setup codes and seals; keys are made with the platform's source. Default: cryptographic. */
  readonly random?: RandomBytes;
}

/** A key pair of one's own, for applications. Times are milliseconds since 1970. */
export interface OwnKeyInfo {
  /** Lower case hex; see `formatFingerprint`. */
  readonly fingerprint: string;
  /** Addresses that it is meant for; empty: all. */
  readonly addresses: readonly string[];
  readonly createdAt: number;
  /** Missing: never. */
  readonly expires?: number;
  /** False if it is expired, revoked, or has no part for encryption. It still decrypts. */
  readonly usable: boolean;
}

/** Options of `KeyManager.create`. */
export interface CreateKeyOptions {
  /** Make one although there is one already, here or on another device. Mail to the old one stays readable here if the old one is here. */
  readonly replace?: boolean;
  /** Stands in the key for everybody to see. Default: no name. */
  readonly name?: string;
  /** Addresses that it is for. Default: all that have no newer one. */
  readonly addresses?: readonly string[];
  /** Milliseconds since 1970. Default: never. */
  readonly expires?: number;
}

/** Somebody that a message goes to. */
export interface Recipient {
  readonly address: string;
  /** Known to use a chat client, which reads all that it has announced a key for. Default false. */
  readonly usesChat?: boolean;
}

/** Options of `KeyManager.recommend`. */
export interface RecommendOptions {
  /** Default `auto`. */
  readonly mode?: EncryptionMode;
  /** The message answers an encrypted one, or its chat was once encrypted both ways: it is encrypted or refused. Default false. */
  readonly replyToEncrypted?: boolean;
  /** Sender. Default: the first own address. */
  readonly from?: string;
}

/** What `KeyManager.recommend` says. */
export interface EncryptionAdvice extends EncryptionDecision {
  /** The keys to encrypt to, by normalised address. Own addresses are not among them: the message is encrypted to oneself anyway. */
  readonly publicKeys: ReadonlyMap<string, PublicKey>;
}
