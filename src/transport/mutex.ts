import { abortable } from '../core/abort.js';

/** Runs pieces of asynchronous work one after the other, in the order of the calls. */
export class Mutex {
  #tail: Promise<void> = Promise.resolve();

  /**
   * Waits for its turn, then runs the work.
   *
   * @param signal gives up the waiting; work that has begun is not touched.
   * @throws AbortedError while waiting, or whatever the work throws.
   */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const before = this.#tail;
    let release: () => void = () => {};
    this.#tail = new Promise((resolve) => {
      release = resolve;
    });
    try {
      await abortable(before, signal);
    } catch (aborted) {
      before.then(release);
      throw aborted;
    }
    try {
      return await work();
    } finally {
      release();
    }
  }
}
