import type { ImapFlow, ImapResponse } from 'imapflow';
import { abortable, throwIfAborted } from '../core/abort.js';
import type { Clock } from '../core/clock.js';
import { type CoiError, NetworkError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import { imapError, misbehaved } from './imap-errors.js';
import { type CommandArgument, exec } from './imapflow-exec.js';
import { Mutex } from './mutex.js';
import { type Endpoint, nameOf } from './network-errors.js';

/** Options of one command. */
export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
  /** Octets that go up with it: they get time of their own. */
  readonly sending?: number;
}

/**
 * One connected ImapFlow: commands run one at a time, each within bounds of time and received octets, and whatever
 * goes wrong comes out as one of our errors.
 */
export class ImapLink {
  readonly #commands = new Mutex();
  #lost: CoiError | undefined;
  #count = 0;

  constructor(
    readonly flow: ImapFlow,
    readonly endpoint: Endpoint,
    readonly clock: Clock,
    /** True if the connection belongs to the caller: not patched, and not logged out by us. */
    readonly lent: boolean,
  ) {
    // An `error` event without a listener would end the process.
    flow.on('error', this.#onError);
  }

  readonly #onError = (error: Error): void => {
    this.#lost ??= imapError(error, this.endpoint);
  };

  /** Why the connection was lost, as far as anything said so. */
  get lost(): CoiError | undefined {
    return this.#lost;
  }

  /** Number of commands so far. */
  get commands(): number {
    return this.#count;
  }

  /** True while commands can be sent. */
  get usable(): boolean {
    return this.flow.usable && !this.flow.isClosed;
  }

  /** Takes our listener off again (lent connections). */
  release(): void {
    this.flow.off('error', this.#onError);
  }

  /** Runs something that uses the connection, alone. When the signal fires the caller is let go; the command itself runs to its end. */
  async run<T>(work: () => Promise<T>, options: RunOptions = {}): Promise<T> {
    const { signal, sending = 0 } = options;
    const done = this.#commands.run(() => {
      throwIfAborted(signal);
      this.#count++;
      return this.#bounded(work, sending);
    }, signal);
    return abortable(done, signal);
  }

  /** Sends one command of our own. */
  async execute(
    command: string,
    args: readonly CommandArgument[],
    untagged?: Record<string, (response: ImapResponse) => void>,
    options?: RunOptions,
  ): Promise<ImapResponse> {
    return this.run(() => exec(this.flow, command, args, untagged), options);
  }

  /** Closes the connection because the server cannot be talked to any more. */
  abandon(error: CoiError): void {
    this.#lost ??= error;
    // A lent one, too: left open, its commands would wait for ever.
    this.flow.close();
  }

  async #bounded<T>(work: () => Promise<T>, sending: number): Promise<T> {
    const { flow, clock } = this;
    const before = flow.stats().received;
    const deadline = clock.now() + limits.commandMs + (sending / limits.uploadBytesPerSecond) * 1000;
    let cancel = clock.after(1000, check.bind(this));
    try {
      return await work();
    } catch (thrown) {
      throw this.errorOf(thrown);
    } finally {
      cancel();
    }

    function check(this: ImapLink): void {
      const received = flow.stats().received - before;
      if (received > limits.imapCommandBytes) {
        this.abandon(misbehaved(this.endpoint, `${received} octets in answer to one command`));
      } else if (clock.now() >= deadline) {
        this.abandon(new NetworkError('TIMEOUT', `${nameOf(this.endpoint)} did not finish a command in time.`));
      } else {
        cancel = clock.after(1000, check.bind(this));
      }
    }
  }

  /** Why nothing can be sent any more, with the words of the server's BYE. */
  gone(): CoiError {
    return this.errorOf({ code: 'NoConnection', reason: this.flow.byeReason });
  }

  /** One of our errors; once the connection is gone, the reason for that. */
  errorOf(thrown: unknown): CoiError {
    if (!this.usable && this.#lost) return this.#lost;
    return imapError(thrown, this.endpoint);
  }
}
