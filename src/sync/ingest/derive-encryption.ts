import { saysLess, withEncryptedMails, withoutEncryptedMails } from '../../model/chat-encryption.js';
import type { ChatRecord, MessageRecord } from '../../store/records.js';
import type { Transaction } from '../transaction.js';
import { pagesOf } from './chat-pages.js';

/**
 * Brings what is known of encryption in a chat in step with its messages. Tombstones count: deleting messages does not
 * make a chat forget that it is encrypted. Only where an encrypted message left the chat, all others are looked at.
 *
 * @param changes Messages before and after the transaction, as far as they are in the chat.
 */
export async function withEncryption(
  tx: Transaction,
  chat: ChatRecord,
  changes: readonly { readonly before: MessageRecord | undefined; readonly after: MessageRecord | undefined }[],
): Promise<ChatRecord> {
  if (!changes.some(({ before, after }) => saysLess(before, after))) {
    return withEncryptedMails(
      chat,
      changes.flatMap(({ after }) => after ?? []),
    );
  }
  let result = withoutEncryptedMails(chat);
  for await (const page of pagesOf(tx, chat.id)) result = withEncryptedMails(result, page);
  return result;
}
