import { ImapBad } from './errors.js';

/** A set of numbers as ranges; `*` is kept as Infinity until it is known what it stands for. */
export type SequenceSet = readonly (readonly [from: number, to: number])[];

/** Parses a sequence set (RFC 9051 9, `sequence-set`). */
export function parseSequenceSet(text: string): SequenceSet {
  return text.split(',').map((piece) => {
    const [first, second, ...rest] = piece.split(':');
    const from = endpoint(first);
    const to = second === undefined ? from : endpoint(second);
    if (rest.length > 0) throw new ImapBad(`Invalid sequence set: ${text}`);
    return [Math.min(from, to), Math.max(from, to)];
  });
}

/** True if the text is meant as a sequence set. */
export function isSequenceSet(text: string): boolean {
  return /^[0-9*][0-9*:,]*$/.test(text);
}

function endpoint(text: string | undefined): number {
  if (text === '*') return Number.POSITIVE_INFINITY;
  const value = /^\d{1,10}$/.test(text ?? '') ? Number(text) : 0;
  if (value < 1) throw new ImapBad(`Invalid sequence number: ${text}`);
  return value;
}

/**
 * The items whose numbers are in the set, each once, in order. `numberOf` has to ascend with the index. The cost is that
 * of the result, whatever range a client writes.
 */
export function select<T>(items: readonly T[], set: SequenceSet, numberOf: (item: T, index: number) => number): T[] {
  const last = items.length - 1;
  const largest = last >= 0 ? numberOf(items[last] as T, last) : 0;
  const ranges = set
    .map(([from, to]) => {
      // `*` is the largest number; `n:*` beyond it means the last one (RFC 9051 6.4.8).
      const low = Math.min(from, to === Number.POSITIVE_INFINITY ? largest : from);
      return [low, Math.min(to, largest)] as const;
    })
    .sort((a, b) => a[0] - b[0]);
  const found: T[] = [];
  let index = 0;
  for (const [from, to] of ranges) {
    index = Math.max(index, lowerBound(items, from, numberOf));
    for (; index < items.length && numberOf(items[index] as T, index) <= to; index++) found.push(items[index] as T);
  }
  return found;
}

/** Index of the first item whose number is at least `wanted`. */
export function lowerBound<T>(
  items: readonly T[],
  wanted: number,
  numberOf: (item: T, index: number) => number,
): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numberOf(items[middle] as T, middle) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Writes ascending or arbitrary numbers in order, runs as ranges (COPYUID needs the order kept). */
export function formatSequenceSet(numbers: readonly number[]): string {
  const pieces: string[] = [];
  for (let start = 0; start < numbers.length; ) {
    let end = start;
    while (end + 1 < numbers.length && numbers[end + 1] === (numbers[end] as number) + 1) end++;
    pieces.push(start === end ? `${numbers[start]}` : `${numbers[start]}:${numbers[end]}`);
    start = end + 1;
  }
  return pieces.join(',');
}
