import type { MessageRecord, MessageState, RecipientRecord } from '../store/records.js';

const RECIPIENT_RANK = { pending: 0, sent: 1, failed: 2, delivered: 3, read: 4 } as const;

/** 1 if the message counts as unread: from somebody else, shown, and not seen on any device. */
export function unreadOf(message: Pick<MessageRecord, 'fromMe' | 'seen' | 'hidden'>): 0 | 1 {
  return message.fromMe || message.seen || message.hidden === 1 ? 0 : 1;
}

/**
 * What is known about a recipient from two sources. States only rise: pending, sent, failed, delivered, read (a receipt
 * proves that a late bounce was wrong); of two equal states the earlier one is kept, then the one with the smaller words.
 */
export function joinRecipient(a: RecipientRecord, b: RecipientRecord): RecipientRecord {
  const rank = RECIPIENT_RANK[a.state] - RECIPIENT_RANK[b.state];
  if (rank !== 0) return rank > 0 ? a : b;
  const time = (a.at ?? Number.MAX_SAFE_INTEGER) - (b.at ?? Number.MAX_SAFE_INTEGER);
  if (time !== 0) return time < 0 ? a : b;
  return `${a.status}\n${a.reason}` <= `${b.status}\n${b.reason}` ? a : b;
}

/**
 * State of an own message after something became known about its recipients: `failed` if it failed for all of them,
 * `delivered` or `read` if it got at least that far for all that it did not fail for. Never goes back, except that a
 * message handed to the server can still fail.
 */
export function stateOf(state: MessageState, recipients: readonly RecipientRecord[]): MessageState {
  if (recipients.length === 0 || state === 'queued' || state === 'sending') return state;
  const reached = recipients.filter((recipient) => recipient.state !== 'failed');
  if (reached.length === 0) return 'failed';
  if (reached.every((recipient) => recipient.state === 'read')) return 'read';
  if (reached.every((recipient) => RECIPIENT_RANK[recipient.state] >= RECIPIENT_RANK.delivered)) return 'delivered';
  return state;
}
