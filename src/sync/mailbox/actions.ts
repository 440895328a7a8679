import { limits } from '../../core/limits.js';
import type { ActionRecord, LocationRecord } from '../../store/records.js';
import type { ImapTransport } from '../../transport/imap.js';
import { removeLocations, updateFlags } from '../ingest/locations.js';
import type { SyncContext } from '../sync-context.js';

/** What is done to copies in folders; receipts are mails. */
type FolderAction = ActionRecord & { readonly kind: 'seen' | 'remove' };

/** Copies of one folder that something is to be done with. */
interface FolderWork {
  readonly folder: string;
  readonly uidValidity: string;
  readonly seen: LocationRecord[];
  readonly remove: LocationRecord[];
}

/**
 * Does on the server what was done here: `\Seen` on all copies of read messages, and deletion of deleted ones. One STORE and one expunge per
 * folder and batch. Actions are in the store, so that they survive being offline; done twice they do no harm.
 *
 * Returns true if there may be more.
 */
export async function performActions(context: SyncContext, imap: ImapTransport, signal: AbortSignal): Promise<boolean> {
  const { store, writer } = context;
  const actions: FolderAction[] = [];
  for (const kind of ['seen', 'remove'] as const) {
    const query = { index: 'byKind', prefix: [kind], limit: limits.syncBatch - actions.length } as const;
    for (const action of await store.list('actions', query)) actions.push({ ...action, kind });
    if (actions.length === limits.syncBatch) break;
  }
  if (actions.length === 0) return false;
  for (const work of await workOf(context, actions)) await perform(context, imap, work, signal);
  await writer.run(async (tx) => {
    for (const { key } of actions) tx.remove('actions', key);
  });
  return actions.length === limits.syncBatch;
}

async function workOf({ store }: SyncContext, actions: readonly FolderAction[]): Promise<Iterable<FolderWork>> {
  const works = new Map<string, FolderWork>();
  for (const { kind, message } of actions) {
    for (const location of await store.list('locations', { index: 'byMessage', prefix: [message] })) {
      if (kind === 'seen' && location.flags.includes('\\Seen')) continue;
      const { folder, uidValidity } = location;
      const key = `${folder}\n${uidValidity}`;
      const work = works.get(key) ?? { folder, uidValidity, seen: [], remove: [] };
      works.set(key, work);
      work[kind].push(location);
    }
  }
  return works.values();
}

async function perform(
  { writer }: SyncContext,
  imap: ImapTransport,
  { folder, uidValidity, seen, remove }: FolderWork,
  signal: AbortSignal,
): Promise<void> {
  const same = await imap.withFolder(
    folder,
    async (session) => {
      // Made anew since: these UIDs mean other mails now. The folder's next pass finds the copies again.
      if (session.state.uidValidity !== uidValidity || session.state.readOnly) return false;
      if (seen.length > 0) await session.store(uidsOf(seen), { add: ['\\Seen'] });
      if (remove.length > 0) await session.expunge(uidsOf(remove));
      return true;
    },
    { signal },
  );
  if (!same) return;
  await writer.run(async (tx) => {
    const flags = seen.map((location) => ({ uid: location.uid, flags: [...location.flags, '\\Seen'] }));
    await updateFlags(tx, folder, uidValidity, flags);
    await removeLocations(tx, folder, uidValidity, uidsOf(remove));
  });
}

function uidsOf(locations: readonly LocationRecord[]): number[] {
  return locations.map(({ uid }) => uid).sort((a, b) => a - b);
}
