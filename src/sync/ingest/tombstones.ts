import { assemble, contentIn, headIn, statusIn, strippedContent } from '../../model/message-facts.js';
import type { MessageRecord } from '../../store/records.js';
import type { Transaction } from '../transaction.js';

/** What is left of a message that is gone; its files go with the transaction. The caller puts the record. */
export function tombstone(tx: Transaction, message: MessageRecord, gone: 'vanished' | 'deleted'): MessageRecord {
  for (const { blob } of message.attachments) if (blob !== undefined) tx.removeBlob(blob);
  return assemble(headIn(message), strippedContent(contentIn(message)), {
    ...statusIn(message),
    hidden: 1,
    pending: 0,
    gone,
  });
}
