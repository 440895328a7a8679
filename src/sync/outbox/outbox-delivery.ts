import { CoiError, describe, ServerError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import type { RandomBytes } from '../../core/random.js';
import type { MessageRecord, OutboxRecord } from '../../store/records.js';
import type { Store } from '../../store/store.js';
import type { SmtpTransport } from '../../transport/smtp.js';
import { halfJitter } from '../backoff.js';
import type { Transaction } from '../transaction.js';
import { type DeliveryOutcome, outcomeOf, outcomeOfFailure } from './delivery-outcome.js';
import type { GroupCommit } from './group-commit.js';
import { applyOutcome, removeEntry, setMessageState } from './outbox-records.js';
import { keepRenewed, serverTokensFor } from './server-tokens.js';

/** What handing over needs. */
export interface DeliveryContext {
  readonly store: Store;
  readonly smtp: SmtpTransport;
  readonly commits: GroupCommit;
  readonly random: RandomBytes;
}

const RETRY = { min: limits.outboxRetryMinMs, max: limits.outboxRetryMaxMs };

/**
 * Hands one message over. That it is being tried is in the store before the server sees anything of it, so that after a crash nobody takes it for
 * unsent; the same octets go out again then, which receivers recognise by their Message-ID.
 *
 * @throws StoreError, or whatever the signal made fail; everything the server says is in the outcome.
 */
export async function handOver(
  context: DeliveryContext,
  record: OutboxRecord,
  bytes: Uint8Array | undefined,
  signal: AbortSignal,
): Promise<DeliveryOutcome> {
  const { store, smtp, commits } = context;
  if (record.state !== 'sending') {
    await commits.add(async (tx) => {
      tx.put('outbox', { ...record, state: 'sending' });
      await setMessageState(tx, record.message, 'sending');
    });
  }
  const { recipients, envelopeFrom: from } = record;
  try {
    const octets = bytes ?? (await readWhole(store, record));
    const tokens = await serverTokensFor(store, recipients);
    const result = await smtp.send({ from, to: recipients, bytes: octets, tokens }, { signal });
    return { ...outcomeOf(result), ...(result.renewed && { renewed: result.renewed }) };
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    return outcomeOfFailure(recipients, asCoiError(thrown));
  }
}

/** Writes down what a try brought; returns the record as it is now, undefined if it is done with. */
export async function settle(
  { commits, random }: DeliveryContext,
  record: OutboxRecord,
  tried: DeliveryOutcome,
  now: number,
): Promise<OutboxRecord | undefined> {
  const outcome = withGivenUp(record, tried, now);
  const finished = outcome.later.length === 0;
  let next: OutboxRecord | undefined;
  await commits.add(async (tx) => {
    await applyOutcome(tx, record.message, outcome, finished);
    if (tried.renewed) await keepRenewed(tx, tried.renewed);
    const message = await tx.get('messages', record.message);
    next = finished ? undefined : waiting(record, outcome, now, random);
    if (!message) removeEntry(tx, record);
    else if (!next && isUnseen(message)) await forget(tx, record);
    else if (next) tx.put('outbox', next);
    else {
      const { lastError: _, ...rest } = record;
      const state = message.state === 'failed' ? 'failed' : 'filing';
      tx.put('outbox', { ...rest, state, recipients: [], dueAt: now, attempts: 0 });
    }
  });
  return next;
}

/** A receipt and the like: nobody sees it, and no copy of it is kept. */
function isUnseen({ hidden, chatId }: MessageRecord): boolean {
  return hidden === 1 && chatId === '';
}

/** Nothing is left of it but the copies that the server may keep. */
async function forget(tx: Transaction, record: OutboxRecord): Promise<void> {
  removeEntry(tx, record);
  const copies = await tx.list('locations', { index: 'byMessage', prefix: [record.message], limit: 1 });
  if (copies.length === 0) tx.remove('messages', record.message);
}

/** The octets of an entry. */
export async function readWhole(
  store: Store,
  { blob, size }: Pick<OutboxRecord, 'blob' | 'size'>,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let length = 0;
  for await (const chunk of store.readBlob(blob)) {
    if (length + chunk.length > size)
      throw new CoiError('STORE_CORRUPT', 'A message in the outbox is longer than when it was written.');
    bytes.set(chunk, length);
    length += chunk.length;
  }
  return bytes.subarray(0, length);
}

function waiting(
  record: OutboxRecord,
  { later, again, error }: DeliveryOutcome,
  now: number,
  random: RandomBytes,
): OutboxRecord {
  const lastError = error ? { lastError: error.message } : {};
  if (again === 'now') return { ...record, ...lastError, state: 'sending', recipients: later };
  // Waiting for credentials is no try that failed.
  if (again === 'credentials') return { ...record, ...lastError, state: 'queued', recipients: later };
  const attempts = record.attempts + 1;
  const dueAt = now + halfJitter(attempts, RETRY, random);
  return { ...record, ...lastError, state: 'queued', recipients: later, attempts, dueAt };
}

/** After days without success the last words are final (RFC 5321 4.5.4.1). */
function withGivenUp(record: OutboxRecord, outcome: DeliveryOutcome, now: number): DeliveryOutcome {
  const { later, error, again } = outcome;
  if (later.length === 0 || again === 'credentials' || again === 'now') return outcome;
  if (now - record.acceptedAt < limits.outboxGiveUpMs) return outcome;
  const reason =
    (error instanceof ServerError && error.response) || error?.message || 'The server could not be reached.';
  return {
    accepted: outcome.accepted,
    refused: [...outcome.refused, ...later.map((address) => ({ address, reason }))],
    later: [],
  };
}

function asCoiError(thrown: unknown): CoiError {
  if (thrown instanceof CoiError) return thrown;
  return new ServerError('SERVER_MISBEHAVED', `Sending failed: ${describe(thrown)}`, { cause: thrown });
}
