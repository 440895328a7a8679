import { limits } from '../core/limits.js';
import type { ReceiptMail } from '../protocol/chat-mail.js';
import type { FactRecord, MessageRecord, RecipientRecord } from '../store/records.js';
import { joinRecipient, stateOf } from './message-state.js';

/** Kind of the facts that receipts leave; their value is a {@link ReceiptFact}. There is one per message and sender of receipts. */
const RECEIPT_FACT = 'receipt';

/** What makes a receipt believable: a valid signature of its sender, a DKIM pass of the sender's domain as that server saw it, or nothing. */
export type ReceiptProof = 'signed' | `dkim:${string}` | 'bare';

/** When a message arrived and when it was read, as receipts of one kind of proof say it; the smallest times, milliseconds since 1970. */
interface ReceiptTimes {
  readonly delivered?: number;
  readonly read?: number;
}

/** Everything that the receipts of one sender say about one message. */
type ReceiptFact = { readonly [P in ReceiptProof]?: ReceiptTimes };

const STATES = { displayed: 'read', processed: 'delivered' } as const;

/** Key of the fact about a message that receipts from this address leave. */
export function receiptFactKey(messageId: string, from: string): string {
  return `${RECEIPT_FACT}\n${messageId}\n${from}`;
}

/** What the receipt raises a message to; undefined for one that tells nothing about reading (deleted, denied, …). */
export function receiptState({ disposition }: Pick<ReceiptMail, 'disposition'>): 'delivered' | 'read' | undefined {
  return disposition === 'displayed' || disposition === 'processed' ? STATES[disposition] : undefined;
}

/**
 * The fact about a message after another receipt about it. Times only get smaller, so that neither the order of receipts nor a copy
 * that lowers the date of one makes a difference.
 */
export function withReceipt(
  known: FactRecord | undefined,
  receipt: { messageId: string; from: string; state: 'delivered' | 'read'; proof: ReceiptProof; at: number },
): FactRecord {
  const { messageId, from, state, proof, at } = receipt;
  const fact = (known?.value ?? {}) as ReceiptFact;
  const before = fact[proof]?.[state];
  if (known !== undefined && before !== undefined && before <= at) return known;
  return {
    key: receiptFactKey(messageId, from),
    // Apart from what delivery reports say about the message: those are listed, these are asked for one by one.
    target: `${RECEIPT_FACT}:${messageId}`,
    kind: RECEIPT_FACT,
    from,
    date: 0,
    value: capped({ ...fact, [proof]: { ...fact[proof], [state]: Math.min(at, before ?? at) } }),
  };
}

/**
 * An own message with what receipts say about it. Only those of people count that it went to, and only if it asked for them; if it was
 * encrypted, a receipt that anybody could have written does not. `servers`: names of the account's own servers.
 */
export function withReceipts(
  message: MessageRecord,
  facts: readonly FactRecord[],
  servers: ReadonlySet<string>,
): MessageRecord {
  if (message.receiptTo === undefined || message.recipients === undefined) return message;
  const { encrypted } = message.security;
  const counts = (proof: string) => !encrypted || proof === 'signed' || servers.has(proof.slice('dkim:'.length));
  const told = new Map(facts.map((fact) => [fact.from, fact.value as ReceiptFact]));
  let changed = false;
  const recipients = message.recipients.map((recipient) => {
    let result = recipient;
    for (const news of recipientStates(recipient.address, told.get(recipient.address), counts)) {
      result = joinRecipient(result, news);
    }
    changed ||= result !== recipient;
    return result;
  });
  return changed ? { ...message, recipients, state: stateOf(message.state, recipients) } : message;
}

function recipientStates(
  address: string,
  fact: ReceiptFact | undefined,
  counts: (proof: string) => boolean,
): RecipientRecord[] {
  const counting = Object.entries(fact ?? {}).flatMap(([proof, times]) => (counts(proof) ? [times] : []));
  return (['delivered', 'read'] as const).flatMap((state) => {
    const times = counting.flatMap((told) => told?.[state] ?? []);
    return times.length === 0 ? [] : [{ address, state, at: Math.min(...times) }];
  });
}

/** Anybody may claim to be a server. The smallest names are kept, so that the order makes no difference. */
function capped(fact: ReceiptFact): ReceiptFact {
  const names = Object.keys(fact).sort();
  const servers = names.filter((proof) => proof.startsWith('dkim:'));
  if (servers.length <= limits.receiptServers) return fact;
  const dropped = new Set(servers.slice(limits.receiptServers));
  return Object.fromEntries(Object.entries(fact).filter(([proof]) => !dropped.has(proof)));
}
