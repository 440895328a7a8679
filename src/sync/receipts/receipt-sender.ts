import { singleChatId } from '../../model/placement.js';
import type { MessageRecord } from '../../store/records.js';
import type { ReceiptSender } from '../../trust/receipt-policy.js';
import { isAcceptedIn } from '../ingest/acceptance.js';
import { cardOf, cardsOf } from '../storage/cards.js';
import type { Transaction } from '../transaction.js';

/** What receipts depend on in the sender of a message. */
export async function senderOf(tx: Transaction, message: MessageRecord): Promise<ReceiptSender> {
  const { address } = message.from;
  const { blocked } = await cardOf(cardsOf(tx), address);
  return { accepted: await isKnown(tx, message), blocked, trusted: false };
}

/** In a group that the user accepted nobody is a stranger. */
async function isKnown(tx: Transaction, { chatId, from }: MessageRecord): Promise<boolean> {
  if (chatId === singleChatId(from.address)) return isAcceptedIn(tx, from.address);
  return (await tx.get('chats', chatId))?.request !== 1;
}
