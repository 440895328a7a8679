import { limits } from '../core/limits.js';
import type { ChatMail } from '../protocol/chat-mail.js';
import type { FactRecord, MessageRecord, RecipientRecord } from '../store/records.js';
import { joinRecipient, stateOf } from './message-state.js';

/** Kind of the facts that delivery reports leave; their value is a {@link RecipientRecord}. */
export const DELIVERY_FACT = 'delivery';

/** What a delivery report says about messages, which may not be known yet. `report`: the report's own message. */
export function factsOf(mail: ChatMail, report: Pick<MessageRecord, 'key' | 'date'>): FactRecord[] {
  const from = mail.from?.address ?? '';
  if (mail.kind !== 'delivery-report' || mail.originalMessageId === undefined) return [];
  const target = mail.originalMessageId;
  const facts: FactRecord[] = [];
  for (const { recipient, action, status, reason } of mail.statuses.slice(0, limits.addresses)) {
    if (action !== 'failed' && action !== 'delivered') continue;
    const value: RecipientRecord = {
      address: recipient,
      state: action,
      // Not the effective date: that may still change, and facts are written once.
      ...(mail.date !== undefined && { at: mail.date }),
      ...(reason !== undefined && { reason }),
      ...(status !== undefined && { status }),
    };
    const key = `${DELIVERY_FACT}\n${report.key}\n${recipient}`;
    facts.push({ key, target, kind: DELIVERY_FACT, from, date: report.date, value });
  }
  return facts;
}

/** True for a mail that only says something about other messages. A report that names none is shown like any mail: nobody else would tell the user. */
export function isOnlyAboutOthers(mail: ChatMail): boolean {
  if (mail.kind === 'receipt') return mail.originalMessageIds.length > 0;
  return mail.kind === 'delivery-report' && mail.originalMessageId !== undefined && mail.statuses.length > 0;
}

/**
 * An own message with what delivery reports say about its recipients. The order in which facts are applied makes no
 * difference. A report about an address that the message did not go to (it was forwarded there) counts if there was one recipient.
 */
export function withDeliveryFacts(message: MessageRecord, facts: readonly FactRecord[]): MessageRecord {
  const recipients = [...(message.recipients ?? [])];
  for (const fact of facts) {
    if (fact.kind !== DELIVERY_FACT) continue;
    const told = fact.value as RecipientRecord;
    let at = recipients.findIndex((recipient) => recipient.address === told.address);
    if (at < 0 && recipients.length === 1) at = 0;
    const known = recipients[at];
    if (known !== undefined) recipients[at] = { ...joinRecipient(known, { ...told, address: known.address }) };
  }
  return { ...message, recipients, state: stateOf(message.state, recipients) };
}
