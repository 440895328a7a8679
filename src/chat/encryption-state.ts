import type { DecisionReason, EncryptionMode, PersonReason } from '../autocrypt/decision.js';
import type { AddressRecord } from '../store/records.js';

/** Somebody a message would go to, and what their key is worth. */
export interface PersonEncryption extends AddressRecord {
  /** Where the key that is used for them comes from: `direct`: from themselves; `gossip`: others passed it on. Missing: there is none. */
  readonly key?: 'direct' | 'gossip';
  /**
   * Why it is not enough to encrypt unasked: `no-key`; `key-changed`: it is not the one that was verified; `gossip-only`; `silent`: their
   * mails of the last 35 days had no key; `no-preference`: not both sides want encryption by default. Missing: it is.
   */
  readonly reason?: PersonReason;
}

/** Whether the next message of a chat will be encrypted, and why. With nobody to write to it is `plain`. */
export interface ChatEncryption {
  /**
   * `encrypted`: it will be; `available`: it could be, but will not; `plain`: it cannot be, and goes out in plain text; `blocked`: it must
   * be encrypted and cannot be, so that sending fails.
   */
  readonly state: 'encrypted' | 'available' | 'plain' | 'blocked';
  /** What the user chose; see `Chat.setEncryption`. */
  readonly mode: EncryptionMode;
  /** Encrypted messages went both ways: without the user's word the chat never goes back to plain text. */
  readonly established: boolean;
  /** Why the message will not be encrypted; about the first of those it concerns. Missing if it will be. */
  readonly reason?: DecisionReason;
  /** Everybody the message goes to but the account itself. */
  readonly people: readonly PersonEncryption[];
  /** Those without a usable key. A message from them brings one. */
  readonly missing: readonly AddressRecord[];
}
