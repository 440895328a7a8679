import { throwIfAborted } from '../core/abort.js';
import { InputError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import { writeChatMail } from '../protocol/write.js';
import type { ChatRecord } from '../store/records.js';
import { planOutgoing, sealOutgoing } from '../sync/keys/seal-outgoing.js';
import { checkUndoMs } from './check-options.js';
import { type Composition, composeMail, senderOf } from './compose.js';
import type { AccountContext } from './context.js';
import { loadFiles, type MessageDraft } from './draft.js';
import { encryptionOptions } from './encryption.js';
import type { Chat, Message, SendOptions } from './handles.js';
import { keyOf } from './message-list.js';
import { profileFor } from './profile-to-send.js';
import { recipientsOf } from './recipients.js';
import { tokensFor } from './trust-tokens.js';

/** What {@link sendDraft} is told of a message whose text and files are those of another one. */
export interface ForwardedContent {
  /** The original author, as the mail names them. */
  readonly from?: string;
  /** It was encrypted, and the user did not say that it may leave in plain text. */
  readonly confidential: boolean;
}

/** Composes a message and puts it into the outbox; what is wrong with it is found before anything is stored. */
export async function sendDraft(
  context: AccountContext,
  chat: Chat,
  draft: MessageDraft,
  options: SendOptions,
  forwarded?: ForwardedContent,
): Promise<Message> {
  context.assertOpen();
  refuseUnknownOptions('send', options, ['signal', 'undoMs']);
  checkUndoMs('undoMs', options.undoMs);
  throwIfAborted(options.signal);
  const { id } = chat;
  const { signal } = options;
  return context.sending.run(id, async () => {
    const attachments = await loadFiles(draft.attachments, signal);
    const { identity } = context;
    const { last, ...found } = await lookUp(context, id, draft);
    const from = senderOf(draft.from, identity, found.replyTo ?? last);
    const plan = await planOutgoing(context.keys.manager, {
      from,
      recipients: found.recipients,
      ...wish(context, found, forwarded),
    });
    const now = context.clock.now();
    const tokens = await tokensFor(context, {
      chat: found.chat,
      from,
      recipients: found.recipients.map(({ address }) => address),
      draft,
    });
    const profile = await profileFor(context, found.chat);
    const composed = composeMail(draft, attachments, {
      ...found,
      identity,
      from,
      encrypted: plan.encrypted,
      requestReceipts: context.requestReceipts,
      ...(profile && { profile: profile.draft }),
      automatic: context.automatic,
      now,
      ...(tokens && { tokens }),
      ...(forwarded && { forwarded: forwarded.from === undefined ? {} : { from: forwarded.from } }),
    });
    const written = await writeChatMail(composed, { encrypted: plan.encrypted });
    const mail = await sealOutgoing(context.keys.manager, written, plan, { now, signal });
    throwIfAborted(signal);
    context.assertOpen();
    const delayMs = options.undoMs ?? context.undoMs;
    const record = await context.engine.accept(mail, { chatId: id, delayMs });
    await profile?.sent();
    const [message] = await context.handles.messages(async () => [record]);
    if (!message) throw new InputError('NOT_FOUND', 'The message was removed while it was being sent.');
    return message;
  });
}

/** How the message should go out, by the chat, what it answers and what it forwards. */
function wish(
  context: AccountContext,
  { chat, replyTo }: Pick<Composition, 'chat' | 'replyTo'>,
  forwarded: ForwardedContent | undefined,
) {
  const options = encryptionOptions(context, chat, replyTo);
  if (!forwarded?.confidential) return options;
  if (options.mode !== 'off') return { ...options, replyToEncrypted: true };
  throw new InputError(
    'INVALID_STATE',
    'The message was encrypted, and this chat is not. Pass { allowPlaintext: true } to forward it all the same.',
  );
}

async function lookUp(context: AccountContext, chatId: string, draft: MessageDraft) {
  const { store } = context;
  const [chat] = await store.get('chats', [chatId]);
  if (!chat) throw new InputError('NOT_FOUND', 'This chat does not exist any more.');
  const replyKey = draft.replyTo === undefined ? undefined : keyOf(draft.replyTo);
  const keys = [chat.lastMessage ?? '', replyKey ?? '', chat.nameAt?.[1] ?? ''];
  const [last, replyTo, naming] = await store.get('messages', keys);
  if (replyKey !== undefined && (!replyTo || replyTo.chatId !== chatId)) {
    throw new InputError('NOT_FOUND', 'replyTo: this chat has no such message.');
  }
  const secretName = naming ? naming.security.encrypted : mayHaveSecretName(chat);
  return { chat, last, replyTo, secretName, recipients: await recipientsOf(context, chat) };
}

/** Without the mail that named the chat it may have been an encrypted one. */
function mayHaveSecretName({ kind, encryptionSeen }: ChatRecord): boolean {
  return kind !== 'list' && encryptionSeen !== undefined;
}
