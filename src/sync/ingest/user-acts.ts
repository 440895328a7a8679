import { InputError } from '../../core/errors.js';
import { DELIVERY_FACT } from '../../model/delivery.js';
import type { ActionRecord, MessageRecord, RecipientRecord } from '../../store/records.js';
import type { Transaction } from '../transaction.js';
import { tombstone } from './tombstones.js';

/** Options of {@link deleteMessages}. */
export interface DeleteOptions {
  /** Also have every copy in the mailbox deleted. */
  readonly server: boolean;
}

/**
 * Marks messages of others as read, and notes down what is to be done on the server for it. Returns the keys of those that
 * were unread.
 */
export async function markSeen(tx: Transaction, keys: readonly string[]): Promise<string[]> {
  const marked: string[] = [];
  for (const message of await found(tx, keys)) {
    if (message.seen) continue;
    tx.put('messages', { ...message, seen: true });
    tx.put('actions', action('seen', message, tx.now));
    marked.push(message.key);
  }
  return marked;
}

/** Deletes messages here for good: no copy that turns up later brings them back. */
export async function deleteMessages(tx: Transaction, keys: readonly string[], options: DeleteOptions): Promise<void> {
  for (const message of await found(tx, keys)) {
    if (message.gone !== 'deleted') tx.put('messages', tombstone(tx, message, 'deleted'));
    if (options.server) tx.put('actions', action('remove', message, tx.now));
  }
}

/**
 * Prepares an own message to be sent again: recipients it failed for are `pending`, the message is `queued`, and the reports
 * about it are forgotten, so that they do not make it fail once more.
 *
 * @throws InputError `NOT_FOUND` if there is no such message.
 */
export async function resetDelivery(tx: Transaction, key: string): Promise<MessageRecord> {
  const message = await tx.get('messages', key);
  if (message === undefined) throw new InputError('NOT_FOUND', 'There is no such message any more.');
  for (const fact of await tx.list('facts', { index: 'byTarget', prefix: [message.messageId] })) {
    if (fact.kind === DELIVERY_FACT) tx.remove('facts', fact.key);
  }
  const recipients = message.recipients?.map((recipient): RecipientRecord => {
    return recipient.state === 'failed' ? { address: recipient.address, state: 'pending' } : recipient;
  });
  const again: MessageRecord = { ...message, state: 'queued', ...(recipients !== undefined && { recipients }) };
  tx.put('messages', again);
  return again;
}

async function found(tx: Transaction, keys: readonly string[]): Promise<MessageRecord[]> {
  return (await tx.getMany('messages', [...new Set(keys)])).filter((message) => message !== undefined);
}

function action(kind: ActionRecord['kind'], message: MessageRecord, at: number): ActionRecord {
  return { key: `${kind}\n${message.key}`, kind, message: message.key, at };
}
