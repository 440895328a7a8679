import type { MessageRecord } from '../../store/records.js';
import type { ReceiptSender } from '../../trust/receipt-policy.js';
import { cardOf, cardsOf } from '../storage/cards.js';
import type { Transaction } from '../transaction.js';

/** Newest messages of a chat among which one of ours is looked for. */
const LOOKED_AT = 200;

/** What receipts depend on in the sender of a message. */
export async function senderOf(tx: Transaction, message: MessageRecord): Promise<ReceiptSender> {
  const card = await cardOf(cardsOf(tx), message.from.address);
  return {
    accepted: card.acceptedAt !== undefined || (await haveWritten(tx, message.chatId)),
    blocked: card.blocked,
    trusted: false,
  };
}

/** Who was written to is no stranger. */
async function haveWritten(tx: Transaction, chatId: string): Promise<boolean> {
  const query = { index: 'byChat', prefix: [chatId, 0], reverse: true, limit: LOOKED_AT } as const;
  return (await tx.list('messages', query)).some(({ fromMe }) => fromMe);
}
