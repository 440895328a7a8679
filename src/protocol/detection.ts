import type { ParsedMail } from '../mail/parsed-mail.js';

/** One of the three marks that make a mail a chat message. */
export type ChatMark = 'chat-version' | 'message-id' | 'references';

/** What {@link chatMarks} looks at. */
export type ChatMarkSource = Pick<ParsedMail, 'headers' | 'messageId' | 'references'>;

/** What the ids of COI messages start with. */
export const CHAT_ID_PREFIX = 'chat$';

/**
 * The marks of a chat message that a mail carries: a `Chat-Version` header, a Message-ID starting with `chat$`, a
 * *first* id in References starting with `chat$` (all that is left in the reply of a plain mail program). A mail with
 * none of them is ordinary mail. The Subject never counts.
 */
export function chatMarks(mail: ChatMarkSource): ChatMark[] {
  const marks: ChatMark[] = [];
  if (mail.headers.get('Chat-Version') !== undefined) marks.push('chat-version');
  if (mail.messageId?.startsWith(CHAT_ID_PREFIX)) marks.push('message-id');
  if (mail.references[0]?.startsWith(CHAT_ID_PREFIX)) marks.push('references');
  return marks;
}

/** True if a mail is a chat message; see {@link chatMarks}. */
export function isChatMail(mail: ChatMarkSource): boolean {
  return chatMarks(mail).length > 0;
}

/** The value of `Chat-Version` without the parameters that may follow after a `;`. */
export function chatVersionOf(mail: Pick<ParsedMail, 'headers'>): string | undefined {
  return mail.headers.get('Chat-Version')?.split(';', 1)[0]?.trim().slice(0, 100);
}
