import { CoiError, describe } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import type { Logger } from '../../core/logger.js';
import { type BodyStructurePart, partsToFetch } from '../../mail/body-structure.js';
import type { FetchedMail, ImapFolderSession, ImapTransport } from '../../transport/imap.js';
import { fetchSealed } from '../download/fetch-sealed.js';
import type { Suspects } from './suspects.js';

/** What fetching needs. */
export interface FetchContext {
  readonly imap: ImapTransport;
  readonly suspects: Suspects;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** UID and size of a mail with flags and INTERNALDATE, and its first octets if they were asked for. */
export type MailRow = FetchedMail;

/**
 * What the server says about mails, and the first octets of each, so that most need not be asked for again. Where the server will not hand
 * out the octets of one of them, or one of them is suspect, without any.
 */
export async function fetchRows(
  context: FetchContext,
  folder: ImapFolderSession,
  uids: readonly number[],
): Promise<MailRow[]> {
  const { suspects, signal, imap } = context;
  const { path } = folder.state;
  const few = uids.length <= limits.syncBatch && suspects.limit(path, uids, uids.length) === uids.length;
  if (few && !uids.some((uid) => suspects.isCulprit(path, uid))) {
    try {
      return await blaming(context, path, uids, () => folder.fetch(uids, { source: limits.firstBytes }, { signal }));
    } catch (thrown) {
      if (!imap.usable || signal.aborted || !(thrown instanceof CoiError)) throw thrown;
    }
  }
  return folder.fetch(uids, {}, { signal });
}

/** True if the first octets are all there are. RFC822.SIZE is not asked: some servers count differently. */
function isWhole({ source }: MailRow): boolean {
  return source !== undefined && source.length < limits.firstBytes;
}

/**
 * Cuts the next batch off a list of mails: as many as are worth a commit, and no more octets than we want in memory. Large ones are mostly
 * fetched in pieces, but not those that are encrypted, and which these are is not known yet.
 */
export function nextBatch(rows: readonly MailRow[], most: number): MailRow[] {
  let bytes = 0;
  let count = 0;
  for (const row of rows) {
    bytes += row.size;
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
    if (isWhole(row)) found.push(row);
    else if (suspects.isCulprit(path, row.uid)) found.push(withoutSource(row));
    else if (row.size <= limits.eagerMailBytes) small.push(row);
    else found.push(...(await blaming(context, path, [row.uid], () => fetchInPieces(folder, row, context))));
  }
  while (small.length > 0) {
    const most = suspects.limit(
      path,
      small.map(({ uid }) => uid),
      small.length,
    );
    const part = small.splice(0, most);
    const uids = part.map(({ uid }) => uid);
    found.push(...(await blaming(context, path, uids, () => fetchWhole(context, folder, part))));
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
    if (!head) return [];
    // Absurd nesting, or a server that does not understand the mail: we can take it apart ourselves if it is not too large.
    if (!head.structure && row.size <= limits.syncBatchBytes) return fetchWhole(context, folder, [row]);
    if (!head.structure) return [giveUp(context, folder, row, 'no BODYSTRUCTURE')];
    const sealed = await fetchSealed(folder, head, { signal });
    if (sealed) return [sealed];
    // Neither encryption nor signature can be undone in pieces.
    if (row.size <= wholeLimit(head.structure)) return fetchWhole(context, folder, [row]);
    const wanted = partsToFetch(head.structure);
    if (wanted.length === 0) return [head];
    const [body] = await folder.fetch([row.uid], { parts: wanted }, { signal });
    return body ? [{ ...head, parts: body.parts ?? new Map() }] : [];
  } catch (thrown) {
    if (!context.imap.usable || signal.aborted || !(thrown instanceof CoiError)) throw thrown;
    return [giveUp(context, folder, row, thrown)];
  }
}

/** Up to which size a mail of this structure is fetched whole, octets. */
function wholeLimit(root: BodyStructurePart): number {
  const types = [root, ...root.children].map(({ type }) => type.toLowerCase());
  if (types.includes('multipart/encrypted') || types.includes('application/pgp-encrypted')) return limits.mailBytes;
  return types.includes('multipart/signed') ? limits.signedMailBytes : 0;
}

function giveUp({ logger }: FetchContext, { state }: ImapFolderSession, row: MailRow, why: unknown): FetchedMail {
  logger.log('warn', `Mail ${row.uid} of ${state.path} cannot be fetched: ${describe(why)}`);
  return withoutSource(row);
}

/** The beginning of a mail must not pass for the whole. */
function withoutSource({ source: _, ...row }: MailRow): MailRow {
  return row;
}

/** Remembers what was under way if the connection dies meanwhile. */
async function blaming<T>(
  { imap, suspects, signal }: FetchContext,
  path: string,
  uids: readonly number[],
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    // When we end the connection, or its owner uses it, nothing is wrong with the mails.
    const ours = signal.aborted || (thrown instanceof CoiError && thrown.code === 'CONNECTION_SHARED');
    if (!imap.usable && !ours) suspects.blame(path, uids);
    throw thrown;
  }
}
