import { locationKey } from '../../model/identity.js';
import type { FolderRecord, LocationRecord } from '../../store/records.js';
import type { MovedMails } from '../../transport/imap.js';
import { confine } from '../ingest/confinement.js';
import type { StateWriter } from '../state-writer.js';

/** Where mails were moved. */
export interface MoveTarget {
  readonly path: string;
  readonly role: FolderRecord['role'];
}

/**
 * Writes down where moved mails are now, so that they need not be fetched again there. True if that is known of all of them; else the target is to be
 * looked at: the server did not tell, or it is a folder that we don't know (any more).
 */
export async function relocate(
  writer: StateWriter,
  mails: readonly LocationRecord[],
  { uids, uidValidity }: MovedMails,
  target: MoveTarget,
): Promise<boolean> {
  return writer.run(async (tx) => {
    const folder = await tx.get('folders', target.path);
    // One that was never opened, or was made anew: its own pass finds the mails.
    if (uidValidity === undefined || folder?.uidValidity !== uidValidity) return false;
    for (const { key, flags } of mails) {
      const location = await tx.get('locations', key);
      const uid = location && uids.get(location.uid);
      if (uid === undefined || !location) continue;
      const { blocked: _, ...rest } = location;
      tx.put('locations', {
        ...rest,
        key: locationKey(target.path, uidValidity, uid),
        folder: target.path,
        uidValidity,
        uid,
        flags,
        ...(target.role === 'blocked' && { blocked: true }),
      });
      tx.remove('locations', key);
      if (target.role === 'blocked' || location.blocked === true) await confine(tx, location.message);
    }
    return mails.every(({ uid }) => uids.has(uid));
  });
}
