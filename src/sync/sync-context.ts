import type { Clock } from '../core/clock.js';
import type { CoiError } from '../core/errors.js';
import type { Logger } from '../core/logger.js';
import type { FolderRecord, ReceiptPolicy } from '../store/records.js';
import type { Store } from '../store/store.js';
import type { AcceptOptions, SyncProgress } from './engine.js';
import type { Filing, SentCopyPolicy } from './engine-options.js';
import type { Identity } from './incoming.js';
import type { AccountKeys } from './keys/account-keys.js';
import type { OutgoingMail } from './keys/seal-outgoing.js';
import type { Suspects } from './mailbox/suspects.js';
import type { StateWriter } from './state-writer.js';
import type { Transaction } from './transaction.js';

/** What all parts of synchronisation share, whichever connection is up. */
export interface SyncContext {
  readonly store: Store;
  readonly writer: StateWriter;
  readonly identity: Identity;
  readonly keys: AccountKeys;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly suspects: Suspects;
  readonly filing: Filing;
  readonly mailboxRoot: string;
  readonly sentCopies: SentCopyPolicy;
  /** Who gets receipts, where neither the chat nor the contact says otherwise. */
  readonly receipts: ReceiptPolicy;
  /** Puts a mail that is not shown, such as a receipt, into the outbox. `chatId` names its queue. */
  readonly send: (mail: OutgoingMail, options: AcceptOptions) => Promise<unknown>;
  /** Tells the application how far it is. */
  readonly progress: (progress: SyncProgress) => void;
  /** Tells the application about a failure that nobody waits for. */
  readonly failed: (error: CoiError) => void;
}

/** Setting that is there once the first start of the account got as far as the newest chats; see {@link firstStartOf}. */
const FIRST_START = 'sync:first-start';

/** What is remembered of the very first start. */
export interface FirstStart {
  /** INTERNALDATE of the newest mail that lay in the mailbox then; 0 if it was empty. Older mail is history wherever it turns up. */
  readonly historyDate: number;
}

/** Undefined while the account has never been started. */
export async function firstStartOf(store: Store): Promise<FirstStart | undefined> {
  const [setting] = await store.get('settings', [FIRST_START]);
  return setting?.value as FirstStart | undefined;
}

/** Remembers that the first start is done. */
export function putFirstStart(tx: Transaction, first: FirstStart): void {
  tx.put('settings', { key: FIRST_START, value: first });
}

/** Changes some fields of a folder's record. Positions are written by several parts, each its own fields. */
export async function patchFolder(tx: Transaction, path: string, patch: Partial<FolderRecord>): Promise<void> {
  const record = await tx.get('folders', path);
  if (record) tx.put('folders', { ...record, ...patch });
}
