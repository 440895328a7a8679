import { CoiError, describe, ServerError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { CHAT_ID_PREFIX } from '../../protocol/detection.js';
import type { FolderRecord, LocationRecord, MessageRecord } from '../../store/records.js';
import type { ImapFolderSession, ImapTransport, MovedMails } from '../../transport/imap.js';
import { firstStartOf, patchFolder, type SyncContext } from '../sync-context.js';
import { isHistory } from './committer.js';
import { create, type MailboxLayout } from './folders.js';
import { relocate } from './relocate.js';

/** Keyword that marks chat mail (COI client specification). */
export const CHAT_KEYWORD = '$Chat';

/** A copy in the INBOX with its message. */
interface Candidate {
  readonly location: LocationRecord;
  readonly message: MessageRecord;
}

/** What a pass of {@link Filing} did. */
export interface FilingPass {
  /** Folders that mails were moved to without the server telling their new place: they have to be looked at. */
  readonly lookInto: readonly string[];
  /** There are more to file. */
  readonly more: boolean;
}

/**
 * Does on a plain server what a COI server does by itself: moves chat mail that arrived since the account's first start from the INBOX to Chats,
 * marks it with a keyword where the server takes it, and marks mail from ourselves as seen. Mail from blocked people, chat or not, goes to Blocked. What other devices do at the same time does
 * no harm: MOVE leaves out what is no longer there.
 */
export class Filing {
  readonly #context: SyncContext;
  readonly #imap: ImapTransport;
  readonly #layout: MailboxLayout;
  /** Cleared when the server refuses: until the next connection chat mail stays where it is. */
  #possible: boolean;
  constructor(context: SyncContext, imap: ImapTransport, layout: MailboxLayout) {
    this.#context = context;
    this.#imap = imap;
    this.#layout = layout;
    this.#possible = layout.filing !== 'none' && layout.chats !== undefined;
  }

  /** Files the next batch. */
  async pass(): Promise<FilingPass> {
    const nothing: FilingPass = { lookInto: [], more: false };
    const { inbox, chats } = this.#layout;
    if (!this.#possible || chats === undefined) return nothing;
    const [record] = await this.#context.store.get('folders', [inbox]);
    const first = await firstStartOf(this.#context.store);
    // An INBOX that was made anew is read from its newest mails down; it is filed when all of it is known.
    if (!record || !first || record.uidFrom > startOf(record)) return nothing;
    const { batch, blocked, position, more } = await this.#next(record, first.historyDate);
    if (batch.length === 0 && blocked.length === 0) {
      await this.#advance(record, position);
      return { ...nothing, more };
    }
    try {
      const lookInto = await this.#imap.withFolder(inbox, async (folder) => {
        const filed = await this.#file(folder, record, batch, chats);
        const hidden = await this.#block(folder, record, blocked);
        return [...(filed ? [] : [chats]), ...(hidden || !this.#layout.blocked ? [] : [this.#layout.blocked])];
      });
      await this.#advance(record, position);
      return { lookInto, more };
    } catch (thrown) {
      if (!this.#imap.usable || !(thrown instanceof ServerError)) throw thrown;
      this.#possible = false;
      this.#context.logger.log('warn', `Chat mail stays in ${inbox}: ${describe(thrown)}`);
      this.#context.failed(thrown);
      return nothing;
    }
  }

  /** The oldest mails that have not been considered yet. Those that wait for being read keep the position from advancing. */
  async #next(
    record: FolderRecord,
    historyDate: number,
  ): Promise<{ batch: Candidate[]; blocked: Candidate[]; position: number; more: boolean }> {
    const locations = await this.#context.store.list('locations', {
      index: 'byFolder',
      prefix: [record.path],
      after: [startOf(record) - 1],
      limit: limits.syncBatch,
    });
    const messages = await this.#context.store.get(
      'messages',
      locations.map(({ message }) => message),
    );
    const batch: Candidate[] = [];
    const blocked: Candidate[] = [];
    let waiting: number | undefined;
    locations.forEach((location, i) => {
      const message = messages[i];
      if (message === undefined || isHistory(record, location, historyDate)) return;
      if (message.blocked === true) blocked.push({ location, message });
      else if (!isFiled(message)) return;
      else if (this.#layout.filing === 'seen' && !message.seen && message.hidden === 0) waiting ??= location.uid;
      else batch.push({ location, message });
    });
    const more = locations.length === limits.syncBatch && waiting === undefined;
    const end = (more ? locations.at(-1)?.uid : undefined) ?? record.uidNext - 1;
    return { batch, blocked, position: waiting ?? end + 1, more };
  }

  async #advance(record: FolderRecord, position: number): Promise<void> {
    if (position === record.filedBelow) return;
    await this.#context.writer.run((tx) => patchFolder(tx, record.path, { filedBelow: position }));
  }

  /** True if the server told where all of them are now. */
  async #file(
    folder: ImapFolderSession,
    record: FolderRecord,
    batch: readonly Candidate[],
    chats: string,
  ): Promise<boolean> {
    if (batch.length === 0 || folder.state.uidValidity !== record.uidValidity) return true;
    const uids = batch.map(({ location }) => location.uid);
    if (folder.state.canStoreFlag(CHAT_KEYWORD)) await this.#mark(folder, uids, CHAT_KEYWORD);
    const own = batch.filter(
      ({ location, message }) =>
        isUnseenReceipt(location, message) || isUnseenToOthers(location, message, this.#context.identity.addresses),
    );
    if (own.length > 0)
      await this.#mark(
        folder,
        own.map(({ location }) => location.uid),
        '\\Seen',
      );
    const moved = await this.#move(folder, uids, chats);
    const seen = new Set(own);
    const mails = batch.map((candidate) =>
      seen.has(candidate)
        ? { ...candidate.location, flags: [...new Set([...candidate.location.flags, '\\Seen'])] }
        : candidate.location,
    );
    return relocate(this.#context.writer, mails, moved, { path: chats, role: 'chats' });
  }

  /** Moves what blocked people wrote out of sight. The same result as {@link #file}. */
  async #block(folder: ImapFolderSession, record: FolderRecord, batch: readonly Candidate[]): Promise<boolean> {
    const { blocked } = this.#layout;
    if (batch.length === 0 || blocked === undefined || folder.state.uidValidity !== record.uidValidity) return true;
    const mails = batch.map(({ location }) => location);
    const moved = await this.#move(
      folder,
      mails.map(({ uid }) => uid),
      blocked,
    );
    return relocate(this.#context.writer, mails, moved, { path: blocked, role: 'blocked' });
  }

  /** A keyword or flag that the server does not take is no reason to leave the mail where it is. */
  async #mark(folder: ImapFolderSession, uids: readonly number[], flag: string): Promise<void> {
    try {
      await folder.store(uids, { add: [flag] });
    } catch (thrown) {
      if (!this.#imap.usable || !(thrown instanceof CoiError)) throw thrown;
      this.#context.logger.log('debug', `The server did not take ${flag}: ${describe(thrown)}`);
    }
  }

  async #move(folder: ImapFolderSession, uids: readonly number[], chats: string): Promise<MovedMails> {
    try {
      return await folder.move(uids, chats);
    } catch (thrown) {
      if (!(thrown instanceof ServerError) || thrown.code !== 'FOLDER_MISSING') throw thrown;
      // Somebody deleted it since we looked.
      if ((await create(this.#imap, chats, this.#context.logger)) === undefined) throw thrown;
      return folder.move(uids, chats);
    }
  }
}

function startOf({ historyBelow, filedBelow = 1 }: FolderRecord): number {
  return Math.max(historyBelow, filedBelow);
}

/** Chat mail, and receipts for it, which plain mail programs send without any mark of chat. */
function isFiled({ isChat, kind, hidden, inReplyTo }: MessageRecord): boolean {
  return isChat || (kind === 'receipt' && hidden === 1 && inReplyTo?.startsWith(CHAT_ID_PREFIX) === true);
}

/** Nobody is going to look at it. */
function isUnseenReceipt(location: LocationRecord, message: MessageRecord): boolean {
  return message.kind === 'receipt' && message.hidden === 1 && !location.flags.includes('\\Seen');
}

function isUnseenToOthers(location: LocationRecord, message: MessageRecord, own: ReadonlySet<string>): boolean {
  if (!message.fromMe || location.flags.includes('\\Seen')) return false;
  return [...message.to, ...message.cc].some(({ address }) => !own.has(address));
}
