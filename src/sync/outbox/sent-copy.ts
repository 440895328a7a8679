import { CoiError, describe, NetworkError, ServerError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { locationKey } from '../../model/identity.js';
import type { LocationRecord, MessageRecord, OutboxRecord } from '../../store/records.js';
import type { ImapTransport } from '../../transport/imap.js';
import { removeLocations } from '../ingest/locations.js';
import { CHAT_KEYWORD } from '../mailbox/filing.js';
import { create, type MailboxLayout } from '../mailbox/folders.js';
import type { SyncContext } from '../sync-context.js';
import { readWhole } from './outbox-delivery.js';
import { removeEntry } from './outbox-records.js';

/** What we found out about the server: does it keep copies of what is submitted? */
const LEARNED = 'sent-copies';
/** Copies filed between two looks for news. */
const BATCH = 20;
/** A server that keeps copies gets this long to show one, per try. */
const PATIENCE_MS = 5_000;

/** A sent message whose copy is to be filed. */
interface Unfiled {
  readonly record: OutboxRecord;
  readonly message: MessageRecord | undefined;
}

/** What became of one of them. */
type Fate =
  | { readonly entry: Unfiled; readonly fate: 'filed'; readonly location?: LocationRecord }
  | { readonly entry: Unfiled; readonly fate: 'later' };

/** What a pass of {@link SentCopies} did. */
export interface SentCopyPass {
  /** There are more to file right now. */
  readonly more: boolean;
  /** When the next ones are due, if some have to wait. */
  readonly nextAt: number | undefined;
  /** Folders in which copies were found that we have not seen yet. */
  readonly lookInto: ReadonlySet<string>;
}

/**
 * Sees to it that exactly one copy of each sent message is in the mailbox: in Chats, or in Sent where chat mail is not filed. Many servers keep one
 * themselves. That is found out by looking for the first one, and corrected when a second copy turns up later.
 */
export class SentCopies {
  readonly #context: SyncContext;
  readonly #imap: ImapTransport;
  readonly #layout: MailboxLayout;
  readonly #chatsTakeKeyword: () => boolean;
  #target: string | undefined;

  /** @param chatsTakeKeyword True if `$Chat` can be stored in the Chats folder. */
  constructor(context: SyncContext, imap: ImapTransport, layout: MailboxLayout, chatsTakeKeyword: () => boolean) {
    this.#context = context;
    this.#imap = imap;
    this.#layout = layout;
    this.#chatsTakeKeyword = chatsTakeKeyword;
    const filed = layout.filing !== 'none' || layout.serverFiling !== 'none';
    this.#target = (filed ? layout.chats : undefined) ?? layout.sent;
  }

  /** Files the next batch of copies. */
  async pass(): Promise<SentCopyPass> {
    const { store, clock } = this.#context;
    const lookInto = new Set<string>();
    const records = await store.list('outbox', { index: 'byState', prefix: ['filing'], limit: BATCH });
    const due = records.filter(({ dueAt }) => dueAt <= clock.now());
    const nextAt = records.find(({ dueAt }) => dueAt > clock.now())?.dueAt;
    if (due.length === 0) return { more: false, nextAt, lookInto };
    const messages = await store.get(
      'messages',
      due.map(({ message }) => message),
    );
    const fates: Fate[] = [];
    try {
      const open = await this.#withoutCopy(
        due.map((record, i) => ({ record, message: messages[i] })),
        fates,
      );
      await this.#file(open, fates, lookInto);
    } finally {
      // What was done before something failed must not be done again.
      await this.#commit(fates, lookInto);
    }
    return { more: records.length === BATCH, nextAt, lookInto };
  }

  /**
   * Looks at own messages of which a copy just turned up: if there is one of ours beside it, the server keeps copies after all. Ours go, and
   * from now on none are made.
   */
  async resolveDoubles(messageKeys: readonly string[]): Promise<void> {
    const { store, writer, identity, sentCopies, logger } = this.#context;
    if (sentCopies !== 'auto') return;
    for (const message of await store.get('messages', messageKeys)) {
      if (!message || isAlsoToUs(message, identity.addresses)) continue;
      const copies = await store.list('locations', { index: 'byMessage', prefix: [message.key] });
      const ours = copies.filter(({ appended }) => appended);
      const theirs = copies.filter(
        ({ appended, folder }) => !appended && (folder === this.#layout.sent || folder === this.#layout.chats),
      );
      if (ours.length === 0 || theirs.length === 0) continue;
      logger.log('info', 'The server keeps copies of sent messages itself; ours are taken away again.');
      await this.#learn('server');
      for (const { folder, uidValidity, uid } of ours) {
        await this.#imap.withFolder(folder, async (session) => {
          if (session.state.uidValidity === uidValidity) await session.expunge([uid]);
        });
        await writer.run((tx) => removeLocations(tx, folder, uidValidity, [uid]));
      }
    }
  }

  /** Those that still need a copy; the others have one already (or need none), and that is their fate. */
  async #withoutCopy(entries: readonly Unfiled[], fates: Fate[]): Promise<Unfiled[]> {
    const { store, identity } = this.#context;
    const open: Unfiled[] = [];
    for (const entry of entries) {
      const { message } = entry;
      const copies = message ? await store.list('locations', { index: 'byMessage', prefix: [message.key] }) : [];
      const filed = copies.some(({ folder }) => folder === this.#layout.sent || folder === this.#layout.chats);
      const needless = !message || message.gone === 'deleted' || isOnlyToUs(message, identity.addresses);
      if (filed || needless) fates.push({ entry, fate: 'filed' });
      else open.push(entry);
    }
    return open;
  }

  async #file(entries: readonly Unfiled[], fates: Fate[], lookInto: Set<string>): Promise<void> {
    if (entries.length === 0) return;
    const policy = await this.#policy();
    // A server that nothing is known about is asked once; after a crash our own copy may be there.
    const searched = entries.filter(({ record }) => policy !== 'client' || record.copyTried);
    const found = await this.#search(searched, lookInto);
    for (const entry of searched) if (found.has(entry)) fates.push({ entry, fate: 'filed' });
    const missing = entries.filter((entry) => !found.has(entry));
    if (policy === 'unknown')
      await this.#learn([...found].some(({ record }) => !record.copyTried) ? 'server' : 'client');

    const append: Unfiled[] = [];
    for (const entry of missing) {
      const patient = policy === 'server' && entry.record.attempts < limits.sentCopyTries;
      if (patient) fates.push({ entry, fate: 'later' });
      else if (this.#context.sentCopies === 'server') fates.push({ entry, fate: 'filed' });
      else append.push(entry);
    }
    await this.#appendAll(append, fates);
  }

  async #appendAll(entries: readonly Unfiled[], fates: Fate[]): Promise<void> {
    const target = entries.length > 0 ? await this.#findTarget() : undefined;
    if (target === undefined) {
      for (const entry of entries) fates.push({ entry, fate: 'filed' });
      return;
    }
    await this.#context.writer.run(async (tx) => {
      for (const { record } of entries) tx.put('outbox', { ...record, copyTried: true });
    });
    for (const entry of entries) fates.push(await this.#append(entry, target));
  }

  async #append(entry: Unfiled, target: string): Promise<Fate> {
    const { record, message } = entry;
    const { store, clock, logger } = this.#context;
    const flags = target === this.#layout.chats && this.#chatsTakeKeyword() ? ['\\Seen', CHAT_KEYWORD] : ['\\Seen'];
    const date = message?.date ?? clock.now();
    try {
      const bytes = await readWhole(store, record);
      const { uid, uidValidity } = await this.#imap.append(target, bytes, flags, date);
      if (uid === undefined || uidValidity === undefined) return { entry, fate: 'filed' };
      const location: LocationRecord = {
        key: locationKey(target, uidValidity, uid),
        folder: target,
        uidValidity,
        uid,
        message: record.message,
        flags,
        internalDate: date,
        size: record.size,
        appended: true,
      };
      return { entry, fate: 'filed', location };
    } catch (thrown) {
      if (!this.#imap.usable || !(thrown instanceof CoiError) || thrown instanceof NetworkError) throw thrown;
      const missing = thrown instanceof ServerError && thrown.code === 'FOLDER_MISSING';
      if (missing && entry.record.attempts === 0) await create(this.#imap, target, logger);
      logger.log('warn', `The copy of a sent message could not be filed in ${target}: ${describe(thrown)}`);
      return { entry, fate: entry.record.attempts + 1 < limits.sentCopyTries ? 'later' : 'filed' };
    }
  }

  /** Entries of which a copy lies in Sent or Chats. */
  async #search(entries: readonly Unfiled[], lookInto: Set<string>): Promise<Set<Unfiled>> {
    const found = new Set<Unfiled>();
    if (entries.length === 0) return found;
    for (const path of new Set([this.#layout.sent, this.#layout.chats])) {
      if (path === undefined) continue;
      await this.#imap.withFolder(path, async (folder) => {
        for (const entry of entries) {
          if (found.has(entry)) continue;
          const uids = await folder.searchHeader('Message-ID', entry.record.messageId);
          if (uids.length === 0) continue;
          found.add(entry);
          lookInto.add(path);
        }
      });
    }
    return found;
  }

  async #policy(): Promise<'server' | 'client' | 'unknown'> {
    const { sentCopies, store } = this.#context;
    if (sentCopies !== 'auto') return sentCopies;
    const [setting] = await store.get('settings', [LEARNED]);
    if (setting?.value === 'server' || this.#layout.keepsCopies) return 'server';
    return setting?.value === 'client' ? 'client' : 'unknown';
  }

  async #learn(value: 'server' | 'client'): Promise<void> {
    await this.#context.writer.run(async (tx) => tx.put('settings', { key: LEARNED, value }));
  }

  async #findTarget(): Promise<string | undefined> {
    this.#target ??= await create(this.#imap, `${this.#imap.namespace.prefix}Sent`, this.#context.logger);
    return this.#target;
  }

  async #commit(fates: readonly Fate[], lookInto: Set<string>): Promise<void> {
    if (fates.length === 0) return;
    const { writer, clock } = this.#context;
    await writer.run(async (tx) => {
      for (const result of fates) {
        const { record } = result.entry;
        if (result.fate === 'later') {
          const current = (await tx.get('outbox', record.id)) ?? record;
          tx.put('outbox', { ...current, attempts: record.attempts + 1, dueAt: clock.now() + PATIENCE_MS });
          continue;
        }
        removeEntry(tx, record);
        const { location } = result;
        const folder = location && (await tx.get('folders', location.folder));
        // A folder that was not opened yet, or made anew: its own pass finds the copy.
        if (location && folder?.uidValidity === location.uidValidity) tx.put('locations', location);
        else if (location) lookInto.add(location.folder);
      }
    });
  }
}

function isOnlyToUs(message: MessageRecord, own: ReadonlySet<string>): boolean {
  const recipients = [...message.to, ...message.cc];
  return recipients.length > 0 && recipients.every(({ address }) => own.has(address));
}

function isAlsoToUs(message: MessageRecord, own: ReadonlySet<string>): boolean {
  return [...message.to, ...message.cc].some(({ address }) => own.has(address));
}
