import { limits } from '../../core/limits.js';
import { claimsPass } from '../../model/authentication.js';
import { type ReceiptProof, receiptFactKey, receiptState, withReceipt, withReceipts } from '../../model/receipts.js';
import type { ChatMail } from '../../protocol/chat-mail.js';
import type { MessageRecord } from '../../store/records.js';
import type { Transaction } from '../transaction.js';
import { ownServers } from './own-servers.js';

/**
 * Keeps what a receipt says about messages, which may not be known yet; `report` is the receipt's own message. Returns the message-ids
 * that it says something new about.
 */
export async function noteReceipt(tx: Transaction, mail: ChatMail, report: MessageRecord): Promise<readonly string[]> {
  if (mail.kind !== 'receipt' || report.fromMe || mail.severalFrom) return [];
  const state = receiptState(mail);
  if (state === undefined) return [];
  const from = report.from.address;
  const ids = mail.originalMessageIds.slice(0, limits.receiptIds);
  const facts = await tx.getMany(
    'facts',
    ids.map((id) => receiptFactKey(id, from)),
  );
  const told: string[] = [];
  ids.forEach((messageId, i) => {
    const known = facts[i];
    const fact = withReceipt(known, { messageId, from, state, proof: proofOf(report), at: report.date });
    if (fact === known) return;
    tx.put('facts', fact);
    told.push(messageId);
  });
  return told;
}

/** Message-ids of those of the own messages that receipts are known about, with one read for all of them. */
export async function idsWithReceipts(tx: Transaction, messages: readonly MessageRecord[]): Promise<Set<string>> {
  const keys = messages.flatMap((message) => receiptKeys(message).map((key) => [key, message.messageId] as const));
  const facts = await tx.getMany(
    'facts',
    keys.map(([key]) => key),
  );
  return new Set(keys.filter((_, i) => facts[i] !== undefined).map(([, id]) => id));
}

/** An own message with what the receipts of its recipients say, whichever came first. */
export async function withKnownReceipts(tx: Transaction, message: MessageRecord): Promise<MessageRecord> {
  const facts = await tx.getMany('facts', receiptKeys(message));
  const known = facts.filter((fact) => fact !== undefined);
  return known.length === 0 ? message : withReceipts(message, known, await ownServers(tx, tx.identity));
}

/** Keys of all facts that may be about an own message. */
function receiptKeys({ messageId, receiptTo, recipients = [] }: MessageRecord): string[] {
  return receiptTo === undefined ? [] : recipients.map(({ address }) => receiptFactKey(messageId, address));
}

/** The name of the server that vouches for the sender is kept with it: whether it is our own may only turn out later. */
function proofOf(report: MessageRecord): ReceiptProof {
  if (report.security.signature === 'valid') return 'signed';
  const { authentication } = report;
  return authentication !== undefined && claimsPass(report) ? `dkim:${authentication.server}` : 'bare';
}
