import { compareTuples } from './order.js';
import type { IndexValue } from './store.js';

/** Tuples per leaf: small enough that inserting moves little, large enough that there are few leaves. */
const LEAF = 256;

type Tuple = readonly IndexValue[];

/** Distinct tuples in order: a list of sorted leaves, so that adding and removing cost O(log n + leaf). */
export class SortedList {
  readonly #leaves: Tuple[][] = [];

  /** Adds a tuple that is not in the list yet. */
  add(tuple: Tuple): void {
    const at = Math.min(this.#leafOf(tuple), Math.max(this.#leaves.length - 1, 0));
    const leaf = this.#leaves[at];
    if (!leaf) {
      this.#leaves.push([tuple]);
      return;
    }
    leaf.splice(lowerBound(leaf, tuple), 0, tuple);
    if (leaf.length > LEAF) this.#leaves.splice(at + 1, 0, leaf.splice(LEAF / 2));
  }

  /** Removes a tuple; no effect if it is not there. */
  remove(tuple: Tuple): void {
    const at = this.#leafOf(tuple);
    const leaf = this.#leaves[at];
    if (!leaf) return;
    const i = lowerBound(leaf, tuple);
    const found = leaf[i];
    if (!found || compareTuples(found, tuple) !== 0) return;
    leaf.splice(i, 1);
    if (leaf.length === 0) this.#leaves.splice(at, 1);
  }

  /** Walks upwards from the first tuple that is not below `from` (which may be a beginning of tuples). */
  *upwards(from: Tuple): Generator<Tuple> {
    const start = this.#leafOf(from);
    for (let at = start; at < this.#leaves.length; at++) {
      const leaf = this.#leaves[at] as Tuple[];
      for (let i = at === start ? lowerBound(leaf, from) : 0; i < leaf.length; i++) yield leaf[i] as Tuple;
    }
  }

  /** Walks downwards from the last tuple that is not above `from` (which may be a beginning of tuples). */
  *downwards(from: Tuple): Generator<Tuple> {
    let at = this.#leafOf(from, true);
    if (at === this.#leaves.length) at--;
    for (const start = at; at >= 0; at--) {
      const leaf = this.#leaves[at] as Tuple[];
      for (let i = (at === start ? upperBound(leaf, from) : leaf.length) - 1; i >= 0; i--) yield leaf[i] as Tuple;
    }
  }

  /** First leaf whose last tuple is not below the given one (`beyond`: is above it); the number of leaves if there is none. */
  #leafOf(tuple: Tuple, beyond = false): number {
    return search(this.#leaves.length, (at) => {
      const leaf = this.#leaves[at] as Tuple[];
      const order = compareTuples(leaf[leaf.length - 1] as Tuple, tuple);
      return beyond ? order > 0 : order >= 0;
    });
  }
}

function lowerBound(leaf: readonly Tuple[], tuple: Tuple): number {
  return search(leaf.length, (i) => compareTuples(leaf[i] as Tuple, tuple) >= 0);
}

function upperBound(leaf: readonly Tuple[], tuple: Tuple): number {
  return search(leaf.length, (i) => compareTuples(leaf[i] as Tuple, tuple) > 0);
}

/** Smallest number below `length` that satisfies a monotone test, else `length`. */
function search(length: number, test: (i: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (test(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
