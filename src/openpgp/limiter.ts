import { type AbortOptions, throwIfAborted } from '../core/abort.js';
import { limits } from '../core/limits.js';

/** Lets only so much work run at a time, first come, first served. */
export class Limiter {
  readonly #capacity: number;
  readonly #waiting: { readonly weight: number; readonly start: () => void }[] = [];
  #used = 0;

  /** @param capacity Sum of the weights that may run at a time. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /**
   * Runs the work when there is room for its weight; a weight beyond the capacity counts as all of it. What waits is
   * given up when the signal fires, what runs is not.
   */
  async run<T>(weight: number, work: () => Promise<T>, { signal }: AbortOptions = {}): Promise<T> {
    throwIfAborted(signal);
    const needed = Math.min(weight, this.#capacity);
    if (this.#waiting.length > 0 || this.#used + needed > this.#capacity) await this.#turn(needed, signal);
    else this.#used += needed;
    try {
      throwIfAborted(signal);
      return await work();
    } finally {
      this.#used -= needed;
      this.#startNext();
    }
  }

  #turn(weight: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const start = () => {
        signal?.removeEventListener('abort', giveUp);
        this.#used += weight;
        resolve();
      };
      const entry = { weight, start };
      // Started, so that `run` notices the signal and gives the place back.
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1);
        start();
      };
      this.#waiting.push(entry);
      signal?.addEventListener('abort', giveUp, { once: true });
    });
  }

  #startNext(): void {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      if (this.#used + next.weight > this.#capacity) return;
      this.#waiting.shift();
      next.start();
    }
  }
}

/** What bounds the memory for encrypted mails: one for the process, as memory is. */
const limiter = new Limiter(limits.pgpConcurrency);

/** Runs an operation on that many octets: small ones several at a time, a large one alone. */
export function withinMemory<T>(octets: number, work: () => Promise<T>, options: AbortOptions = {}): Promise<T> {
  return limiter.run(octets > limits.pgpSmallMailBytes ? limits.pgpConcurrency : 1, work, options);
}
