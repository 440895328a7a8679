/**
 * How long a server may take to say goodbye: one second of real time, because a socket knows nothing of a clock that is
 * turned by hand. Does not keep the process alive.
 */
export function moment(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1000).unref());
}
