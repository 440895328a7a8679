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
import type { GroupChat, PlanAct } from './group-acts.js';
import { groupSending, isGroupChat } from './group-sending.js';
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
  const sent = await send(context, chat.id, draft, options, { forwarded });
  if (!sent) throw new InputError('EMPTY_MESSAGE', 'The message is empty: give it a text or a file.');
  return sent;
}

/**
 * Changes a group by a message to its members; undefined if there is nothing to change.
 *
 * @param founding The group, if this makes it.
 * @throws InputError `NOT_A_MEMBER`, and what {@link sendDraft} throws.
 */
export async function sendAct(
  context: AccountContext,
  chatId: string,
  act: PlanAct,
  founding?: GroupChat,
): Promise<Message | undefined> {
  return send(context, chatId, { requestReceipt: false }, {}, { act, founding });
}

/** What a message is besides what its draft says. */
interface Extras {
  readonly forwarded?: ForwardedContent | undefined;
  readonly act?: PlanAct;
  readonly founding?: GroupChat | undefined;
}

async function send(
  context: AccountContext,
  id: string,
  draft: MessageDraft,
  options: SendOptions,
  extras: Extras,
): Promise<Message | undefined> {
  const { forwarded } = extras;
  context.assertOpen();
  refuseUnknownOptions('send', options, ['signal', 'undoMs']);
  checkUndoMs('undoMs', options.undoMs);
  throwIfAborted(options.signal);
  const { signal } = options;
  return context.sending.run(id, async () => {
    const attachments = await loadFiles(draft.attachments, signal);
    const { identity } = context;
    const { last, ...found } = await lookUp(context, id, draft, extras.founding);
    const { chat, secretName } = found;
    const from = senderOf(draft.from, identity, found.replyTo ?? last);
    const now = context.clock.now();
    const group = isGroupChat(chat) ? await groupSending(context, chat, { from, now, plan: extras.act }) : undefined;
    const act = group?.act;
    if (extras.act && !act) return undefined;
    const recipients = await recipientsOf(context, chat, act?.recipients);
    const plan = await planOutgoing(context.keys.manager, { from, recipients, ...wish(context, found, forwarded) });
    if (forwarded?.confidential && !plan.encrypted) {
      throw new InputError(
        'INVALID_STATE',
        'The message was encrypted, and this chat is not. Pass { allowPlaintext: true } to forward it all the same.',
      );
    }
    const tokens = await tokensFor(context, {
      chat,
      from,
      recipients: recipients.map(({ address }) => address),
      draft,
    });
    const profile = await profileFor(context, chat);
    const composed = composeMail(act ? { ...draft, text: act.text } : draft, attachments, {
      ...found,
      recipients,
      identity,
      from,
      group: group?.draft({ plan, secret: secretName && !plan.encrypted }),
      founding: act?.founding,
      notBefore: act?.at,
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
  return forwarded?.confidential ? { ...options, replyToEncrypted: true } : options;
}

async function lookUp(context: AccountContext, chatId: string, draft: MessageDraft, founding: GroupChat | undefined) {
  const { store } = context;
  const chat: ChatRecord | undefined = founding ?? (await store.get('chats', [chatId]))[0];
  if (!chat) throw new InputError('NOT_FOUND', 'This chat does not exist any more.');
  const replyKey = draft.replyTo === undefined ? undefined : keyOf(draft.replyTo);
  const keys = [chat.lastMessage ?? '', replyKey ?? '', chat.nameAt?.[1] ?? ''];
  const [last, replyTo, naming] = await store.get('messages', keys);
  if (replyKey !== undefined && (!replyTo || replyTo.chatId !== chatId)) {
    throw new InputError('NOT_FOUND', 'replyTo: this chat has no such message.');
  }
  const secretName = naming ? naming.security.encrypted : mayHaveSecretName(chat);
  return { chat, last, replyTo, secretName };
}

/** Without the mail that named the chat it may have been an encrypted one. */
function mayHaveSecretName({ kind, encryptionSeen }: ChatRecord): boolean {
  return kind !== 'list' && encryptionSeen !== undefined;
}
