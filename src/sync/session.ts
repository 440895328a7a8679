import { CoiError, describe, ServerError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import type { ImapTransport } from '../transport/imap.js';
import { forgetFolder, removeLocations, sweepFolder } from './ingest/locations.js';
import { performActions } from './mailbox/actions.js';
import { CHAT_KEYWORD, Filing } from './mailbox/filing.js';
import { fillFirstScreen } from './mailbox/first-screen.js';
import { type FolderConnection, type FolderPass, FolderSync } from './mailbox/folder-sync.js';
import { create, findFolders, type MailboxLayout, syncedFolders } from './mailbox/folders.js';
import { HistorySync } from './mailbox/history-sync.js';
import { makeOwnKey, needsOwnKey } from './mailbox/own-key.js';
import { ProgressReport } from './mailbox/progress-report.js';
import { releaseBlocked } from './mailbox/release.js';
import { retryOpening } from './mailbox/retry-opening.js';
import { Watch } from './mailbox/watch.js';
import { SentCopies } from './outbox/sent-copy.js';
import { sendReceipts } from './receipts/send-receipts.js';
import { StorageSync } from './storage/storage-sync.js';
import { firstStartOf, type SyncContext } from './sync-context.js';

/** What is to be done besides looking into folders. */
type Duty = 'key' | 'storage' | 'actions' | 'filing' | 'copies' | 'receipts' | 'retries';

/** The parts that the duties are done by. */
interface Duties {
  readonly layout: MailboxLayout;
  readonly filing: Filing;
  readonly copies: SentCopies;
  readonly storage: StorageSync;
}

/**
 * Everything that is done over one connection: a first look into all folders, then one thing after the other, the most urgent first, and IDLE
 * when nothing is left. New mail goes before what is to be done for old mail, and history comes last, a batch at a time.
 */
export class SyncSession {
  readonly #context: SyncContext;
  readonly #imap: ImapTransport;
  readonly #stop: AbortSignal;
  readonly #due = new Set<Duty>(['key', 'storage', 'actions', 'filing', 'copies', 'receipts', 'retries']);
  readonly #progress: ProgressReport;
  readonly #connection: FolderConnection;
  #folders: FolderSync[] = [];
  #histories: HistorySync[] = [];
  #historyDate: number | undefined;
  #chatsTakeKeyword = false;
  #watch: Watch | undefined;
  /** When copies that have to wait are due; 0 if there are none. */
  #copiesAt = 0;

  constructor(context: SyncContext, imap: ImapTransport, stop: AbortSignal) {
    this.#context = context;
    this.#imap = imap;
    this.#stop = stop;
    const progress = new ProgressReport(context);
    this.#progress = progress;
    this.#connection = {
      imap,
      signal: stop,
      historyDate: () => this.#historyDate,
      onOpened: (path, exists) => progress.opened(path, exists),
      onMails: (path, count) => progress.add(path, count),
    };
  }

  /** Serves the connection until it breaks or the signal fires; calls `usable` once the account can be shown. */
  async run(usable: () => void): Promise<void> {
    const layout = await this.#findFolders();
    const filing = new Filing(this.#context, this.#imap, layout);
    const copies = new SentCopies(this.#context, this.#imap, layout, () => this.#chatsTakeKeyword);
    const watch = new Watch(
      this.#context,
      this.#imap,
      this.#stop,
      this.#folders.map(({ path }) => path),
    );
    const storage = new StorageSync(this.#context, this.#imap, layout, this.#stop);
    this.#watch = watch;
    try {
      await watch.begin();
      await this.#firstLook(copies);
      // Where everything is known it takes no time, and whoever writes at once has a key.
      if ((await this.#unknownFolders()).length === 0) await this.#attempt(() => this.#makeKey(storage));
      this.#progress.usable();
      usable();
      await this.#loop(watch, { layout, filing, copies, storage });
    } finally {
      watch.end();
      // Nothing of this session may write after it ended.
      await Promise.all(this.#histories.map((history) => history.settled()));
    }
  }

  /** Something is to be done: at once, or as soon as what is being done now is finished. */
  demand(duty: Duty): void {
    this.#due.add(duty);
    if (duty === 'copies') this.#copiesAt = 0;
    this.#watch?.wake();
  }

  async #findFolders(): Promise<MailboxLayout> {
    const { filing, mailboxRoot, logger, store } = this.#context;
    const layout = await findFolders(this.#imap, { filing, mailboxRoot, logger, signal: this.#stop });
    for (const { path } of await store.list('folders')) if (!layout.existing.has(path)) await this.#forget(path);
    this.#folders = syncedFolders(layout).map((folder) => new FolderSync(folder, this.#context, this.#connection));
    this.#histories = this.#folders.map((folder) => new HistorySync(folder, this.#context, this.#connection));
    return layout;
  }

  /** Brings everything that is known in step; on the very first start, takes in what is shown first. */
  async #firstLook(copies: SentCopies): Promise<void> {
    const first = await firstStartOf(this.#context.store);
    this.#historyDate = first?.historyDate;
    if (first) {
      const records = await this.#context.store.list('folders');
      this.#progress.begin(records.some(({ uidFrom }) => uidFrom > 1) ? 'first' : 'update', true);
      await this.#look(this.#folders, copies);
    } else {
      this.#progress.begin('first', false);
      const shownFolders = this.#folders.filter(({ role }) => role !== 'blocked');
      this.#historyDate = (await fillFirstScreen(this.#context, this.#connection, shownFolders)).historyDate;
      // What arrived meanwhile, and flags.
      for (const { path } of this.#folders) this.#watch?.changed(path);
    }
    for (const folder of this.#folders) {
      // A sweep that a crash kept from happening.
      if ((await folder.record())?.uidFrom === 1) await sweepFolder(this.#context.writer, folder.path);
    }
  }

  async #loop(watch: Watch, { layout, filing, copies, storage }: Duties): Promise<void> {
    while (!this.#stop.aborted) {
      const changed = watch.takeChanged();
      if (changed.includes(storage.path ?? '')) this.#due.add('storage');
      if (changed.length > 0)
        await this.#look(
          this.#folders.filter(({ path }) => changed.includes(path)),
          copies,
        );
      else if (this.#due.delete('key')) await this.#attempt(() => this.#makeKey(storage));
      else if (this.#due.delete('storage')) await this.#attempt(() => this.#keepStorage(storage, watch));
      else if (this.#due.delete('actions')) await this.#attempt(() => this.#act(layout, watch));
      else if (this.#due.delete('filing')) await this.#attempt(() => this.#fileChats(filing, watch));
      else if (this.#due.delete('receipts')) await this.#attempt(() => this.#confirm());
      else if (this.#due.delete('copies')) await this.#attempt(() => this.#fileCopies(copies, watch));
      else if (this.#due.delete('retries')) await this.#attempt(() => this.#openAgain());
      else if (!(await this.#readHistory(watch))) {
        this.#progress.complete();
        await watch.wait(this.#copiesAt);
        if (this.#copiesAt > 0 && this.#copiesAt <= this.#context.clock.now()) this.demand('copies');
      }
    }
  }

  /** Looks into folders; new mail comes first if there is a `watch` to remember the rest. What vanished from one is only believed after the others were looked at: it may just have been moved. */
  async #look(folders: readonly FolderSync[], copies: SentCopies, watch?: Watch): Promise<void> {
    const passes: { folder: FolderSync; pass: FolderPass }[] = [];
    const looked = new Set<FolderSync>();
    const queue = [...folders];
    for (let folder = queue.shift(); folder; folder = queue.shift()) {
      if (looked.has(folder)) continue;
      looked.add(folder);
      const pass = await this.#pass(folder, watch !== undefined);
      if (!pass) continue;
      passes.push({ folder, pass });
      if (pass.hasty) watch?.changedLater(folder.path);
      // Another device may have been faster than we: then new mail is in a folder that nobody watches.
      if (pass.vanished.length > 0 || (folder.role === 'inbox' && pass.fresh === 0 && folders.length === 1)) {
        queue.push(...this.#folders.filter((other) => other.role !== 'inbox'));
      }
    }
    // Some wait for the copy by which they are claimed, or for the message itself.
    this.#due.add('receipts');
    // Typing notices go as soon as they were read.
    this.#due.add('actions');
    for (const { folder, pass } of passes) {
      await this.#removeVanished(folder, pass);
      if (!pass.hasty) await this.#finishReading(folder);
      if (folder.role === 'inbox') this.#due.add('filing');
      else if (pass.own.length > 0) await this.#attempt(() => copies.resolveDoubles(pass.own));
    }
  }

  async #pass(folder: FolderSync, hasty: boolean): Promise<FolderPass | undefined> {
    try {
      const pass = await folder.pass({ hasty });
      if (folder.role === 'chats') this.#chatsTakeKeyword = pass.state.canStoreFlag(CHAT_KEYWORD);
      return pass;
    } catch (thrown) {
      const gone = thrown instanceof ServerError && thrown.code === 'FOLDER_MISSING';
      if (!gone || folder.role === 'inbox' || !this.#imap.usable) throw thrown;
      this.#context.logger.log('info', `The folder ${folder.path} is gone.`);
      this.#histories = this.#histories.filter((history) => history.folder !== folder);
      await this.#forget(folder.path);
      // Chat mail is going to be moved there: it has to be looked into.
      const needed = folder.role === 'chats' && this.#context.filing !== 'none';
      const again = needed && (await create(this.#imap, folder.path, this.#context.logger)) !== undefined;
      if (again) return folder.pass();
      this.#folders = this.#folders.filter((other) => other !== folder);
      return undefined;
    }
  }

  /** A folder that was made anew is read from the beginning: what is left of it here goes when that is done. */
  async #finishReading(folder: FolderSync): Promise<void> {
    const record = await folder.record();
    if (record?.uidFrom === 1) await sweepFolder(this.#context.writer, folder.path);
    else if (record && !this.#histories.some((history) => history.folder === folder))
      this.#histories.push(new HistorySync(folder, this.#context, this.#connection));
  }

  async #removeVanished(folder: FolderSync, { vanished, state }: FolderPass): Promise<void> {
    for (let i = 0; i < vanished.length; i += limits.syncBatch) {
      const uids = vanished.slice(i, i + limits.syncBatch);
      await this.#context.writer.run((tx) => removeLocations(tx, folder.path, state.uidValidity, uids));
    }
  }

  /** The folder does not exist any more, and with it the copies in it. */
  async #forget(path: string): Promise<void> {
    const { writer } = this.#context;
    await forgetFolder(writer, path);
    await sweepFolder(writer, path);
    await writer.run(async (tx) => tx.remove('folders', path));
  }

  async #fileChats(filing: Filing, watch: Watch): Promise<void> {
    const { lookInto, more } = await filing.pass();
    if (more) this.#due.add('filing');
    if (lookInto.length === 0) return;
    for (const { path, role } of this.#folders) if (lookInto.includes(path) || role === 'inbox') watch.changed(path);
  }

  async #keepStorage(storage: StorageSync, watch: Watch): Promise<void> {
    if (await storage.pass()) this.#due.add('storage');
    if (storage.path !== undefined) await watch.add(storage.path);
  }

  async #act(layout: MailboxLayout, watch: Watch): Promise<void> {
    const more = await performActions(this.#context, this.#imap, this.#stop);
    const { more: moreBlocked, lookInto } = await releaseBlocked(this.#context, this.#imap, layout, this.#stop);
    if (more || moreBlocked) this.#due.add('actions');
    for (const path of lookInto) watch.changed(path);
    // With filing `seen`, what was read may be moved now.
    this.#due.add('filing');
  }

  async #confirm(): Promise<void> {
    if (await sendReceipts(this.#context, this.#imap, this.#stop)) this.#due.add('receipts');
  }

  /** Folders of which the mails are not all known. Blocked mail says nothing about keys, so it need not be known. */
  async #unknownFolders(): Promise<string[]> {
    const folders = this.#folders.filter(({ role }) => role !== 'blocked');
    const records = await Promise.all(folders.map((folder) => folder.record()));
    return folders.filter((_, i) => records[i]?.uidFrom !== 1).map(({ path }) => path);
  }

  /** Storage messages are read by others than the ingest: they are always looked at. */
  async #makeKey({ path }: StorageSync): Promise<void> {
    if (!needsOwnKey(this.#context)) return;
    const paths = new Set([...(await this.#unknownFolders()), ...(path === undefined ? [] : [path])]);
    await makeOwnKey(this.#context, this.#imap, paths, this.#stop);
  }

  async #openAgain(): Promise<void> {
    if (await retryOpening(this.#context, this.#imap, this.#stop)) this.#due.add('retries');
  }

  async #fileCopies(copies: SentCopies, watch: Watch): Promise<void> {
    const { more, nextAt, lookInto } = await copies.pass();
    if (more) this.#due.add('copies');
    this.#copiesAt = nextAt ?? 0;
    for (const path of lookInto) watch.changed(path);
  }

  /** Takes in some of what lay there before; false if nothing is left. */
  async #readHistory(watch: Watch): Promise<boolean> {
    const [history] = this.#histories;
    if (!history) return false;
    await watch.glance(history.folder.path);
    if (await history.work(() => watch.urgent || this.#stop.aborted)) return true;
    this.#histories = this.#histories.filter((other) => other !== history);
    // Now that all of it is known, its numbers can be compared.
    watch.changed(history.folder.path);
    return true;
  }

  /** A server that refuses one thing is no reason to give the connection up. */
  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      const refused = thrown instanceof ServerError && this.#imap.usable && thrown.code !== 'SERVER_MISBEHAVED';
      if (!refused || !(thrown instanceof CoiError)) throw thrown;
      this.#context.logger.log('warn', `The server refused: ${describe(thrown)}`);
      this.#context.failed(thrown);
    }
  }
}
