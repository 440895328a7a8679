import { StoreError } from '../../core/errors.js';
import type { ChatMail } from '../../protocol/chat-mail.js';
import type { MessageRecord, SecurityRecord } from '../../store/records.js';
import type { IncomingCopy } from '../incoming.js';
import type { AccountKeys } from '../keys/account-keys.js';
import type { StateWriter } from '../state-writer.js';
import type { Transaction } from '../transaction.js';
import { readCopies } from './arrival.js';
import { join } from './join.js';

/**
 * Takes copies of mails that were fetched: reads them, and joins them into the state in one transaction. Returns the message
 * of each copy, in their order. The same as `readCopies`, and `join` in a transaction of the caller's, who can so write his
 * position in the folder with it, and read the next batch meanwhile.
 */
export async function ingest(
  writer: StateWriter,
  keys: AccountKeys,
  copies: readonly IncomingCopy[],
): Promise<MessageRecord[]> {
  const arrivals = await readCopies({ store: writer.store, keys }, copies);
  return writer.run((tx) => join(tx, arrivals));
}

/** Options of {@link acceptOwn}. */
export interface AcceptOwnOptions {
  /** Envelope recipients, normalised. */
  readonly recipients: readonly string[];
  /** The mailing list that it is written to, if it is: the mail itself does not name it before the list has sent it on. */
  readonly listId?: string;
  /** Default: neither encrypted nor signed. */
  readonly security?: SecurityRecord;
}

/**
 * Shows a mail that we have just written: state `queued`, all recipients `pending`. When its copy turns up in the mailbox later,
 * it is the same message and its state stays. The chat is found like that of any mail, so that every device puts it into the same.
 */
export async function acceptOwn(tx: Transaction, mail: ChatMail, options: AcceptOwnOptions): Promise<MessageRecord> {
  const { recipients, listId, security } = options;
  const shown = listId === undefined ? mail : { ...mail, listId };
  const [message] = await join(tx, [
    { mail: shown, history: false, sentTo: recipients, ...(security && { security }) },
  ]);
  if (message === undefined) throw new StoreError('STORE_FAILED', 'The store did not keep the message. Try again.');
  return message;
}
