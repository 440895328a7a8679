import type { MessageRecord, ReceiptPolicy } from '../store/records.js';

/** All policies, the most cautious first. */
export const receiptPolicies: readonly ReceiptPolicy[] = ['never', 'trusted', 'always'];

/** What the user set, for the account and perhaps for the chat and for the sender. */
export interface ReceiptSettings {
  readonly account: ReceiptPolicy;
  readonly chat?: ReceiptPolicy | undefined;
  readonly contact?: ReceiptPolicy | undefined;
}

/** What is known about who sent the message. */
export interface ReceiptSender {
  /** The user accepted the request, or wrote to them. */
  readonly accepted: boolean;
  readonly blocked: boolean;
  /** There is a trusted connection. */
  readonly trusted: boolean;
}

/** What a receipt depends on in the message itself. */
export type ReceiptMessage = Pick<
  MessageRecord,
  'from' | 'fromMe' | 'kind' | 'receiptTo' | 'automatic' | 'listId' | 'chatClient' | 'problem'
>;

/** The policy that counts: of those for chat and contact the more cautious one; the account's where neither is set. */
function receiptPolicyOf({ account, chat, contact }: ReceiptSettings): ReceiptPolicy {
  const set = [chat, contact].filter((policy) => policy !== undefined);
  return receiptPolicies.find((policy) => set.includes(policy)) ?? account;
}

/**
 * True if a message may be answered with a receipt at all: it asked for one at its sender's address (RFC 8098 2.1), comes from somebody
 * else, and was written by a person to us, not by a program or through a list. Receipts and reports are never answered.
 */
export function isReceiptAsked(message: ReceiptMessage): boolean {
  if (message.fromMe || message.kind !== 'message' || message.automatic || message.listId !== undefined) return false;
  // One of several mails that claim to be the same: nobody knows whose it is.
  if (message.problem?.code === 'duplicate-id' || message.problem?.code === 'undecryptable') return false;
  return message.receiptTo === message.from.address;
}

/** True if the sender may learn that the user has read the message. */
export function mayConfirmReading(message: ReceiptMessage, sender: ReceiptSender, settings: ReceiptSettings): boolean {
  if (!isReceiptAsked(message) || !sender.accepted || sender.blocked) return false;
  const policy = receiptPolicyOf(settings);
  if (policy !== 'always') return policy === 'trusted' && sender.trusted;
  return message.chatClient === true || sender.trusted || settings.chat === 'always' || settings.contact === 'always';
}

/** True if the sender may learn that the message has arrived, before anybody has read it: only within a trusted connection. */
export function mayConfirmArrival(message: ReceiptMessage, sender: ReceiptSender, settings: ReceiptSettings): boolean {
  if (!isReceiptAsked(message) || !sender.accepted || sender.blocked) return false;
  return sender.trusted && receiptPolicyOf(settings) !== 'never';
}
