import type { ActionRecord, MessageRecord, ReceiptPolicy } from '../../store/records.js';
import {
  isReceiptAsked,
  mayConfirmArrival,
  mayConfirmReading,
  type ReceiptSender,
  type ReceiptSettings,
} from '../../trust/receipt-policy.js';
import type { Transaction } from '../transaction.js';
import { senderOf } from './receipt-sender.js';

/** Keyword that says that a read receipt was sent (RFC 3503). */
export const MDN_SENT = '$MDNSent';
/** Keyword that says that a delivery receipt was sent. */
export const CHAT_DELIVERED = '$ChatDelivered';

/** Notes down which read messages are to be confirmed, in the transaction that marks them as read. Returns how many. */
export async function planReadReceipts(
  tx: Transaction,
  keys: readonly string[],
  account: ReceiptPolicy,
): Promise<number> {
  return plan(tx, keys, account, 'receipt', mayConfirmReading);
}

/** Notes down which new messages are to be confirmed as arrived. Returns how many. */
export async function planDeliveryReceipts(
  tx: Transaction,
  keys: readonly string[],
  account: ReceiptPolicy,
): Promise<number> {
  return plan(tx, keys, account, 'delivery', mayConfirmArrival);
}

async function plan(
  tx: Transaction,
  keys: readonly string[],
  account: ReceiptPolicy,
  kind: 'receipt' | 'delivery',
  allows: (message: MessageRecord, sender: ReceiptSender, settings: ReceiptSettings) => boolean,
): Promise<number> {
  let count = 0;
  for (const message of await tx.getMany('messages', keys)) {
    if (message === undefined || message.hidden === 1 || !isReceiptAsked(message)) continue;
    const [chat] = await tx.getMany('chats', [message.chatId]);
    const [contact] = await tx.getMany('contacts', [message.from.address]);
    const settings = { account, chat: chat?.receipts, contact: contact?.receipts };
    if (!allows(message, await senderOf(tx, message), settings)) continue;
    tx.put('actions', {
      key: `${kind}\n${message.key}`,
      kind,
      message: message.key,
      at: tx.now,
    } satisfies ActionRecord);
    count += 1;
  }
  return count;
}
