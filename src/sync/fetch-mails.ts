import { CoiError, describe } from '../core/errors.js';
import { limits } from '../core/limits.js';
import type { Logger } from '../core/logger.js';
import { partsToFetch } from '../mail/body-structure.js';
import type { FetchedMail, ImapFolderSession, ImapTransport } from '../transport/imap.js';
import type { Suspects } from './suspects.js';

/** What fetching needs. */
export interface FetchContext {
  readonly imap: ImapTransport;
  readonly suspects: Suspects;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** UID and size of a mail, as a FETCH without contents gives them, with flags and INTERNALDATE. */
export type MailRow = FetchedMail;

/**
 * Cuts the next batch off a list of mails: as many as are worth a commit, and no more octets than we want in memory. Mails that are
 * fetched in pieces count little.
 */
export function nextBatch(rows: readonly MailRow[], most: number): MailRow[] {
  let bytes = 0;
  let count = 0;
  for (const row of rows) {
    bytes += Math.min(row.size, limits.eagerMailBytes);
    if (count > 0 && (count >= most || bytes > limits.syncBatchBytes)) break;
    count += 1;
  }
  return rows.slice(0, count);
}

/**
 * Fetches mails for ingesting: small ones whole, large ones as header, structure and texts. A mail that the server cannot hand out comes
 * back as it is in the row, without contents, so that it becomes a message that says so; vanished ones are left out.
 */
export async function fetchMails(
  context: FetchContext,
  folder: ImapFolderSession,
  rows: readonly MailRow[],
): Promise<FetchedMail[]> {
  const { path } = folder.state;
  const { suspects } = context;
  const found: FetchedMail[] = [];
  const small: MailRow[] = [];
  for (const row of [...rows].sort((a, b) => a.uid - b.uid)) {
    if (suspects.isCulprit(path, row.uid)) found.push(row);
    else if (row.size <= limits.eagerMailBytes) small.push(row);
    else found.push(...(await blaming(context, path, [row], () => fetchInPieces(folder, row, context))));
  }
  while (small.length > 0) {
    const most = suspects.limit(
      path,
      small.map(({ uid }) => uid),
      small.length,
    );
    const part = small.splice(0, most);
    found.push(...(await blaming(context, path, part, () => fetchWhole(context, folder, part))));
  }
  const uids = rows.map(({ uid }) => uid);
  suspects.clear(path, uids);
  return found.sort((a, b) => a.uid - b.uid);
}

/** One mail that a server chokes on must not take the others with it: a refused batch is halved until the mail is alone. */
async function fetchWhole(
  context: FetchContext,
  folder: ImapFolderSession,
  rows: readonly MailRow[],
): Promise<FetchedMail[]> {
  const [first] = rows;
  if (!first) return [];
  try {
    return await folder.fetch(
      rows.map(({ uid }) => uid),
      { source: true },
      { signal: context.signal },
    );
  } catch (thrown) {
    if (!context.imap.usable || context.signal.aborted || !(thrown instanceof CoiError)) throw thrown;
    if (rows.length === 1) return [giveUp(context, folder, first, thrown)];
    const middle = rows.length >> 1;
    const left = await fetchWhole(context, folder, rows.slice(0, middle));
    return [...left, ...(await fetchWhole(context, folder, rows.slice(middle)))];
  }
}

async function fetchInPieces(folder: ImapFolderSession, row: MailRow, context: FetchContext): Promise<FetchedMail[]> {
  const { signal } = context;
  try {
    const [head] = await folder.fetch([row.uid], { headers: true, structure: true }, { signal });
    if (!head?.structure) return head ? [giveUp(context, folder, row, 'no BODYSTRUCTURE')] : [];
    const wanted = partsToFetch(head.structure);
    if (wanted.length === 0) return [head];
    const [body] = await folder.fetch([row.uid], { parts: wanted }, { signal });
    return body ? [{ ...head, parts: body.parts ?? new Map() }] : [];
  } catch (thrown) {
    if (!context.imap.usable || signal.aborted || !(thrown instanceof CoiError)) throw thrown;
    return [giveUp(context, folder, row, thrown)];
  }
}

function giveUp({ logger }: FetchContext, { state }: ImapFolderSession, row: MailRow, why: unknown): FetchedMail {
  logger.log('warn', `Mail ${row.uid} of ${state.path} cannot be fetched: ${describe(why)}`);
  return row;
}

/** Remembers what was under way if the connection dies meanwhile. */
async function blaming<T>(
  { imap, suspects, signal }: FetchContext,
  path: string,
  rows: readonly MailRow[],
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    // When we end the connection, or its owner uses it, nothing is wrong with the mails.
    const ours = signal.aborted || (thrown instanceof CoiError && thrown.code === 'CONNECTION_SHARED');
    if (!imap.usable && !ours)
      suspects.blame(
        path,
        rows.map(({ uid }) => uid),
      );
    throw thrown;
  }
}
