/**
 * The only source of time and timers, so that tests can turn the clock by hand. Every timer returns its own cancel
 * function; whoever sets one has to cancel it in `close()`.
 */
export interface Clock {
  /** Milliseconds since 1970 (like `Date.now()`). */
  now(): number;
  /** Calls back once after `ms` milliseconds; the result cancels it. */
  after(ms: number, callback: () => void): () => void;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    // Longer delays overflow Node's 32-bit timers and would fire at once.
    const timer = setTimeout(callback, Math.min(ms, 2 ** 31 - 1));
    return () => clearTimeout(timer);
  },
};

/** Resolves after `ms` milliseconds, or at once (without an error) when the signal fires. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}
