import { InputError } from '../core/errors.js';
import type { ChatRecord, ContactRecord, MessageRecord } from '../store/records.js';
import type { AccountContext } from './context.js';
import { listAddress } from './list-address.js';

/** Newest mails of a list that are looked at for its address. */
const LIST_MAILS = 20;

/** Who a message to a chat goes to. */
export interface ChatRecipient {
  /** Normalised. */
  readonly address: string;
  /** Known to use a chat client. */
  readonly usesChat: boolean;
}

/**
 * Who a message to a chat goes to: in the chat with ourselves that is the account's address.
 *
 * @param addresses Those, and not the members.
 * @throws InputError `INVALID_STATE` if there is nobody, or the address of the list is not known.
 */
export async function recipientsOf(
  context: AccountContext,
  chat: ChatRecord,
  addresses?: readonly string[],
): Promise<ChatRecipient[]> {
  const recipients = await findRecipients(context, chat, addresses);
  if (recipients.length > 0) return recipients;
  throw new InputError(
    'INVALID_STATE',
    chat.kind === 'list'
      ? 'The address of this mailing list is not known. Write to the sender: account.chat(message.from.address).'
      : 'Nobody else is in this chat. Start another one with account.chat(address).',
  );
}

/** The same; empty where there is nobody. */
export async function findRecipients(
  context: AccountContext,
  chat: ChatRecord,
  given?: readonly string[],
): Promise<ChatRecipient[]> {
  const others = given ?? (await addressesOf(context, chat));
  // A group with oneself alone is for notes: they go to oneself.
  const addresses = others.length === 0 && chat.kind === 'group' ? [context.identity.email] : others;
  const contacts: (ContactRecord | undefined)[] = await context.store.get('contacts', addresses);
  return addresses.map((address, i) => ({ address, usesChat: contacts[i]?.usesChat === true }));
}

async function addressesOf(context: AccountContext, chat: ChatRecord): Promise<string[]> {
  if (chat.kind === 'self') return [context.identity.email];
  if (chat.kind !== 'list') return chat.members.map(({ address }) => address);
  const newest: MessageRecord[] = await context.store.list('messages', {
    index: 'byChat',
    prefix: [chat.id, 0],
    reverse: true,
    limit: LIST_MAILS,
  });
  const address = listAddress(chat.groupId ?? chat.name, newest, context.identity);
  return address === undefined ? [] : [address];
}
