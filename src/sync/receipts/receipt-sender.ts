import { singleChatId } from '../../model/placement.js';
import type { MessageRecord } from '../../store/records.js';
import type { ReceiptSender } from '../../trust/receipt-policy.js';
import { trustFactsOf } from '../../trust/trust-facts.js';
import { trustState } from '../../trust/trust-state.js';
import { isAcceptedIn } from '../ingest/acceptance.js';
import { cardOf, cardsOf } from '../storage/cards.js';
import type { Transaction } from '../transaction.js';

/** What receipts depend on in the sender of a message. */
export async function senderOf(tx: Transaction, message: MessageRecord): Promise<ReceiptSender> {
  const { address } = message.from;
  const [record, contact] = [await tx.get('cards', address), await tx.get('contacts', address)];
  const { blocked } = await cardOf(cardsOf(tx), address);
  const trusted = trustState(trustFactsOf(record, contact), tx.now) === 'trusted';
  return { accepted: await isKnown(tx, message), blocked, trusted };
}

/** In a group that the user accepted nobody is a stranger. */
async function isKnown(tx: Transaction, { chatId, from }: MessageRecord): Promise<boolean> {
  if (chatId === singleChatId(from.address)) return isAcceptedIn(tx, from.address);
  return (await tx.get('chats', chatId))?.request !== 1;
}
