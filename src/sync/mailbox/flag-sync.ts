import { limits } from '../../core/limits.js';
import type { FolderRecord } from '../../store/records.js';
import type { ImapFlags, ImapFolderSession } from '../../transport/imap.js';
import { updateFlags } from '../ingest/locations.js';
import { patchFolder, type SyncContext } from '../sync-context.js';

/**
 * Takes over flags that other devices set: what changed since the last time where the server keeps count (CONDSTORE, RFC 7162), else
 * those of the newest mails.
 */
export async function syncFlags(
  context: SyncContext,
  folder: ImapFolderSession,
  record: FolderRecord,
  signal: AbortSignal,
): Promise<void> {
  const now = folder.state.highestModSeq;
  if (now === undefined) return write(context, record, await newestFlags(context, folder, record, signal));
  if (now === record.modSeq) return;
  // A folder that was met just now has no older flags to compare with.
  const changed =
    record.modSeq === undefined
      ? []
      : await folder.flags({ from: 1, to: '*' }, { changedSince: record.modSeq, signal });
  await write(context, record, changed, now);
}

async function newestFlags(
  { store }: SyncContext,
  folder: ImapFolderSession,
  record: FolderRecord,
  signal: AbortSignal,
): Promise<ImapFlags[]> {
  const newest = await store.list('locations', {
    index: 'byFolder',
    prefix: [record.path],
    reverse: true,
    limit: limits.flagWindow,
  });
  const uids = newest.map(({ uid }) => uid).reverse();
  return uids.length > 0 ? folder.flags(uids, { signal }) : [];
}

async function write(
  { writer }: SyncContext,
  { path, uidValidity }: FolderRecord,
  flags: readonly ImapFlags[],
  modSeq?: string,
): Promise<void> {
  for (let i = 0; i < flags.length; i += limits.syncBatch) {
    const slice = flags.slice(i, i + limits.syncBatch);
    await writer.run((tx) => updateFlags(tx, path, uidValidity, slice));
  }
  if (modSeq !== undefined) await writer.run((tx) => patchFolder(tx, path, { modSeq }));
}
