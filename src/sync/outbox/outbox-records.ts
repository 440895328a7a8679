import { joinRecipient, stateOf } from '../../model/message-state.js';
import type { MessageRecord, MessageState, OutboxRecord, RecipientRecord } from '../../store/records.js';
import type { Transaction } from '../transaction.js';
import type { DeliveryOutcome } from './delivery-outcome.js';

/** Blob that holds the octets of an outbox entry. */
export function outboxBlob(id: string): string {
  return `outbox/${id}`;
}

/** Ids sort in the order of acceptance, even if the clock goes back. */
export function nextOutboxId(last: string | undefined, now: number): string {
  const previous = last === undefined ? 0 : Number(last);
  return String(Math.max(Math.floor(now) * 1000, previous + 1)).padStart(17, '0');
}

/** Sets the state of an own message that is still on its way out. */
export async function setMessageState(tx: Transaction, key: string, state: MessageState): Promise<void> {
  const message = await tx.get('messages', key);
  if (message && message.state !== state) tx.put('messages', { ...message, state });
}

/** Writes down what became of the recipients; `finished` if there is nothing left to try. */
export async function applyOutcome(
  tx: Transaction,
  key: string,
  { accepted, refused }: DeliveryOutcome,
  finished: boolean,
): Promise<void> {
  const message = await tx.get('messages', key);
  if (!message) return;
  const told = new Map<string, RecipientRecord>();
  for (const address of accepted) told.set(address, { address, state: 'sent', at: tx.now });
  for (const { address, reason, status } of refused) {
    told.set(address, { address, state: 'failed', at: tx.now, reason, ...(status !== undefined && { status }) });
  }
  const recipients = (message.recipients ?? []).map((recipient) => {
    const news = told.get(recipient.address);
    return news ? joinRecipient(recipient, news) : recipient;
  });
  tx.put('messages', { ...message, recipients, state: finished ? finishedState(recipients) : 'queued' });
}

/** Recipients that have to get the message when it is tried again. */
export function failedRecipients(message: MessageRecord): string[] {
  return (message.recipients ?? []).filter(({ state }) => state === 'failed').map(({ address }) => address);
}

/** The entry is done with: its octets go, too. */
export function removeEntry(tx: Transaction, record: OutboxRecord): void {
  tx.remove('outbox', record.id);
  tx.removeBlob(record.blob);
}

function finishedState(recipients: readonly RecipientRecord[]): MessageState {
  return stateOf('sent', recipients);
}
