import type { FolderRecord } from '../../store/records.js';
import type { Store } from '../../store/store.js';
import type { ImapFolderSession } from '../../transport/imap.js';

/** How the UIDs of a folder differ from those we know. */
export interface UidDifference {
  /** Known here, no longer there. */
  readonly vanished: number[];
  /** There, but not known here. */
  readonly missing: number[];
}

/** Ranges of so many UIDs are compared one by one; larger ones are counted first. */
const COMPARE = 256;

/**
 * Compares a folder that is known as a whole with the server: cheaply by their numbers, and only if these differ by UID SEARCH, halving the
 * range until the places where something changed are found.
 */
export async function compareUids(
  store: Store,
  folder: ImapFolderSession,
  record: FolderRecord,
  signal: AbortSignal,
): Promise<UidDifference> {
  const difference: UidDifference = { vanished: [], missing: [] };
  const known = await store.count('locations', { index: 'byFolder', prefix: [record.path] });
  if (known === folder.state.exists) return difference;
  const there = (await folder.uids({ signal })).filter((uid) => uid < record.uidNext);
  await compare({ store, path: record.path, difference }, there, 0, record.uidNext);
  return difference;
}

interface Comparison {
  readonly store: Store;
  readonly path: string;
  readonly difference: UidDifference;
}

/** Compares the UIDs from `low` up to `high`, not included. `there` has the server's ones in that range, ascending. */
async function compare(comparison: Comparison, there: readonly number[], low: number, high: number): Promise<void> {
  const { store, path, difference } = comparison;
  const range = { index: 'byFolder', prefix: [path], after: [low - 1], before: [high] } as const;
  if (there.length > COMPARE) {
    if ((await store.count('locations', range)) === there.length) return;
    const middle = there.length >> 1;
    const border = there[middle] ?? high;
    await compare(comparison, there.slice(0, middle), low, border);
    await compare(comparison, there.slice(middle), border, high);
    return;
  }
  const here = new Set((await store.list('locations', range)).map(({ uid }) => uid));
  for (const uid of there) if (!here.delete(uid)) difference.missing.push(uid);
  difference.vanished.push(...here);
}
