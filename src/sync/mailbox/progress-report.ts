import type { SyncProgress } from '../engine.js';
import type { SyncContext } from '../sync-context.js';

/** Counts what has been taken in over one connection, and tells the application. */
export class ProgressReport {
  readonly #context: SyncContext;
  readonly #done = new Map<string, number>();
  readonly #totals = new Map<string, number>();
  #phase: SyncProgress['phase'] = 'update';
  #usable = false;
  #complete = false;
  #last = '';

  constructor(context: SyncContext) {
    this.#context = context;
  }

  /** The connection is up, and what follows is this. `usable`: there is something to show already. */
  begin(phase: SyncProgress['phase'], usable: boolean): void {
    this.#phase = phase;
    this.#usable = usable;
    this.#complete = false;
  }

  /** A folder was opened and has so many mails. */
  async opened(path: string, exists: number): Promise<void> {
    this.#totals.set(path, exists);
    this.#last ||= path;
    if (this.#done.has(path)) return;
    this.#done.set(path, await this.#context.store.count('locations', { index: 'byFolder', prefix: [path] }));
  }

  /** Mails were taken in. */
  add(path: string, count: number): void {
    if (count === 0) return;
    const done = (this.#done.get(path) ?? 0) + count;
    this.#done.set(path, done);
    this.#last = path;
    this.#complete = false;
    this.#tell(path);
  }

  /** The newest chats can be shown. */
  usable(): void {
    this.#usable = true;
    if (this.#last) this.#tell(this.#last);
  }

  /** Every folder is in step. Told once until something happens again. */
  complete(): void {
    if (this.#complete) return;
    this.#complete = true;
    this.#tell(this.#last);
    // Whatever comes now is news.
    this.#phase = 'update';
  }

  #tell(folder: string): void {
    const done = this.#done.get(folder) ?? 0;
    this.#context.progress({
      phase: this.#phase,
      folder,
      done,
      total: Math.max(done, this.#totals.get(folder) ?? 0),
      usable: this.#usable,
      complete: this.#complete,
    });
  }
}
