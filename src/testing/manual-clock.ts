import type { Clock } from '../core/clock.js';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/**
 * A clock that stands still until the test moves it, so that retries, back-offs and expiries are tested without waiting.
 *
 * ```ts
 * const clock = new ManualClock();
 * clock.after(60_000, () => console.log('a minute later'));
 * clock.advance(60_000);
 * ```
 */
export class ManualClock implements Clock {
  #now: number;
  #order = 0;
  readonly #timers = new Set<Timer>();

  /** @param start Milliseconds since 1970; default 2026-01-01T00:00:00Z. */
  constructor(start: number | Date = Date.UTC(2026, 0, 1)) {
    this.#now = Number(start);
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, ms), order: this.#order++, callback };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** Number of timers that wait. A test can assert that `close()` left none behind. */
  get pending(): number {
    return this.#timers.size;
  }

  /**
   * Moves the time forward by `ms` milliseconds and runs what falls due, in the order of time and then of setting.
   * Each callback sees the very time it was set for; timers that callbacks set run too if they fall into the span.
   * Promises settled by callbacks continue only after this returns; see {@link ManualClock.advanceAsync}.
   */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let timer = this.#next(end); timer; timer = this.#next(end)) this.#fire(timer);
    this.#now = end;
  }

  /** Like {@link ManualClock.advance}, but lets promises and I/O callbacks run after each timer. */
  async advanceAsync(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (let timer = this.#next(end); timer; timer = this.#next(end)) {
      this.#fire(timer);
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#now = end;
  }

  #fire(timer: Timer): void {
    this.#timers.delete(timer);
    this.#now = Math.max(this.#now, timer.at);
    timer.callback();
  }

  #next(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at > end) continue;
      if (!next || timer.at < next.at || (timer.at === next.at && timer.order < next.order)) next = timer;
    }
    return next;
  }
}
