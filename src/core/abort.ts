import { AbortedError } from './errors.js';

/** Options of every operation that can take long. */
export interface AbortOptions {
  /** Gives the operation up; it then rejects with an {@link AbortedError}. */
  readonly signal?: AbortSignal | undefined;
}

/** Throws an {@link AbortedError} if the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AbortedError(signal.reason);
}

/** Settles like the promise, or rejects with an {@link AbortedError} as soon as the signal fires. The work itself is not stopped. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  if (signal.aborted) {
    // Nobody listens to the work any more; that it fails later must not end the process.
    promise.catch(() => {});
    throw new AbortedError(signal.reason);
  }
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(new AbortedError(signal.reason));
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (onAbort) signal.removeEventListener('abort', onAbort);
  }
}
