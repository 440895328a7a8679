import { limits } from '../../core/limits.js';
import type { ImapFolderSession } from '../../transport/imap.js';
import { type FirstStart, patchFolder, putFirstStart, type SyncContext } from '../sync-context.js';
import { Committer } from './committer.js';
import { type MailRow, nextBatch } from './fetch-mails.js';
import type { FolderConnection, FolderSync } from './folder-sync.js';
import { ScreenSelection, SKIM_HEADERS, skimChat } from './skim.js';

/** Chats of a first screen, and messages of each: what a chat program shows before anybody scrolls. */
const CHATS = 20;
const MESSAGES = 50;
/** Mails skimmed with one command. */
const CHUNK = 1000;
const NO_HEADER = new Uint8Array();

/** A folder while it is skimmed. */
interface Skimming {
  readonly folder: FolderSync;
  /** UIDs that have not been skimmed yet, ascending. */
  readonly uids: number[];
  /** Skimmed in this round, but not chosen from yet. */
  skimmed: MailRow[];
  /** To be fetched. */
  chosen: MailRow[];
}

/**
 * The first thing ever done in a mailbox: takes in the newest messages of the newest chats, so that there is something to show. In a large mailbox
 * they are found by skimming the headers of the newest mails, from the newest down; in a smaller one, where skimming would take longer than it
 * saves, simply the newest mails are taken. All that lies in the mailbox now is history.
 */
export async function fillFirstScreen(
  context: SyncContext,
  connection: FolderConnection,
  folders: readonly FolderSync[],
): Promise<FirstStart> {
  const skimmings: Skimming[] = [];
  for (const folder of folders) skimmings.push(await begin(connection, folder));
  const screen = new FirstScreen(context, connection, skimmings);
  const historyDate = await screen.fill();
  await context.writer.run(async (tx) => {
    putFirstStart(tx, { historyDate });
    if (screen.whole) for (const { path } of folders) await patchFolder(tx, path, { uidFrom: 1 });
  });
  return { historyDate };
}

async function begin({ imap, signal }: FolderConnection, folder: FolderSync): Promise<Skimming> {
  return imap.withFolder(
    folder.path,
    async (session) => {
      const record = await folder.open(session.state);
      const uids = session.state.exists > 0 ? await session.uids({ signal }) : [];
      return { folder, uids: uids.filter((uid) => uid < record.historyBelow), skimmed: [], chosen: [] };
    },
    { signal },
  );
}

class FirstScreen {
  /** All of the mailbox is taken in. */
  readonly whole: boolean;
  /** Not just chosen mails but simply the newest ones are taken in. */
  readonly #all: boolean;
  readonly #context: SyncContext;
  readonly #connection: FolderConnection;
  readonly #skimmings: readonly Skimming[];
  readonly #committer: Committer;
  readonly #selection = new ScreenSelection(CHATS, MESSAGES);
  #budget: number;
  #historyDate = 0;

  constructor(context: SyncContext, connection: FolderConnection, skimmings: readonly Skimming[]) {
    const total = skimmings.reduce((sum, { uids }) => sum + uids.length, 0);
    this.whole = total <= CHATS * MESSAGES;
    this.#all = total <= limits.skimMails;
    this.#budget = this.#all ? CHATS * MESSAGES : limits.skimMails;
    this.#context = context;
    this.#connection = connection;
    this.#skimmings = skimmings;
    this.#committer = new Committer(context);
  }

  /** Returns the INTERNALDATE of the newest mail. */
  async fill(): Promise<number> {
    try {
      for (let busy = this.#busy(); busy.length > 0; busy = this.#busy()) {
        const alone = busy.length === 1;
        const share = Math.ceil(CHUNK / busy.length);
        for (const skimming of busy) await this.#visit(skimming, alone, share);
        this.#choose(busy);
      }
      await this.#committer.flush();
    } finally {
      await this.#committer.settled();
    }
    return this.#historyDate;
  }

  #busy(): Skimming[] {
    return this.#skimmings.filter((skimming) => skimming.chosen.length > 0 || this.#canSkim(skimming));
  }

  #canSkim({ uids }: Skimming): boolean {
    return uids.length > 0 && this.#budget > 0 && (this.#all || !this.#selection.complete);
  }

  /** Fetches what was chosen in a folder and skims on; if it is the only one left, to the end: opening a large folder takes the server a while. */
  async #visit(skimming: Skimming, alone: boolean, share: number): Promise<void> {
    const { imap, signal } = this.#connection;
    await imap.withFolder(
      skimming.folder.path,
      async (session) => {
        do {
          await this.#take(session, skimming);
          if (this.#canSkim(skimming)) await this.#skim(session, skimming, share);
          if (alone) this.#choose([skimming]);
        } while (alone && (skimming.chosen.length > 0 || this.#canSkim(skimming)));
      },
      { signal },
    );
  }

  async #skim(session: ImapFolderSession, skimming: Skimming, share: number): Promise<void> {
    const { signal } = this.#connection;
    const most = Math.min(share, this.#budget);
    const newest = skimming.uids.splice(Math.max(0, skimming.uids.length - most));
    this.#budget -= newest.length;
    skimming.skimmed = await session.fetch(newest, this.#all ? {} : { headers: SKIM_HEADERS }, { signal });
  }

  #choose(skimmings: readonly Skimming[]): void {
    const offered = skimmings.flatMap((skimming) => skimming.skimmed.map((row) => ({ skimming, row })));
    offered.sort((a, b) => b.row.internalDate - a.row.internalDate || b.row.uid - a.row.uid);
    this.#historyDate = Math.max(this.#historyDate, offered[0]?.row.internalDate ?? 0);
    for (const skimming of skimmings) skimming.skimmed = [];
    for (const { skimming, row } of offered) if (this.#wants(row)) skimming.chosen.push(row);
  }

  #wants({ headers }: MailRow): boolean {
    return this.#all || this.#selection.wants(skimChat(headers ?? NO_HEADER, this.#context.identity));
  }

  /** Fetches and commits the chosen mails of a folder, as far as they are not here from an earlier, interrupted start. */
  async #take(session: ImapFolderSession, skimming: Skimming): Promise<void> {
    const { folder, chosen } = skimming;
    if (chosen.length === 0) return;
    skimming.chosen = [];
    const record = await folder.open(session.state);
    let rest = await folder.unknown(chosen);
    while (rest.length > 0) {
      const batch = nextBatch(rest, limits.syncBatch);
      rest = rest.slice(batch.length);
      const mails = await folder.fetch(session, batch);
      const done = () => this.#connection.onMails(folder.path, mails.length);
      // Everything that is here at the first start is history.
      await this.#committer.add({ record, mails, historyDate: Number.POSITIVE_INFINITY, done });
    }
  }
}
