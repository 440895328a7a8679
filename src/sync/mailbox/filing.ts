import { CoiError, describe, ServerError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { locationKey } from '../../model/identity.js';
import { CHAT_ID_PREFIX } from '../../protocol/detection.js';
import type { FolderRecord, LocationRecord, MessageRecord } from '../../store/records.js';
import type { ImapFolderSession, ImapTransport, MovedMails } from '../../transport/imap.js';
import { firstStartOf, patchFolder, type SyncContext } from '../sync-context.js';
import { isHistory } from './committer.js';
import { create, type MailboxLayout } from './folders.js';

/** Keyword that marks chat mail (COI client specification). */
export const CHAT_KEYWORD = '$Chat';

/** A copy in the INBOX with its message. */
interface Candidate {
  readonly location: LocationRecord;
  readonly message: MessageRecord;
}

/** What a pass of {@link Filing} did. */
export interface FilingPass {
  /** Mails that were moved but whose new place the server did not tell: the Chats folder has to be looked at. */
  readonly lookIntoChats: boolean;
  /** There are more to file. */
  readonly more: boolean;
}

/**
 * Does on a plain server what a COI server does by itself: moves chat mail that arrived since the account's first start from the INBOX to Chats,
 * marks it with a keyword where the server takes it, and marks mail from ourselves as seen. What other devices do at the same time does
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
    const nothing = { lookIntoChats: false, more: false };
    const { inbox, chats } = this.#layout;
    if (!this.#possible || chats === undefined) return nothing;
    const [record] = await this.#context.store.get('folders', [inbox]);
    const first = await firstStartOf(this.#context.store);
    // An INBOX that was made anew is read from its newest mails down; it is filed when all of it is known.
    if (!record || !first || record.uidFrom > startOf(record)) return nothing;
    const { batch, position, more } = await this.#next(record, first.historyDate);
    if (batch.length === 0) {
      await this.#advance(record, position);
      return { ...nothing, more };
    }
    try {
      const told = await this.#imap.withFolder(inbox, (folder) => this.#file(folder, record, batch, chats));
      await this.#advance(record, position);
      return { lookIntoChats: !told, more };
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
  ): Promise<{ batch: Candidate[]; position: number; more: boolean }> {
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
    let waiting: number | undefined;
    locations.forEach((location, i) => {
      const message = messages[i];
      if (!message || !isFiled(message) || isHistory(record, location, historyDate)) return;
      if (this.#layout.filing === 'seen' && !message.seen && message.hidden === 0) waiting ??= location.uid;
      else batch.push({ location, message });
    });
    const more = locations.length === limits.syncBatch && waiting === undefined;
    const end = (more ? locations.at(-1)?.uid : undefined) ?? record.uidNext - 1;
    return { batch, position: waiting ?? end + 1, more };
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
    if (folder.state.uidValidity !== record.uidValidity) return true;
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
    const known = await this.#relocate(batch, moved, chats, new Set(own));
    return known && batch.every(({ location }) => moved.uids.has(location.uid));
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

  /** Writes down where the mails are now, so that they need not be fetched again there. False if that is a folder that we don't know (any more). */
  async #relocate(
    batch: readonly Candidate[],
    { uids, uidValidity }: MovedMails,
    chats: string,
    seen: ReadonlySet<Candidate>,
  ): Promise<boolean> {
    return this.#context.writer.run(async (tx) => {
      const target = await tx.get('folders', chats);
      // One that was never opened, or was made anew: its own pass finds the mails.
      if (uidValidity === undefined || target?.uidValidity !== uidValidity) return false;
      for (const candidate of batch) {
        const uid = uids.get(candidate.location.uid);
        const location = await tx.get('locations', candidate.location.key);
        if (uid === undefined || !location) continue;
        const flags = seen.has(candidate) ? [...new Set([...location.flags, '\\Seen'])] : location.flags;
        tx.put('locations', {
          ...location,
          key: locationKey(chats, uidValidity, uid),
          folder: chats,
          uidValidity,
          uid,
          flags,
        });
        tx.remove('locations', location.key);
      }
      return true;
    });
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
