import type { Message } from '../chat/handles.js';
import type { AccountSession } from '../chat/session.js';
import { type Clock, sleep } from '../core/clock.js';
import { describe, HandlerError } from '../core/errors.js';

/** Tries of a failing handler in one run, and of one in whose time the process ended, over several runs. */
const MAX_TRIES = 3;
const MAX_RESTARTS = 5;
/** Wait before the second try; four times as long before the next one. */
const RETRY_MS = 1_000;

/** What {@link Delivery} works with. */
export interface DeliveryOptions {
  readonly session: AccountSession;
  readonly clock: Clock;
  /** Runs the application's handlers. */
  readonly run: (message: Message) => Promise<void>;
}

/**
 * Brings every message to the bot's handlers until they have finished with it: across failures, across restarts. A
 * message that makes the handlers fail again and again is given up with an `error` event, so that it cannot stop its
 * chat, nor the process, for ever.
 */
export class Delivery {
  readonly #session: AccountSession;
  readonly #clock: Clock;
  readonly #run: (message: Message) => Promise<void>;
  readonly #stopping = new AbortController();
  /** Messages that a former run had not finished with. */
  #unfinished = new Set<string>();

  constructor({ session, clock, run }: DeliveryOptions) {
    this.#session = session;
    this.#clock = clock;
    this.#run = run;
  }

  /** Takes up what a former run left unfinished. */
  async resume(): Promise<void> {
    this.#unfinished = new Set(await this.#session.pending());
    await this.#session.redeliver([...this.#unfinished]);
  }

  /** Ends the waiting for another try; those messages are handled at the next start. */
  stop(): void {
    this.#stopping.abort();
  }

  /** Handles one message. Never rejects. */
  async deliver(message: Message): Promise<void> {
    // Nobody waits for an answer to what came from here; such messages are not pending either.
    if (message.fromMe) return;
    try {
      if (isForBot(message) && (await this.#mayTry(message))) {
        const finished = await this.#handle(message);
        if (!finished) return;
      }
      await this.#session.acknowledge(message.id);
      await this.#forget(message.id);
    } catch (thrown) {
      await this.#session.fail(thrown);
    }
  }

  /** True when the handlers have finished, or have failed for good. */
  async #handle(message: Message): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#run(message);
        return true;
      } catch (thrown) {
        if (this.#stopping.signal.aborted) return false;
        if (attempt === MAX_TRIES) {
          await this.#session.hub.report(new HandlerError('message', message, thrown));
          return true;
        }
        this.#session.log('warn', `A handler failed and is tried again: ${describe(thrown)}`, { message: message.id });
        await sleep(this.#clock, RETRY_MS * 4 ** (attempt - 1), this.#stopping.signal);
        if (this.#stopping.signal.aborted) return false;
      }
    }
  }

  /**
   * Counts the runs of a message that an earlier process left unfinished: it may be the very message that ended it. Only
   * these are counted, so that the ordinary ones cost no extra commit.
   */
  async #mayTry(message: Message): Promise<boolean> {
    if (!this.#unfinished.has(message.id)) return true;
    const key = settingOf(message.id);
    const [setting] = await this.#session.store.get('settings', [key]);
    const runs = (typeof setting?.value === 'number' ? setting.value : 0) + 1;
    if (runs > MAX_RESTARTS) {
      const cause = new Error(`the process ended ${MAX_RESTARTS} times while it was being handled`);
      await this.#session.hub.report(new HandlerError('message', message, cause));
      return false;
    }
    await this.#session.writer.run(async (tx) => tx.put('settings', { key, value: runs }));
    return true;
  }

  async #forget(id: string): Promise<void> {
    if (!this.#unfinished.delete(id)) return;
    await this.#session.writer.run(async (tx) => tx.remove('settings', settingOf(id)));
  }
}

/** Bots answer people: not other programs, not lists, and not what only says that somebody was added. */
function isForBot(message: Message): boolean {
  return !message.automatic && message.chat.kind !== 'list' && message.changes.length === 0 && !message.deleted;
}

function settingOf(id: string): string {
  return `bot-runs\n${id}`;
}
