import { limits } from '../../core/limits.js';
import type { FolderRecord, MessageRecord } from '../../store/records.js';
import type { FetchedMail, ImapFolderSession, ImapFolderState, ImapTransport } from '../../transport/imap.js';
import { forgetFolder } from '../ingest/locations.js';
import type { SyncContext } from '../sync-context.js';
import { Committer } from './committer.js';
import { type FetchContext, fetchMails, fetchRows, type MailRow, nextBatch } from './fetch-mails.js';
import { syncFlags } from './flag-sync.js';
import type { SyncedFolder } from './folders.js';
import { compareUids } from './vanished.js';

/** What belongs to one connection. */
export interface FolderConnection {
  readonly imap: ImapTransport;
  readonly signal: AbortSignal;
  /** INTERNALDATE before which everything is history; undefined during the very first start. */
  readonly historyDate: () => number | undefined;
  /** Told whenever a folder is opened, with its number of mails. */
  readonly onOpened: (path: string, exists: number) => Promise<void>;
  /** Told how many mails have been taken in. */
  readonly onMails: (path: string, count: number) => void;
}

/** What a look into a folder brought. */
export interface FolderPass {
  /** New mails that were taken in. */
  readonly fresh: number;
  /** Keys of our own messages among them. */
  readonly own: readonly string[];
  /** UIDs that are gone. Their locations are to be removed once the other folders have been looked at: they may just have been moved. */
  readonly vanished: readonly number[];
  /** State of the folder when it was opened. */
  readonly state: ImapFolderState;
  /** Flags and expunges were not looked at, since new mail had to be quick. */
  readonly hasty: boolean;
}

/** So many UIDs are asked for without knowing whether all of them exist. */
const FEW = 400;
/** UIDs that the server lists and we do not know, looked at in one pass. */
const MOST_MISSING = 5000;
/** A folder that we meet after the first start is taken in at once if it is no larger than this, else in the background. */
const SMALL_FOLDER = 1000;
/** Own messages remembered per pass, to look for second copies. */
const MAX_OWN = 1000;

/** Keeps one folder in step, from its position on: new mails, flags, expunges, UIDVALIDITY. */
export class FolderSync {
  readonly path: string;
  readonly role: FolderRecord['role'];
  readonly #context: SyncContext;
  readonly #connection: FolderConnection;
  /** UIDs that could not be found although the server lists them: once per connection is enough. */
  readonly #tried = new Set<number>();

  constructor({ path, role }: SyncedFolder, context: SyncContext, connection: FolderConnection) {
    this.path = path;
    this.role = role;
    this.#context = context;
    this.#connection = connection;
  }

  /** Position as it is stored; undefined for a folder that was never opened. */
  async record(): Promise<FolderRecord | undefined> {
    return (await this.#context.store.get('folders', [this.path]))[0];
  }

  /**
   * Takes in what is new, oldest first, and brings the part of the folder that is known in step with the server. If `hasty`, that second part is left
   * for another time where there was something new: while mails come in quickly it would have to be done for each of them.
   */
  async pass({ hasty = false }: { readonly hasty?: boolean } = {}): Promise<FolderPass> {
    const { imap, signal } = this.#connection;
    return imap.withFolder(
      this.path,
      async (folder) => {
        const { state } = folder;
        const record = await this.open(state);
        const own: string[] = [];
        const fresh = await this.#takeNew(folder, record, own);
        if (hasty && fresh > 0) return { fresh, own, vanished: [], state, hasty };
        await syncFlags(this.#context, folder, record, signal);
        const { vanished, missing } = await this.#compare(folder);
        const found = await this.#takeMissing(folder, missing, own);
        return { fresh: fresh + found, own, vanished, state, hasty: false };
      },
      { signal },
    );
  }

  /** The folder's record, made on the first meeting and made anew if its UIDVALIDITY changed. */
  async open(state: ImapFolderState): Promise<FolderRecord> {
    const { writer, logger } = this.#context;
    const known = await this.record();
    await this.#connection.onOpened(this.path, state.exists);
    if (known?.uidValidity === state.uidValidity) return known;
    if (known) {
      logger.log(
        'info',
        `UIDVALIDITY of ${this.path} changed from ${known.uidValidity} to ${state.uidValidity}: reading it again.`,
      );
      await forgetFolder(writer, this.path);
    }
    const first = this.#connection.historyDate() === undefined;
    const start = !first && state.exists <= SMALL_FOLDER ? 1 : state.uidNext;
    const record: FolderRecord = {
      path: this.path,
      role: this.role,
      uidValidity: state.uidValidity,
      uidNext: start,
      uidFrom: start,
      historyBelow: first ? state.uidNext : 1,
      ...(state.highestModSeq !== undefined && { modSeq: state.highestModSeq }),
    };
    await writer.run(async (tx) => tx.put('folders', record));
    return record;
  }

  /** What the server says about mails whose place is not known yet, a batch of UIDs at most. */
  async unknownRows(folder: ImapFolderSession, uids: readonly number[]): Promise<MailRow[]> {
    const fresh = await this.unknown(uids.map((uid) => ({ uid })));
    if (fresh.length === 0) return [];
    return fetchRows(
      this.#fetching(),
      folder,
      fresh.map(({ uid }) => uid),
    );
  }

  /** Those of the mails whose place is not known yet, in their order. */
  async unknown<T extends { readonly uid: number }>(rows: readonly T[]): Promise<T[]> {
    const uids = rows.map(({ uid }) => uid).sort((a, b) => a - b);
    const [first, last] = [uids[0], uids.at(-1)];
    if (first === undefined || last === undefined) return [];
    const known = await this.#context.store.list('locations', {
      index: 'byFolder',
      prefix: [this.path],
      after: [first - 1],
      before: [last + 1],
    });
    const here = new Set(known.map(({ uid }) => uid));
    return rows.filter(({ uid }) => !here.has(uid));
  }

  /** Fetches mails with their contents. */
  fetch(folder: ImapFolderSession, rows: readonly MailRow[]): Promise<FetchedMail[]> {
    return fetchMails(this.#fetching(), folder, rows);
  }

  #fetching(): FetchContext {
    const { imap, signal } = this.#connection;
    const { suspects, logger } = this.#context;
    return { imap, suspects, logger, signal };
  }

  async #takeNew(folder: ImapFolderSession, record: FolderRecord, own: string[]): Promise<number> {
    const end = folder.state.uidNext;
    if (record.uidNext >= end) return 0;
    return this.#take(folder, record, await this.#uidsBetween(folder, record.uidNext, end), own, end);
  }

  /** UIDs from `from` up to `end`, not included. A few are not worth asking which of them exist. */
  async #uidsBetween(folder: ImapFolderSession, from: number, end: number): Promise<number[]> {
    if (end - from <= FEW) return Array.from({ length: end - from }, (_, i) => from + i);
    const { signal } = this.#connection;
    return (await folder.uids({ signal })).filter((uid) => uid >= from && uid < end);
  }

  async #takeMissing(folder: ImapFolderSession, missing: readonly number[], own: string[]): Promise<number> {
    const uids = missing.filter((uid) => !this.#tried.has(uid)).slice(0, MOST_MISSING);
    if (uids.length === 0) return 0;
    for (const uid of uids) this.#tried.add(uid);
    return this.#take(folder, await this.open(folder.state), uids, own);
  }

  /** Takes mails in, oldest first; `end` is the position behind the last of them, if it is to be remembered. */
  async #take(
    folder: ImapFolderSession,
    record: FolderRecord,
    uids: readonly number[],
    own: string[],
    end?: number,
  ): Promise<number> {
    const committer = new Committer(this.#context);
    const historyDate = this.#connection.historyDate() ?? 0;
    let fresh = 0;
    const done = (messages: readonly MessageRecord[]) => {
      for (const { fromMe, key } of messages) if (fromMe && own.length < MAX_OWN) own.push(key);
      this.#connection.onMails(this.path, messages.length);
    };
    try {
      for (let at = 0; at === 0 || at < uids.length; at += limits.syncBatch) {
        const next = uids[at + limits.syncBatch];
        let rest = await this.unknownRows(folder, uids.slice(at, at + limits.syncBatch));
        fresh += rest.length;
        do {
          const batch = nextBatch(rest, limits.syncBatch);
          rest = rest.slice(batch.length);
          const mails = batch.length > 0 ? await this.fetch(folder, batch) : [];
          const position = end === undefined ? {} : { uidNext: rest[0]?.uid ?? next ?? end };
          await committer.add({ record, mails, historyDate, position, done });
        } while (rest.length > 0);
      }
      await committer.flush();
    } finally {
      await committer.settled();
    }
    return fresh;
  }

  async #compare(folder: ImapFolderSession): Promise<{ vanished: number[]; missing: number[] }> {
    const record = await this.record();
    // While the first sync has not seen all of it, numbers say nothing.
    if (!record || record.uidFrom > 1) return { vanished: [], missing: [] };
    return compareUids(this.#context.store, folder, record, this.#connection.signal);
  }
}
