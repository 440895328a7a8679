/** Objects by key, held weakly: one object per key for as long as somebody uses it. */
export class WeakCache<T extends object> {
  readonly #refs = new Map<string, WeakRef<T>>();
  readonly #registry = new FinalizationRegistry<string>((key) => {
    // A new object may have taken the place of the collected one meanwhile.
    if (this.#refs.get(key)?.deref() === undefined) this.#refs.delete(key);
  });

  /** The object with that key, if it is still in use. */
  get(key: string): T | undefined {
    return this.#refs.get(key)?.deref();
  }

  /** The object with that key; made now if there is none. */
  getOrMake(key: string, make: () => T): T {
    const known = this.get(key);
    if (known) return known;
    const made = make();
    this.#refs.set(key, new WeakRef(made));
    this.#registry.register(made, key);
    return made;
  }
}
