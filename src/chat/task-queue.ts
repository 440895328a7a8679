/**
 * Runs tasks one after the other per key, and keys beside each other. Tasks must not reject. Memory is kept only for keys
 * that have work.
 */
export class TaskQueue {
  readonly #waiting = new Map<string, (() => Promise<void>)[]>();
  #idle: (() => void)[] = [];
  #closed = false;

  /** Adds a task behind the others of its key; its first step never runs within this call. */
  add(key: string, task: () => Promise<void>): void {
    if (this.#closed) return;
    const tasks = this.#waiting.get(key);
    if (tasks) {
      tasks.push(task);
      return;
    }
    this.#waiting.set(key, [task]);
    void this.#drain(key);
  }

  /** Drops what has not begun, and refuses what comes. Tasks that run go on; {@link TaskQueue.settled} waits for them. */
  close(): void {
    this.#closed = true;
    for (const tasks of this.#waiting.values()) tasks.length = 0;
  }

  /** Resolves when nothing runs and nothing waits. */
  settled(): Promise<void> {
    if (this.#waiting.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  async #drain(key: string): Promise<void> {
    await Promise.resolve();
    for (;;) {
      const tasks = this.#waiting.get(key);
      if (!tasks || tasks.length === 0) break;
      // Taken in one go: shifting a long array one by one would cost quadratic time.
      for (const task of tasks.splice(0)) {
        await task();
        if (this.#closed) break;
      }
    }
    this.#waiting.delete(key);
    if (this.#waiting.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }
}
