import { throwIfAborted } from '../core/abort.js';
import { InputError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import { writeChatMail } from '../protocol/write.js';
import type { ChatRecord, MessageRecord } from '../store/records.js';
import { checkUndoMs } from './check-options.js';
import { composeMail } from './compose.js';
import type { AccountContext } from './context.js';
import { loadFiles, type MessageDraft } from './draft.js';
import type { Chat, Message, SendOptions } from './handles.js';
import { listAddress } from './list-address.js';
import { keyOf } from './message-list.js';

/** Newest mails of a list that are looked at for its address. */
const LIST_MAILS = 20;

/** Composes a message and puts it into the outbox; what is wrong with it is found before anything is stored. */
export async function sendDraft(
  context: AccountContext,
  chat: Chat,
  draft: MessageDraft,
  options: SendOptions,
  forwarded?: { readonly from?: string },
): Promise<Message> {
  context.assertOpen();
  refuseUnknownOptions('send', options, ['signal', 'undoMs']);
  checkUndoMs('undoMs', options.undoMs);
  throwIfAborted(options.signal);
  const { id } = chat;
  return context.sending.run(id, async () => {
    const attachments = await loadFiles(draft.attachments, options.signal);
    const composition = await lookUp(context, id, draft);
    const mail = await writeChatMail(
      composeMail(draft, attachments, {
        ...composition,
        identity: context.identity,
        requestReceipts: context.requestReceipts,
        automatic: context.automatic,
        now: context.clock.now(),
        ...(forwarded ? { forwarded } : {}),
      }),
    );
    throwIfAborted(options.signal);
    context.assertOpen();
    const delayMs = options.undoMs ?? context.undoMs;
    const record = await context.engine.accept(mail, { chatId: id, delayMs });
    const [message] = await context.handles.messages(async () => [record]);
    if (!message) throw new InputError('NOT_FOUND', 'The message was removed while it was being sent.');
    return message;
  });
}

async function lookUp(context: AccountContext, chatId: string, draft: MessageDraft) {
  const { store } = context;
  const [chat] = await store.get('chats', [chatId]);
  if (!chat) throw new InputError('NOT_FOUND', 'This chat does not exist any more.');
  const replyKey = draft.replyTo === undefined ? undefined : keyOf(draft.replyTo);
  const [last, replyTo] = await store.get('messages', [chat.lastMessage ?? '', replyKey ?? '']);
  if (replyKey !== undefined && (!replyTo || replyTo.chatId !== chatId)) {
    throw new InputError('NOT_FOUND', 'replyTo: this chat has no such message.');
  }
  const recipients = await recipientsOf(context, chat);
  const contacts = await store.get('contacts', recipients);
  return { chat, last, replyTo, recipients, allUseChat: contacts.every((contact) => contact?.usesChat === true) };
}

async function recipientsOf(context: AccountContext, chat: ChatRecord): Promise<string[]> {
  if (chat.kind === 'self') return [context.identity.email];
  if (chat.kind !== 'list') {
    if (chat.members.length > 0) return chat.members.map(({ address }) => address);
    throw new InputError('INVALID_STATE', 'Nobody else is in this chat. Start another one with account.chat(address).');
  }
  const newest: MessageRecord[] = await context.store.list('messages', {
    index: 'byChat',
    prefix: [chat.id, 0],
    reverse: true,
    limit: LIST_MAILS,
  });
  const address = listAddress(chat.groupId ?? chat.name, newest, context.identity);
  if (address) return [address];
  throw new InputError(
    'INVALID_STATE',
    'The address of this mailing list is not known. Write to the sender: account.chat(message.from.address).',
  );
}
