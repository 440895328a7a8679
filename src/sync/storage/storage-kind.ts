import type { MailHeaders, ParsedMail } from '../../mail/parsed-mail.js';
import type { WrittenMail } from '../../protocol/chat-mail.js';
import type { Store } from '../../store/store.js';
import type { Transaction } from '../transaction.js';

/** What a server, rather than the user, says about a storage message. */
export interface StorageEnvelope {
  /** The fields outside of the encryption. */
  readonly headers: MailHeaders;
  /** INTERNALDATE. */
  readonly received: number;
}

/** What a storage message says, read and not yet merged. */
export interface StorageReading {
  /** What it is about. */
  readonly subjects: readonly string[];
  /** Stands for its content. */
  readonly digest: string;
  /** Joins it into the records. What the records then say beyond it is marked as to be written. */
  merge(tx: Transaction): Promise<void>;
}

/** How a storage message is written. */
export interface StorageTarget {
  readonly from: string;
  /** The server reads hashes in the form of the Dovecot plugin. */
  readonly coiServer: boolean;
}

/** What is to stand in the mailbox about one thing. */
export interface StorageContent {
  readonly subjects: readonly string[];
  /** Stands for the content, as whoever reads the mail gets it. */
  readonly digest: string;
  /** Deleted so long ago that no device has to hear of it any more. */
  readonly expired: boolean;
  readonly mail: WrittenMail;
  /** Fields that servers look for outside of the encryption. */
  readonly outside: readonly (readonly [name: string, value: string])[];
  /** It is in the mailbox now, unless it changed meanwhile. */
  settle(tx: Transaction): Promise<void>;
  /** Forgets what has expired. */
  forget(tx: Transaction): Promise<void>;
}

/** One kind of storage message: contacts, groups, the profile. */
export interface StorageKind {
  readonly name: string;
  /** Reads a mail that counts; undefined if it is of another kind. */
  read(mail: ParsedMail, envelope: StorageEnvelope): Promise<StorageReading | undefined>;
  /** Keys of things whose records the mailbox does not have yet. */
  dirty(store: Store): Promise<readonly string[]>;
  /** Keys of the things that these subjects belong to by now. */
  thingsOf(store: Store, subjects: readonly string[]): Promise<readonly string[]>;
  /** A mail about these is gone: unless another one says the same, it is to be written again. */
  lost(tx: Transaction, subjects: readonly string[]): Promise<void>;
  /** What is to stand in the mailbox; undefined if there is nothing to say. */
  content(store: Store, thing: string, target: StorageTarget, now: number): Promise<StorageContent | undefined>;
}
