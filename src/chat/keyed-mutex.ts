/** Runs the work given for one key one after the other, in the order of the calls. */
export class KeyedMutex {
  readonly #tails = new Map<string, Promise<unknown>>();

  /** Settles like `work`, which begins when all earlier work of that key has settled. */
  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    const result = before.then(work, work);
    // The tail never rejects by itself; the caller gets the rejection from `result`.
    const tail = result.then(
      () => undefined,
      () => undefined,
    );
    this.#tails.set(key, tail);
    void tail.then(() => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    });
    return result;
  }
}
