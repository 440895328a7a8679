import type { Transaction } from '../transaction.js';

/**
 * Notes whether all copies of a message lie in the folder for blocked mail, which hides it unless its sender was unblocked. To be called
 * when a copy came there, or when one went elsewhere or away.
 */
export async function confine(tx: Transaction, key: string): Promise<void> {
  const message = await tx.get('messages', key);
  if (message === undefined) return;
  const copies = await tx.list('locations', { index: 'byMessage', prefix: [key] });
  const confined = copies.length > 0 && copies.every(({ blocked }) => blocked === true);
  if (confined === (message.confined === true)) return;
  const { confined: _, ...rest } = message;
  tx.put('messages', confined ? { ...rest, confined } : rest);
}
