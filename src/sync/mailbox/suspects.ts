/** How often a mail alone may take the connection down before it is given up. One loss may well be the network's. */
const STRIKES = 3;

/**
 * Mails that were being fetched when a connection died. If one of them makes the server drop the line (or send rubbish), fetching
 * the same batch again would never end: each time the batch is halved, until the culprit is alone. Lives longer than a connection.
 */
export class Suspects {
  readonly #folders = new Map<string, { readonly uids: Set<number>; size: number; strikes: number }>();

  /** Most mails to fetch at once, for a batch that holds one of the suspects. */
  limit(folder: string, uids: readonly number[], normal: number): number {
    const suspects = this.#folders.get(folder);
    return suspects && uids.some((uid) => suspects.uids.has(uid)) ? Math.min(normal, suspects.size) : normal;
  }

  /** True for a mail that has proved itself to be the one: it is not to be fetched any more. */
  isCulprit(folder: string, uid: number): boolean {
    const suspects = this.#folders.get(folder);
    return suspects !== undefined && suspects.strikes >= STRIKES && suspects.uids.has(uid);
  }

  /** The connection died while these were being fetched. */
  blame(folder: string, uids: readonly number[]): void {
    const before = this.#folders.get(folder);
    const again = uids.length === 1 && before?.uids.size === 1 && before.uids.has(uids[0] ?? -1);
    this.#folders.set(folder, {
      uids: new Set(uids),
      size: Math.max(1, Math.ceil(uids.length / 2)),
      strikes: uids.length > 1 ? 0 : again ? before.strikes + 1 : 1,
    });
  }

  /** These are here, or done with. */
  clear(folder: string, uids: readonly number[]): void {
    const suspects = this.#folders.get(folder);
    if (!suspects) return;
    for (const uid of uids) suspects.uids.delete(uid);
    if (suspects.uids.size === 0) this.#folders.delete(folder);
  }
}
