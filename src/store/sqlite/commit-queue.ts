/** Work of one commit, waiting for its transaction. */
interface Job {
  /** Runs the work; says how to settle its promise once the transaction is on disk. */
  run(): () => void;
  reject(error: unknown): void;
}

/** Longest time that waiting commits are put into one transaction before the event loop gets its turn. */
const TURN_MS = 20;

/**
 * Group commit: commits that are waiting at the same time share one transaction, and with it the wait for the disk. Each has a
 * savepoint of its own, so that they succeed and fail one by one.
 */
export class CommitQueue {
  readonly #execute: (sql: string) => void;
  #jobs: Job[] = [];
  #scheduled = false;

  /** @param execute runs a statement; throws if SQLite fails. */
  constructor(execute: (sql: string) => void) {
    this.#execute = execute;
  }

  /** Runs work that writes, everything or nothing; resolves once it is on disk. */
  write<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const run = () => {
        const value = work();
        return () => resolve(value);
      };
      this.#jobs.push({ run, reject });
      this.#schedule();
    });
  }

  /** Does the waiting commits now. */
  flush(): void {
    while (this.#jobs.length > 0) this.#transaction();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#jobs.length > 0) this.#transaction();
      if (this.#jobs.length > 0) this.#schedule();
    });
  }

  /** One transaction for the commits that are waiting, as far as they fit into one turn. */
  #transaction(): void {
    const end = performance.now() + TURN_MS;
    const waiting = this.#jobs;
    this.#jobs = [];
    const settle: (() => void)[] = [];
    let done = 0;
    try {
      this.#execute('BEGIN IMMEDIATE');
      for (const job of waiting) {
        done++;
        this.#execute('SAVEPOINT job');
        try {
          settle.push(job.run());
        } catch (error) {
          this.#undoJob(error);
          settle.push(() => job.reject(error));
        }
        this.#execute('RELEASE job');
        if (performance.now() > end) break;
      }
      this.#execute('COMMIT');
    } catch (error) {
      // The transaction as a whole failed (the disk is full, say): nothing of it was written.
      this.#rollback();
      for (const job of waiting) job.reject(error);
      return;
    }
    this.#jobs = [...waiting.slice(done), ...this.#jobs];
    for (const settleJob of settle) settleJob();
  }

  /** Takes back what one commit wrote; throws the error of its failure if SQLite has given up the whole transaction over it. */
  #undoJob(error: unknown): void {
    try {
      this.#execute('ROLLBACK TO job');
    } catch {
      throw error;
    }
  }

  #rollback(): void {
    try {
      this.#execute('ROLLBACK');
    } catch {
      // SQLite has done it already.
    }
  }
}
