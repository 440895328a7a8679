import type { EncryptionMode } from '../autocrypt/decision.js';
import type { RecommendOptions } from '../autocrypt/key-options.js';
import { InputError } from '../core/errors.js';
import { isEncryptedBothWays } from '../model/chat-encryption.js';
import type { ChatRecord, MessageRecord } from '../store/records.js';
import { checkChoice } from './check-options.js';
import { senderOf } from './compose.js';
import type { AccountContext } from './context.js';
import type { ChatEncryption, PersonEncryption } from './encryption-state.js';
import { findRecipients } from './recipients.js';

/** What the user wants for a chat: their choice, or the account's default. */
function modeOf(context: AccountContext, chat: ChatRecord): EncryptionMode {
  return chat.encryption?.mode ?? context.encryption;
}

/** What the keys are asked for a message to a chat. */
export function encryptionOptions(
  context: AccountContext,
  chat: ChatRecord,
  replyTo: MessageRecord | undefined,
): Required<Pick<RecommendOptions, 'mode' | 'replyToEncrypted'>> {
  // Also before the first start has found out that there is a key on another device.
  const unopened = context.keys.manager.ownKeys.length === 0;
  const replyToEncrypted = replyTo?.security.encrypted === true || isEncryptedBothWays(chat, { unopened });
  return { mode: modeOf(context, chat), replyToEncrypted };
}

/** See `Chat.encryption`. */
export async function chatEncryption(context: AccountContext, chatId: string): Promise<ChatEncryption> {
  context.assertOpen();
  const { store, keys, identity } = context;
  const [chat] = await store.get('chats', [chatId]);
  if (!chat) throw new InputError('NOT_FOUND', 'This chat does not exist any more.');
  const [last] = await store.get('messages', [chat.lastMessage ?? '']);
  const options = encryptionOptions(context, chat, undefined);
  const { mode, replyToEncrypted: established } = options;
  const recipients = await findRecipients(context, chat);
  if (recipients.length === 0) return { state: 'plain', mode, established, people: [], missing: [] };
  const from = senderOf(undefined, identity, last);
  const { action, reason, keys: used, reasons } = await keys.manager.recommend(recipients, { ...options, from });
  const names = new Map(chat.members.map((member) => [member.address, member]));
  const people = recipients
    .filter(({ address }) => !identity.addresses.has(address))
    .map(({ address }): PersonEncryption => {
      const key = used.get(address);
      const why = reasons.get(address);
      const person = names.get(address) ?? { address };
      return { ...person, ...(key !== undefined && { key }), ...(why !== undefined && { reason: why }) };
    });
  const missing = people.filter(({ key }) => key === undefined);
  const possible = missing.length === 0 && keys.manager.state(from) === 'ready';
  return {
    state: action === 'encrypt' ? 'encrypted' : action === 'refuse' ? 'blocked' : possible ? 'available' : 'plain',
    mode,
    established,
    ...(reason !== undefined && { reason }),
    people,
    missing: missing.map(({ address, name }) => ({ address, ...(name !== undefined && { name }) })),
  };
}

/** See `Chat.setEncryption`. */
export async function setChatEncryption(context: AccountContext, chatId: string, mode: EncryptionMode): Promise<void> {
  context.assertOpen();
  if (mode === undefined)
    throw new InputError('INVALID_OPTION', "chat.setEncryption: pass 'auto', 'require' or 'off'.");
  checkChoice('chat.setEncryption', mode, ['auto', 'require', 'off']);
  await context.writer.run(async (tx) => {
    const chat = await tx.get('chats', chatId);
    if (!chat) throw new InputError('NOT_FOUND', 'This chat does not exist any more.');
    // Later than what was chosen before, whatever the clock says.
    tx.put('chats', { ...chat, encryption: { mode, at: Math.max(tx.now, (chat.encryption?.at ?? 0) + 1) } });
  });
}
