import { abortable, throwIfAborted } from '../core/abort.js';
import { type Clock, sleep } from '../core/clock.js';
import { AuthError, CoiError, describe, NetworkError, StoreError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import type { Logger } from '../core/logger.js';
import type { RandomBytes } from '../core/random.js';
import type { ImapTransport } from '../transport/imap.js';
import { fullJitter } from './backoff.js';
import type { ConnectionState, StartOptions } from './engine.js';
import { type Deferred, deferred, fired, linked } from './signals.js';

/** What a {@link Connection} needs. */
export interface ConnectionOptions {
  readonly connectImap: () => ImapTransport;
  /** When this one closes there is no other. */
  readonly lent: boolean;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly logger: Logger;
  /** Works on a fresh connection until the signal fires (stop) or something fails; calls `usable` once the account can be shown. */
  readonly serve: (imap: ImapTransport, signal: AbortSignal, usable: () => void) => Promise<void>;
  /** Told of every change of state. */
  readonly onState: (state: ConnectionState, error: CoiError | undefined) => void;
}

/** One run from `start` to `stop` (or to a failure that ends it). */
interface Run {
  readonly stop: AbortController;
  readonly usable: Deferred<void>;
  readonly keepTrying: boolean;
  /** Fires to end the present wait. */
  wake: AbortController;
  done: Promise<void>;
}

/**
 * Keeps one IMAP connection up: connects, has it served, and connects again after it broke, with exponential back-off and full jitter.
 * Wrong credentials end the tries until there are new ones; a lent connection is never replaced.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  #run: Run | undefined;
  #state: ConnectionState = 'stopped';
  #error: CoiError | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** Present state. */
  get state(): ConnectionState {
    return this.#state;
  }

  /** Why the state is what it is, for `waiting`, `auth-needed` and `error`. */
  get error(): CoiError | undefined {
    return this.#error;
  }

  /**
   * Resolves when the account is usable for the first time. Without `keepTrying` the run ends if the first connection cannot be made; with it
   * only failures that time does not heal end it (wrong credentials, a server that refuses). A start that is aborted stops.
   */
  async start(options: StartOptions = {}): Promise<void> {
    throwIfAborted(options.signal);
    const running = this.#run;
    const run = running ?? this.#begin(options.keepTrying ?? false);
    try {
      await abortable(run.usable.promise, options.signal);
    } catch (thrown) {
      // Only the start that began it gives it up.
      if (options.signal?.aborted && run !== running) await this.stop();
      throw thrown;
    }
  }

  /** Disconnects, and waits until nothing runs any more. */
  async stop(): Promise<void> {
    const run = this.#run;
    if (run) {
      run.stop.abort();
      await run.done;
    }
    this.#set('stopped', undefined);
  }

  /** Ends the wait before the next try: the network is back. */
  wake(): void {
    if (this.#state === 'waiting') this.#run?.wake.abort();
  }

  /** There are new credentials: connects if that was what it waited for. */
  credentialsChanged(): void {
    if (this.#state !== 'auth-needed') return;
    if (this.#run) this.#run.wake.abort();
    else this.#begin(true);
  }

  #begin(keepTrying: boolean): Run {
    const run: Run = {
      stop: new AbortController(),
      usable: deferred(),
      keepTrying,
      wake: new AbortController(),
      done: Promise.resolve(),
    };
    this.#run = run;
    run.done = this.#loop(run).finally(() => {
      if (this.#run === run) this.#run = undefined;
      run.usable.reject(new CoiError('ABORTED', 'The account was stopped before it was in step with the server.'));
    });
    return run;
  }

  async #loop(run: Run): Promise<void> {
    const { lent, clock, random } = this.#options;
    let failures = 0;
    let everUsable = false;
    let everOnline = false;
    while (!run.stop.signal.aborted) {
      const failure = await this.#once(run.stop.signal, (how) => {
        everOnline = true;
        if (how === 'online') return;
        failures = 0;
        everUsable = true;
        run.usable.resolve();
      });
      if (run.stop.signal.aborted) return;
      const auth = needsCredentials(failure);
      // A connection that broke in the middle of the first sync is no reason to give up; one that was never there may be.
      const persistent = everUsable || ((run.keepTrying || everOnline) && isTransient(failure, everOnline));
      const hopeless = lent || !persistent;
      if (hopeless) {
        this.#set(auth ? 'auth-needed' : lent ? 'error' : 'stopped', failure);
        run.usable.reject(failure);
        return;
      }
      failures += 1;
      run.wake = new AbortController();
      const wait = linked(run.stop.signal, run.wake.signal);
      this.#set(auth ? 'auth-needed' : 'waiting', failure);
      if (auth) await fired(wait.signal);
      else {
        const bounds = { min: limits.reconnectMinMs, max: limits.reconnectMaxMs };
        await sleep(clock, fullJitter(failures, bounds, random), wait.signal);
      }
      wait.release();
    }
  }

  /** One connection from beginning to end; returns why it ended. */
  async #once(stop: AbortSignal, reached: (how: 'online' | 'usable') => void): Promise<CoiError> {
    this.#set('connecting', undefined);
    let imap: ImapTransport | undefined;
    let lost: Error | undefined;
    try {
      imap = this.#options.connectImap();
      imap.on('close', (error) => {
        lost ??= error;
      });
      await imap.connect({ signal: stop });
      reached('online');
      this.#set('online', undefined);
      await this.#options.serve(imap, stop, () => reached('usable'));
      return asCoiError(lost);
    } catch (thrown) {
      // What the work says last is only that the connection is gone; the connection knows why. A failure of our own comes first.
      return asCoiError(thrown instanceof StoreError || !lost ? thrown : lost);
    } finally {
      await imap?.close().catch((thrown) => {
        this.#options.logger.log('debug', `Closing the IMAP connection failed: ${describe(thrown)}`);
      });
    }
  }

  #set(state: ConnectionState, error: CoiError | undefined): void {
    if (state === this.#state && error === this.#error) return;
    this.#state = state;
    this.#error = error;
    this.#options.onState(state, error);
  }
}

/** True if only new credentials help. An application's token function that failed (`TOKEN_FAILED`) may well succeed next time. */
export function needsCredentials(error: unknown): boolean {
  return error instanceof AuthError && error.code !== 'TOKEN_FAILED';
}

function isTransient(error: CoiError, online: boolean): boolean {
  return error instanceof NetworkError || (online && error.code === 'SERVER_MISBEHAVED');
}

function asCoiError(thrown: unknown): CoiError {
  if (thrown instanceof CoiError) return thrown;
  return new NetworkError(
    'CONNECTION_LOST',
    thrown === undefined ? 'The IMAP server closed the connection.' : `The IMAP connection ended: ${describe(thrown)}`,
    { cause: thrown },
  );
}
