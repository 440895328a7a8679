/** Records that one commit of the child puts. */
export const RECORDS_PER_COMMIT = 20;

/** Blob that commit n writes: larger than one row. */
export function blobOf(n: number): Uint8Array {
  return new Uint8Array(300_000).fill(n % 251);
}
