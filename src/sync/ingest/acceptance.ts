import { singleChatId } from '../../model/placement.js';
import type { ChatRecord } from '../../store/records.js';
import type { Store } from '../../store/store.js';
import type { Identity } from '../incoming.js';
import { type CardReader, cardIdOfChat, cardOf, cardsOf, storedCards, updateCard } from '../storage/cards.js';
import type { Transaction } from '../transaction.js';

/**
 * True if the user knows the address (normalised): accepted it on one of their devices, or wrote to it; also for own addresses, and for
 * everybody with the option `acceptRequests`. Never for a blocked one. Nothing automatic (receipt, profile, group info, token) goes to
 * anybody else. For mail to a group ask for the group's chat instead: it must be no request.
 */
export async function isAccepted(source: Transaction | Store, identity: Identity, address: string): Promise<boolean> {
  if ('put' in source) return isAcceptedIn(source, address);
  return judge(identity, address, storedCards(source), async (id) => (await source.get('chats', [id]))[0]);
}

/** {@link isAccepted} within a transaction. */
export function isAcceptedIn(tx: Transaction, address: string): Promise<boolean> {
  return judge(tx.identity, address, cardsOf(tx), (id) => tx.get('chats', id));
}

/**
 * Writing in a chat accepts it, for all devices: not every server shows the others what was sent. Written down once, with the first message.
 */
export async function acceptByWriting(tx: Transaction, chatId: string): Promise<void> {
  const { email, acceptsRequests } = tx.identity;
  const id = cardIdOfChat(chatId, email);
  if (id === undefined || id === email || acceptsRequests === true) return;
  if ((await tx.get('chats', chatId))?.answered !== 1) await updateCard(tx, id, { accepted: true });
}

async function judge(
  identity: Identity,
  address: string,
  cards: CardReader,
  chat: (id: string) => Promise<ChatRecord | undefined>,
): Promise<boolean> {
  if (identity.addresses.has(address)) return true;
  const { blocked, acceptedAt } = await cardOf(cards, address);
  if (blocked) return false;
  if (identity.acceptsRequests === true || acceptedAt !== undefined) return true;
  return (await chat(singleChatId(address)))?.answered === 1;
}
