import { InputError } from '../core/errors.js';
import { canBeRequest } from '../model/requests.js';
import { cardIdOfChat, cardOf, cardsOf, updateCard } from '../sync/storage/cards.js';
import { revokeTokens } from '../sync/trust/tokens-to-send.js';
import type { AccountContext } from './context.js';

/** Accepts the request that a chat is, for all devices. */
export async function acceptChat(context: AccountContext, chatId: string): Promise<void> {
  context.assertOpen();
  await context.writer.run(async (tx) => {
    const chat = await tx.get('chats', chatId);
    if (chat === undefined) throw new InputError('NOT_FOUND', 'This chat does not exist any more.');
    // Other devices have no name for a thread of several people: whoever opened it is accepted.
    const card = cardIdOfChat(chatId, context.identity.email) ?? chat.opener;
    if (card !== undefined && canBeRequest(chat)) await updateCard(tx, card, { accepted: true });
  });
}

/**
 * Blocks or unblocks a contact with all its addresses, for all devices. Blocking takes back the trust that was given.
 *
 * @throws InputError `INVALID_ADDRESS` for an own address.
 */
export async function setBlocked(context: AccountContext, address: string, blocked: boolean): Promise<void> {
  context.assertOpen();
  if (context.identity.addresses.has(address)) {
    throw new InputError('INVALID_ADDRESS', `${address} is an address of this account, and cannot be blocked.`);
  }
  await context.writer.run(async (tx) => {
    const { addresses } = await cardOf(cardsOf(tx), address);
    await updateCard(tx, address, { blocked });
    if (blocked) for (const each of addresses) await revokeTokens(tx, each);
  });
}
