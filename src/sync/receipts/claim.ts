import type { LocationRecord } from '../../store/records.js';
import type { ImapFolderSession } from '../../transport/imap.js';

/** How often a claim is tried again that somebody else's change of flags got in the way of. */
const TRIES = 3;

/** What became of claims, by UID. */
export interface Claims {
  /** Ours: nobody else sends the receipts of these. */
  readonly won: ReadonlySet<number>;
  /** Another device was faster, or did it long ago. */
  readonly lost: ReadonlySet<number>;
}

/**
 * Claims the right to send receipts for mails of the open folder, by a keyword that is set on condition that nobody changed the flags
 * meanwhile (RFC 7162 3.1.3). Of two devices that do so at the same time, one wins. Where the server has no CONDSTORE or takes no
 * keywords, both may: then two receipts are sent, which does no harm. UIDs in neither set have vanished, or are to be tried later.
 */
export async function claim(folder: ImapFolderSession, uids: readonly number[], keyword: string): Promise<Claims> {
  const won = new Set<number>();
  const lost = new Set<number>();
  let open = uids;
  for (let i = 0; i < TRIES && open.length > 0; i++) {
    const mails = await folder.flags(open);
    const free = mails.filter(({ flags }) => !hasKeyword(flags, keyword));
    for (const { uid, flags } of mails) if (hasKeyword(flags, keyword)) lost.add(uid);
    if (folder.state.readOnly || !folder.state.canStoreFlag(keyword)) {
      for (const { uid } of free) won.add(uid);
      break;
    }
    const seen = free.map(({ modSeq }) => modSeq);
    const newest = seen.includes(undefined) ? undefined : largest(seen.filter((modSeq) => modSeq !== undefined));
    const found = free.map(({ uid }) => uid);
    const condition = newest === undefined ? {} : { unchangedSince: newest };
    const modified = new Set(found.length === 0 ? [] : await folder.store(found, { add: [keyword], ...condition }));
    for (const uid of found) if (!modified.has(uid)) won.add(uid);
    open = [...modified];
  }
  return { won, lost };
}

/** Keywords are compared without regard to case (RFC 9051 2.3.2). */
export function hasKeyword(flags: LocationRecord['flags'], keyword: string): boolean {
  return flags.some((flag) => flag.toLowerCase() === keyword.toLowerCase());
}

function largest(modSeqs: readonly string[]): string | undefined {
  return modSeqs.reduce<string | undefined>(
    (most, modSeq) => (most === undefined || BigInt(modSeq) > BigInt(most) ? modSeq : most),
    undefined,
  );
}
