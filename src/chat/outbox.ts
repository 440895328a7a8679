import type { OutboxRecord } from '../store/records.js';
import type { AccountContext } from './context.js';
import type { Message } from './handles.js';

/** A message on its way out. Control it through the message: `retry()`, `cancel()`. */
export interface OutboxEntry {
  readonly message: Message;
  readonly state: 'queued' | 'sending' | 'failed';
  /** When `send` accepted it. */
  readonly acceptedAt: Date;
  /** Not tried before this time: undo delay, or back-off after a failure. */
  readonly dueAt: Date;
  /** Tries so far. */
  readonly attempts: number;
  /** What the last try ended with. */
  readonly lastError: string | undefined;
}

/** What an account has not got rid of yet. */
export class Outbox {
  readonly #context: AccountContext;

  /** @internal Made by the account. */
  constructor(context: AccountContext) {
    this.#context = context;
  }

  /** Messages that wait, are being sent, or have failed, in the order in which they were accepted. */
  async list(): Promise<OutboxEntry[]> {
    this.#context.assertOpen();
    const { store, handles } = this.#context;
    const records = await store.list('outbox');
    const waiting = new Map<string, OutboxRecord & { state: OutboxEntry['state'] }>();
    for (const record of records) if (isWaiting(record)) waiting.set(record.message, record);
    const messages = await handles.messages(async () => {
      const found = await store.get('messages', [...waiting.keys()]);
      return found.filter((record) => record !== undefined).filter((record) => record.hidden === 0);
    });
    return messages.flatMap((message) => {
      const entry = waiting.get(message.id);
      if (!entry) return [];
      const { state, attempts, lastError } = entry;
      const [acceptedAt, dueAt] = [new Date(entry.acceptedAt), new Date(entry.dueAt)];
      return [{ message, state, acceptedAt, dueAt, attempts, lastError }];
    });
  }
}

function isWaiting(record: OutboxRecord): record is OutboxRecord & { state: OutboxEntry['state'] } {
  return record.state === 'queued' || record.state === 'sending' || record.state === 'failed';
}
