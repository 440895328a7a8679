import type { ChatRecord, MessageRecord } from '../store/records.js';
import { comparePositions, positionOf } from './chat-summary.js';

/** A message before and after a transaction, as far as it is in the chat that is looked at. */
export interface ChatMessageChange {
  readonly before: MessageRecord | undefined;
  readonly after: MessageRecord | undefined;
}

/**
 * True for a message of ours that nobody else can have made up: written here, found in the folder for sent mail, or signed with our key. A
 * mail that merely names us as its author accepts nobody.
 */
function isSurelyOurs(message: MessageRecord): boolean {
  return message.fromMe && (message.ownCopy === true || message.security.signature === 'valid');
}

/** True if what the chat knows about its opener and about answers cannot be told from the changes alone. */
export function forgetsMore(chat: ChatRecord, { before, after }: ChatMessageChange): boolean {
  if (before === undefined) return false;
  if (chat.answered === 1 && isSurelyOurs(before) && (after === undefined || !isSurelyOurs(after))) return true;
  if (chat.openerAt?.[1] !== before.key) return false;
  return after === undefined || !opens(after) || after.date !== before.date;
}

/** Takes messages into account: who of the others wrote first, and whether we ever wrote. */
export function withOpening(chat: ChatRecord, messages: readonly MessageRecord[]): ChatRecord {
  let result = chat;
  for (const message of messages) {
    if (result.answered !== 1 && isSurelyOurs(message)) result = { ...result, answered: 1 };
    if (!opens(message)) continue;
    const position = positionOf(message);
    if (result.openerAt !== undefined && comparePositions(position, result.openerAt) >= 0) continue;
    result = { ...result, opener: message.from.address, openerAt: position };
  }
  return result;
}

/** The chat as it was before any message said anything. */
export function withoutOpening(chat: ChatRecord): ChatRecord {
  const { answered: _, opener: _1, openerAt: _2, ...rest } = chat;
  return rest;
}

/** True if somebody may have opened the chat whom we do not know: not a mailing list, not with ourselves. */
export function canBeRequest(chat: ChatRecord): boolean {
  return chat.kind !== 'list' && chat.kind !== 'self' && chat.opener !== undefined && chat.answered !== 1;
}

function opens(message: MessageRecord): boolean {
  return message.hidden === 0 && !message.fromMe;
}
