import { type AbortOptions, abortable } from '../core/abort.js';
import { type CoiError, InputError, ServerError } from '../core/errors.js';
import type { MessageRecord, MessageState } from '../store/records.js';

/** States a caller can wait for. */
export type Milestone = 'sent' | 'delivered' | 'read';

const RANK: Record<MessageState, number> = { failed: -1, queued: 0, sending: 1, sent: 2, delivered: 3, read: 4 };

interface Waiter {
  readonly milestone: Milestone;
  /** Settles the waiting; with a record if that message failed. */
  resolve(failed: MessageRecord | undefined): void;
  reject(error: CoiError): void;
}

/** Promises that settle when messages reach a state. */
export class StateWaiters {
  readonly #waiters = new Map<string, Set<Waiter>>();
  readonly #isRefused: (record: MessageRecord) => Promise<boolean>;

  /** `isRefused` says of a failed message whether our own server refused it; otherwise it bounced. */
  constructor(isRefused: (record: MessageRecord) => Promise<boolean>) {
    this.#isRefused = isRefused;
  }

  /** Resolves when the message has reached the milestone; rejects when it failed, was taken back, or the signal fires. */
  async wait(record: MessageRecord, milestone: Milestone, options: AbortOptions = {}): Promise<void> {
    let waiter: Waiter | undefined;
    const settled = new Promise<MessageRecord | undefined>((resolve, reject) => {
      waiter = { milestone, resolve, reject };
      if (settle(waiter, record)) return;
      const waiters = this.#waiters.get(record.key) ?? new Set();
      this.#waiters.set(record.key, waiters.add(waiter));
    });
    try {
      const failed = await abortable(settled, options.signal);
      if (failed) throw failureOf(failed, await this.#isRefused(failed));
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
  const failed = record.state === 'failed';
  if (!failed && RANK[record.state] < RANK[waiter.milestone]) return false;
  waiter.resolve(failed ? record : undefined);
  return true;
}

/** The error that a failed message stands for: `RECIPIENT_REFUSED` or `MESSAGE_REFUSED` (no reply of a server) at our side, `BOUNCED` later. */
function failureOf(record: MessageRecord, refused: boolean): ServerError {
  const failed = record.recipients?.filter((recipient) => recipient.state === 'failed') ?? [];
  const words = failed.map(({ address, reason }) => `${address}: ${reason ?? 'no reason given'}`).join('; ');
  const { reason, status } = failed[0] ?? {};
  const code = refused ? (status === undefined ? 'MESSAGE_REFUSED' : 'RECIPIENT_REFUSED') : 'BOUNCED';
  const reply = /^\d{3}$/.test(status ?? '') ? Number(status) : undefined;
  return new ServerError(code, `The message was not delivered. ${words || 'Try again with retry().'}`, {
    response: reason,
    status: reply,
    statusCode: reply === undefined ? status : undefined,
  });
}
