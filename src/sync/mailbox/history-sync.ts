import { limits } from '../../core/limits.js';
import type { FolderRecord } from '../../store/records.js';
import type { ImapFolderSession } from '../../transport/imap.js';
import { sweepFolder } from '../ingest/locations.js';
import type { SyncContext } from '../sync-context.js';
import { Committer } from './committer.js';
import { type MailRow, nextBatch } from './fetch-mails.js';
import type { FolderConnection, FolderSync } from './folder-sync.js';

/**
 * Takes in the rest of a folder from the newest mails down, a batch at a time, so that the connection is free for news in between. The position
 * is committed with each batch: after a crash or a drop it goes on from there.
 */
export class HistorySync {
  readonly folder: FolderSync;
  readonly #context: SyncContext;
  readonly #connection: FolderConnection;
  readonly #committer: Committer;
  /** UIDs still to look at, ascending; undefined before the first step. */
  #uids: number[] | undefined;
  /** Their newest ones, with sizes, from the newest down. */
  #rows: MailRow[] = [];
  /** Everything from here on has been fetched or is known. */
  #reached = 0;

  constructor(folder: FolderSync, context: SyncContext, connection: FolderConnection) {
    this.folder = folder;
    this.#context = context;
    this.#connection = connection;
    this.#committer = new Committer(context);
  }

  /** Does batch after batch until it is told to make room, at least one. False when the whole folder is known. */
  async work(makeRoom: () => boolean): Promise<boolean> {
    const record = await this.folder.record();
    if (!record || record.uidFrom <= 1) return false;
    const { imap, signal } = this.#connection;
    // Opening a large folder takes the server a while: it stays open for as long as nothing else is to be done.
    await imap.withFolder(
      this.folder.path,
      async (session) => {
        do await this.#batch(session, record);
        while (!this.#finished && !makeRoom());
      },
      { signal },
    );
    if (!this.#finished) return true;
    await this.#committer.flush();
    await sweepFolder(this.#context.writer, this.folder.path);
    return false;
  }

  get #finished(): boolean {
    return this.#uids?.length === 0 && this.#rows.length === 0;
  }

  /** Waits for what is still being committed, whatever becomes of it. */
  async settled(): Promise<void> {
    await this.#committer.settled();
  }

  async #batch(session: ImapFolderSession, record: FolderRecord): Promise<void> {
    // The folder was made anew meanwhile: its next pass sees to that, and this plan is void.
    if (session.state.uidValidity !== record.uidValidity) {
      this.#uids = undefined;
      this.#rows = [];
      await this.folder.open(session.state);
      return;
    }
    const { signal, historyDate } = this.#connection;
    if (this.#uids === undefined) {
      this.#uids = (await session.uids({ signal })).filter((uid) => uid < record.uidFrom);
      this.#reached = record.uidFrom;
    }
    if (this.#rows.length === 0) {
      const slice = this.#uids.splice(Math.max(0, this.#uids.length - limits.syncBatch));
      this.#reached = slice[0] ?? 1;
      if (slice.length > 0) this.#rows = (await this.folder.unknownRows(session, slice)).reverse();
    }
    const batch = nextBatch(this.#rows, limits.syncBatch);
    this.#rows = this.#rows.slice(batch.length);
    const mails = batch.length > 0 ? await this.folder.fetch(session, batch) : [];
    const lowest = batch.at(-1)?.uid ?? this.#reached;
    const uidFrom = this.#rows.length > 0 ? lowest : this.#uids.length > 0 ? this.#reached : 1;
    await this.#committer.add({
      record,
      mails,
      historyDate: historyDate() ?? 0,
      position: { uidFrom },
      done: (messages) => this.#connection.onMails(this.folder.path, messages.length),
    });
  }
}
