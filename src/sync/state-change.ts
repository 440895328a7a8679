import type { KeyChange } from '../autocrypt/learn.js';
import type { CardRecord } from '../store/card-records.js';
import type { PeerRecord } from '../store/key-records.js';
import type { ChatRecord, ContactRecord, MessageRecord } from '../store/records.js';
import type { TokenRefusal } from '../trust/judge-token.js';

/** A record before and after a commit; `before` is missing for a new one, `after` for a removed one. */
export interface RecordChange<T> {
  readonly before?: T;
  readonly after?: T;
}

/** A token in a new mail that did not count. */
export interface TokenRefused {
  /** Normalised address of the sender. */
  readonly address: string;
  /** Key of the message. */
  readonly message: string;
  readonly what: 'grant' | 'presentation';
  readonly reason: TokenRefusal;
}

/** What one commit changed, told to the object layer after the commit. */
export interface StateChange {
  readonly messages: readonly RecordChange<MessageRecord>[];
  readonly chats: readonly RecordChange<ChatRecord>[];
  readonly contacts: readonly RecordChange<ContactRecord>[];
  /** What the user set for addresses and groups, here or on another device. */
  readonly cards: readonly RecordChange<CardRecord>[];
  /** What is known about the keys of others. */
  readonly peers: readonly RecordChange<PeerRecord>[];
  /** Cards or the own profile are to be written into the mailbox, or a new own key may open what is there. */
  readonly storageDue: boolean;
  /** Keys of messages to announce with a `message` event (not history, not seen before), oldest first. */
  readonly news: readonly string[];
  /** Contacts whose key became another one: not history, or the old one was verified. */
  readonly keyChanges: readonly KeyChange[];
  /** Own keys were added or changed. */
  readonly ownKeys: boolean;
  /** Copies that waited for a key are to be read again. */
  readonly retries: boolean;
  /** Normalised addresses of trusted contacts who are typing. */
  readonly typing: readonly string[];
  /** Tokens of the trusted connection that did not count. */
  readonly refusals: readonly TokenRefused[];
  /** Names of our own servers, if others are known now than before. */
  readonly ownServers?: readonly string[];
  /** Chats that were merged into another one: old id to new id. */
  readonly merged: ReadonlyMap<string, string>;
}
