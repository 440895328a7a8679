import type { RandomBytes } from '../core/random.js';

/** Bounds of an exponential back-off, milliseconds. */
export interface BackoffBounds {
  readonly min: number;
  readonly max: number;
}

/** A random number from 0 up to 1, not included. */
function fraction(random: RandomBytes): number {
  const [high = 0, middle = 0, low = 0] = random(3);
  return ((high << 16) | (middle << 8) | low) / 2 ** 24;
}

/**
 * How long to wait before the next try: exponential with full jitter, so that many clients that lost the same server do not come
 * back at the same moment. `failures` counts those so far, 1 for the first.
 */
export function fullJitter(failures: number, bounds: BackoffBounds, random: RandomBytes): number {
  return Math.floor(fraction(random) * ceiling(failures, bounds));
}

/**
 * The same with at least half of the wait, for a server that answered and asked to come back later: at once would be of no use.
 */
export function halfJitter(failures: number, bounds: BackoffBounds, random: RandomBytes): number {
  return Math.floor(((1 + fraction(random)) / 2) * ceiling(failures, bounds));
}

function ceiling(failures: number, { min, max }: BackoffBounds): number {
  // 2^30 × min is beyond every max; larger powers would overflow into Infinity.
  return Math.min(max, min * 2 ** Math.min(Math.max(failures - 1, 0), 30));
}
