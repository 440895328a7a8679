import { limits } from '../core/limits.js';
import type { ImapFetchQuery } from '../transport/imap.js';
import { Committer } from './committer.js';
import { type MailRow, nextBatch } from './fetch-mails.js';
import type { FolderConnection, FolderSync } from './folder-sync.js';
import { ScreenSelection, SKIM_HEADERS, skimChat } from './skim.js';
import { type FirstStart, patchFolder, putFirstStart, type SyncContext } from './sync-context.js';

/** Chats of a first screen, and messages of each: what a chat program shows before anybody scrolls. */
const CHATS = 20;
const MESSAGES = 50;
/** Mails skimmed with one command. */
const CHUNK = 500;
const NO_HEADER = new Uint8Array();

/** A folder with the UIDs that have not been skimmed yet, ascending. */
interface Skimming {
  readonly folder: FolderSync;
  readonly uids: number[];
}

/**
 * The first thing ever done in a mailbox: skims the headers of the newest mails, folder by folder and from the newest down, and takes in
 * the newest messages of the newest chats, so that there is something to show. A mailbox with no more mails than that is taken in as a whole. All that lies in the mailbox now is history.
 */
export async function fillFirstScreen(
  context: SyncContext,
  connection: FolderConnection,
  folders: readonly FolderSync[],
): Promise<FirstStart> {
  const skimmings = await Promise.all(folders.map((folder) => begin(connection, folder)));
  const small = skimmings.reduce((sum, { uids }) => sum + uids.length, 0) <= CHATS * MESSAGES;
  const selection = new ScreenSelection(CHATS, MESSAGES);
  const wants = ({ headers }: MailRow) => small || selection.wants(skimChat(headers ?? NO_HEADER, context.identity));
  const committer = new Committer(context);
  let historyDate = 0;
  let budget = limits.skimMails;
  try {
    while (!selection.complete && budget > 0 && skimmings.some(({ uids }) => uids.length > 0)) {
      const offered: { folder: FolderSync; row: MailRow }[] = [];
      for (const skimming of skimmings) {
        const rows = await skim(connection, skimming, Math.min(CHUNK, budget), small ? {} : { headers: SKIM_HEADERS });
        budget -= rows.length;
        for (const row of rows) offered.push({ folder: skimming.folder, row });
      }
      offered.sort((a, b) => b.row.internalDate - a.row.internalDate || b.row.uid - a.row.uid);
      historyDate = Math.max(historyDate, offered[0]?.row.internalDate ?? 0);
      const wanted = offered.filter(({ row }) => wants(row));
      for (const { folder } of skimmings) {
        const rows = wanted.filter((entry) => entry.folder === folder).map(({ row }) => row);
        await take(connection, committer, folder, rows);
      }
    }
    await committer.flush();
  } finally {
    await committer.settled();
  }
  const first = { historyDate };
  await context.writer.run(async (tx) => {
    putFirstStart(tx, first);
    if (small) for (const { path } of folders) await patchFolder(tx, path, { uidFrom: 1 });
  });
  return first;
}

async function begin({ imap, signal }: FolderConnection, folder: FolderSync): Promise<Skimming> {
  return imap.withFolder(
    folder.path,
    async (session) => {
      const record = await folder.open(session.state);
      const uids = session.state.exists > 0 ? await session.uids({ signal }) : [];
      return { folder, uids: uids.filter((uid) => uid < record.historyBelow) };
    },
    { signal },
  );
}

async function skim(
  { imap, signal }: FolderConnection,
  { folder, uids }: Skimming,
  most: number,
  query: ImapFetchQuery,
): Promise<MailRow[]> {
  const newest = uids.splice(Math.max(0, uids.length - most));
  if (newest.length === 0) return [];
  return imap.withFolder(folder.path, (session) => session.fetch(newest, query, { signal }), {
    signal,
  });
}

/** Fetches and commits the chosen mails of a folder, as far as they are not here from an earlier, interrupted start. */
async function take(
  { imap, signal, onMails }: FolderConnection,
  committer: Committer,
  folder: FolderSync,
  chosen: readonly MailRow[],
): Promise<void> {
  if (chosen.length === 0) return;
  await imap.withFolder(
    folder.path,
    async (session) => {
      const record = await folder.open(session.state);
      let rest = await folder.unknown(chosen);
      while (rest.length > 0) {
        const batch = nextBatch(rest, limits.syncBatch);
        rest = rest.slice(batch.length);
        const mails = await folder.fetch(session, batch);
        // Everything that is here at the first start is history.
        const done = () => onMails(folder.path, mails.length);
        await committer.add({ record, mails, historyDate: Number.POSITIVE_INFINITY, done });
      }
    },
    { signal },
  );
}
