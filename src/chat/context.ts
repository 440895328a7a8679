import type { EncryptionMode } from '../autocrypt/decision.js';
import type { Clock } from '../core/clock.js';
import type { RandomBytes } from '../core/random.js';
import type { CardRecord } from '../store/card-records.js';
import type { PeerRecord } from '../store/key-records.js';

import type { ChatRecord, ContactRecord, MessageRecord } from '../store/records.js';
import type { Store } from '../store/store.js';
import type { Engine } from '../sync/engine.js';
import type { Identity } from '../sync/incoming.js';
import type { AccountKeys } from '../sync/keys/account-keys.js';
import type { StateWriter } from '../sync/state-writer.js';
import type { Chat, Contact, Message } from './handles.js';
import type { KeyedMutex } from './keyed-mutex.js';
import type { StateWaiters } from './state-waiters.js';
import type { Strings } from './strings.js';

/** Makes handles from records: one object per id, kept current. */
export interface Handles {
  /** The chats whose records `read` returns, in that order, with everything their getters need. */
  chats(read: () => Promise<readonly ChatRecord[]>): Promise<Chat[]>;
  /** The messages whose records `read` returns, in that order, with their chats. */
  messages(read: () => Promise<readonly MessageRecord[]>): Promise<Message[]>;
  /** The contact of a normalised address; `record` is missing where nothing is known yet. */
  contact(address: string, read: () => Promise<ContactRecord | undefined>): Promise<Contact>;
  /** A message of a chat whose handle is there already. */
  messageIn(chat: Chat, record: MessageRecord): Message;
}

/** Tells others that the user is typing. */
export interface TypingSender {
  send(chatId: string): Promise<void>;
}

/** What the handles of one account share. */
export interface AccountContext {
  readonly store: Store;
  readonly writer: StateWriter;
  readonly engine: Engine;
  readonly identity: Identity;
  /** Own keys and those of others. */
  readonly keys: AccountKeys;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly handles: Handles;
  /** Sending is serialised per chat: dates and references build on the message before. */
  readonly sending: KeyedMutex;
  readonly waiters: StateWaiters;
  /** Names (authserv-id) of the account's own servers, as far as they are known. */
  readonly ownServers: ReadonlySet<string>;
  /** Default undo delay of a message, milliseconds. */
  readonly undoMs: number;
  /** Whether messages are encrypted in chats for which the user chose nothing. */
  readonly encryption: EncryptionMode;
  /** Ask for read receipts where the other side will understand. */
  readonly requestReceipts: boolean;
  /** Words of system messages. */
  readonly strings: Strings;
  /** Everything this account sends is marked as automatic (bots). */
  readonly automatic: boolean;
  readonly typing: TypingSender;
  /** Throws `INVALID_STATE` once the account is closed. */
  assertOpen(): void;
}

/** What a chat handle reads. Replaced as a whole or in part when a commit changes it. */
export interface ChatCell {
  record: ChatRecord;
  /** The other person of a 1:1 chat. */
  contact: ContactRecord | undefined;
  /** Record of `record.lastMessage`. */
  last: MessageRecord | undefined;
  /** The record is no longer in the store. */
  gone: boolean;
  /** The chat became part of this one. */
  into?: ChatCell;
}

/** What a message handle reads. */
export interface MessageCell {
  record: MessageRecord;
  chat: Chat;
  /** The record is no longer in the store. */
  gone: boolean;
}

/** What a contact handle reads. */
export interface ContactCell {
  readonly address: string;
  record: ContactRecord | undefined;
  /** What is known about their keys. */
  peer: PeerRecord | undefined;
  /** What the user set for the address. */
  card: CardRecord | undefined;
}
