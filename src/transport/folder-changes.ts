/** What a folder looked like the last time we saw it. */
export interface FolderSnapshot {
  readonly uidValidity: string;
  readonly uidNext: number;
  readonly exists: number;
  readonly modSeq: bigint;
}

/**
 * Notices that folders changed, whether the server said so while they were open or they just look different when
 * opened again, and remembers it until someone waits for it: a change between two waits is never lost.
 */
export class FolderChanges {
  readonly #changed = new Set<string>();
  readonly #last = new Map<string, FolderSnapshot>();
  /** Folders for which the server announced something since they were opened: new numbers are explained by that. */
  readonly #announced = new Set<string>();
  readonly #waiting = new Map<string, Set<() => void>>();

  /** The server announced a change of this folder. */
  announce(path: string): void {
    this.#announced.add(path);
    this.#mark(path);
  }

  /** The folder is about to be closed or opened anew; this is how we knew it. */
  leave(path: string, snapshot: FolderSnapshot): void {
    this.#last.set(path, snapshot);
  }

  /** The folder was opened and looks like this. */
  enter(path: string, now: FolderSnapshot): void {
    const before = this.#last.get(path);
    const explained = this.#announced.delete(path);
    this.#last.set(path, now);
    if (!before) return;
    const news = now.uidNext > before.uidNext || now.modSeq > before.modSeq;
    if (now.uidValidity !== before.uidValidity || now.exists !== before.exists || (news && !explained))
      this.#mark(path);
  }

  /** True once if the folder changed since the last call that returned true. */
  take(path: string): boolean {
    return this.#changed.delete(path);
  }

  /** Calls back at the next change, once; the result takes the callback back. */
  wait(path: string, wake: () => void): () => void {
    const waiting = this.#waiting.get(path) ?? new Set();
    this.#waiting.set(path, waiting.add(wake));
    return () => {
      waiting.delete(wake);
      if (waiting.size === 0) this.#waiting.delete(path);
    };
  }

  #mark(path: string): void {
    this.#changed.add(path);
    for (const wake of [...(this.#waiting.get(path) ?? [])]) wake();
  }
}
