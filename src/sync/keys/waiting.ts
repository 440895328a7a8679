import type { Transaction } from '../transaction.js';

/** What a copy waits for that only one of our own keys can open. */
export const OWN_KEY = 'own';

/** What a copy waits for whose signature was made with a key of that sender that is not known. */
export function keyOfPeer(address: string): string {
  return `peer:${address}`;
}

/** A key that a copy waits for, and what was known of such keys when it was read. */
export interface Waiting {
  readonly waitsFor: string;
  /** Names the keys that were there: if there are others when the copy is taken in, it is read again. */
  readonly seen: string;
}

/** Notes down that the copies which waited for such a key are to be read again, if there are any. */
export async function retryWaiting(tx: Transaction, waitsFor: string): Promise<void> {
  const waiting = await tx.list('locations', { index: 'waiting', prefix: [waitsFor], limit: 1 });
  if (waiting.length > 0) await retry(tx, waitsFor);
}

/** The same for a copy that is just being taken in, if the key came while it was read, or with it (`fresh`). */
export async function retryIfOutdated(
  tx: Transaction,
  { waitsFor, seen }: Waiting,
  fresh: ReadonlySet<string>,
): Promise<void> {
  if (fresh.has(waitsFor) || seen !== (await stateOf(tx, waitsFor))) await retry(tx, waitsFor);
}

/** Names the own keys. */
export function ownKeyState(fingerprints: Iterable<string>): string {
  return [...fingerprints].sort().join();
}

async function retry(tx: Transaction, waitsFor: string): Promise<void> {
  const before = await tx.get('retries', waitsFor);
  tx.put('retries', { waitsFor, at: Math.max(tx.now, (before?.at ?? 0) + 1) });
}

async function stateOf(tx: Transaction, waitsFor: string): Promise<string> {
  if (waitsFor === OWN_KEY) return ownKeyState((await tx.list('ownKeys')).map(({ fingerprint }) => fingerprint));
  const peer = await tx.get('peers', waitsFor.slice(keyOfPeer('').length));
  return peer?.state.direct?.key ?? '';
}
