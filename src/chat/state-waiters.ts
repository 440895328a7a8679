import { type AbortOptions, abortable } from '../core/abort.js';
import { type CoiError, InputError, ServerError } from '../core/errors.js';
import type { MessageRecord, MessageState } from '../store/records.js';

/** States a caller can wait for. */
export type Milestone = 'sent' | 'delivered' | 'read';

const RANK: Record<MessageState, number> = { failed: -1, queued: 0, sending: 1, sent: 2, delivered: 3, read: 4 };

interface Waiter {
  readonly milestone: Milestone;
  resolve(): void;
  reject(error: CoiError): void;
}

/** Promises that settle when messages reach a state. */
export class StateWaiters {
  readonly #waiters = new Map<string, Set<Waiter>>();

  /** Resolves when the message has reached the milestone; rejects when it failed, was taken back, or the signal fires. */
  async wait(record: MessageRecord, milestone: Milestone, options: AbortOptions = {}): Promise<void> {
    let waiter: Waiter | undefined;
    const settled = new Promise<void>((resolve, reject) => {
      waiter = { milestone, resolve, reject };
      if (settle(waiter, record)) return;
      const waiters = this.#waiters.get(record.key) ?? new Set();
      this.#waiters.set(record.key, waiters.add(waiter));
    });
    try {
      await abortable(settled, options.signal);
    } finally {
      if (waiter) this.#forget(record.key, waiter);
    }
  }

  /** A commit changed the message; undefined if it is gone. */
  update(key: string, record: MessageRecord | undefined): void {
    for (const waiter of this.#waiters.get(key) ?? []) {
      if (record && !record.hidden) settle(waiter, record);
      else waiter.reject(new InputError('INVALID_STATE', 'The message was removed before that happened.'));
    }
  }

  /** Rejects all: nothing will be told any more. */
  close(): void {
    for (const waiters of this.#waiters.values()) {
      for (const waiter of waiters) {
        waiter.reject(new InputError('INVALID_STATE', 'The account was closed before that happened.'));
      }
    }
    this.#waiters.clear();
  }

  #forget(key: string, waiter: Waiter): void {
    const waiters = this.#waiters.get(key);
    if (waiters?.delete(waiter) && waiters.size === 0) this.#waiters.delete(key);
  }
}

function settle(waiter: Waiter, record: MessageRecord): boolean {
  if (record.state === 'failed') {
    waiter.reject(failureOf(record));
    return true;
  }
  if (RANK[record.state] < RANK[waiter.milestone]) return false;
  waiter.resolve();
  return true;
}

/** The error that a failed message stands for: `RECIPIENT_REFUSED` by our server, `BOUNCED` later, `MESSAGE_REFUSED` as a whole. */
export function failureOf(record: MessageRecord): ServerError {
  const failed = record.recipients?.filter((recipient) => recipient.state === 'failed') ?? [];
  const first = failed[0];
  if (!first) {
    return new ServerError('MESSAGE_REFUSED', 'The message could not be sent. Change it, or try again with retry().');
  }
  // A reply of our own server begins with its three digits; a bounce knows only an enhanced code (RFC 3463).
  const reply = /^[245]\d\d\b/.exec(first.status ?? '')?.[0];
  const words = failed.map(({ address, reason }) => `${address}: ${reason ?? 'no reason given'}`).join('; ');
  return new ServerError(reply ? 'RECIPIENT_REFUSED' : 'BOUNCED', `The message was not delivered. ${words}`, {
    response: first.reason,
    status: reply ? Number(reply) : undefined,
    statusCode: reply ? undefined : first.status,
  });
}
