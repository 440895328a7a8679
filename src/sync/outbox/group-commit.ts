import type { StateWriter } from '../state-writer.js';
import type { Transaction } from '../transaction.js';

/** One change of records; runs in a transaction together with others. */
export type Mutation = (tx: Transaction) => Promise<void>;

/**
 * Gathers small changes while the writer is busy, and writes them in one transaction: many messages that are handed over at
 * the same time then cost few commits.
 */
export class GroupCommit {
  readonly #writer: StateWriter;
  #waiting: Mutation[] = [];
  #next: Promise<void> | undefined;

  constructor(writer: StateWriter) {
    this.#writer = writer;
  }

  /** Resolves when the change is committed. */
  add(mutation: Mutation): Promise<void> {
    this.#waiting.push(mutation);
    this.#next ??= this.#writer.run(async (tx) => {
      const mutations = this.#waiting;
      this.#waiting = [];
      this.#next = undefined;
      for (const mutate of mutations) await mutate(tx);
    });
    return this.#next;
  }
}
