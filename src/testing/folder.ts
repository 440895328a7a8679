import type { Clock } from '../core/clock.js';
import { type HostMail, StoredMail } from './stored-mail.js';

/** Special use of a folder (RFC 6154). */
export type SpecialUse = '\\All' | '\\Archive' | '\\Drafts' | '\\Flagged' | '\\Junk' | '\\Sent' | '\\Trash';

/** All special uses of folders. */
export const specialUses: readonly SpecialUse[] = [
  '\\All',
  '\\Archive',
  '\\Drafts',
  '\\Flagged',
  '\\Junk',
  '\\Sent',
  '\\Trash',
];

/** What happens in a folder, told to every IMAP session that has it selected. */
export interface FolderWatcher {
  added(mail: StoredMail): void;
  removed(mails: ReadonlySet<StoredMail>): void;
  flagsChanged(mail: StoredMail): void;
  /** The folder was deleted or has a new UIDVALIDITY: nothing a session knows is true any longer. */
  replaced(reason: string): void;
}

/** How to put a mail into a folder. */
export interface AppendOptions {
  readonly flags?: Iterable<string>;
  /** Milliseconds since 1970; default: now. */
  readonly internalDate?: number;
}

/** A folder of the {@link MailHost}: what tests look at, and where they act behind the clients' backs. */
export class HostFolder {
  readonly #clock: Clock;
  readonly #mails: StoredMail[] = [];
  readonly #watchers = new Set<FolderWatcher>();
  readonly #keywords = new Set<string>();
  readonly specialUse: SpecialUse | undefined;
  /** Full path with the host's delimiter, e.g. `INBOX` or `COI/Chats`. */
  path: string;
  subscribed = false;
  /** False for a name that only exists because there are folders below it (`\Noselect`). */
  selectable = true;
  readonly #nextUidValidity: () => number;
  #uidValidity: number;
  #uidNext = 1;
  #highestModSeq = 1;

  constructor(init: {
    path: string;
    nextUidValidity: () => number;
    clock: Clock;
    specialUse?: SpecialUse | undefined;
  }) {
    this.path = init.path;
    this.#nextUidValidity = init.nextUidValidity;
    this.#uidValidity = init.nextUidValidity();
    this.#clock = init.clock;
    this.specialUse = init.specialUse;
  }

  /** The mails, ascending by UID. */
  get messages(): readonly HostMail[] {
    return this.#mails;
  }

  /** @internal The mails as the IMAP server keeps them. */
  get stored(): readonly StoredMail[] {
    return this.#mails;
  }

  /** UIDVALIDITY (RFC 9051 2.3.1.1): another value means that all UIDs were given anew. */
  get uidValidity(): number {
    return this.#uidValidity;
  }

  /** UID of the next mail. */
  get uidNext(): number {
    return this.#uidNext;
  }

  /** Highest mod-sequence (RFC 7162) given to a change so far. */
  get highestModSeq(): number {
    return this.#highestModSeq;
  }

  /** Keywords that were ever used here. */
  get keywords(): ReadonlySet<string> {
    return this.#keywords;
  }

  /** Stores a mail and tells every session that has the folder open. */
  append(raw: string | Uint8Array, options: AppendOptions = {}): HostMail {
    return this.add(Buffer.from(raw), options);
  }

  /** @internal {@link HostFolder.append} without copying the bytes. */
  add(raw: Buffer, options: AppendOptions = {}): StoredMail {
    const mail = new StoredMail({
      uid: this.#uidNext++,
      raw,
      flags: options.flags ?? [],
      internalDate: options.internalDate ?? this.#clock.now(),
      modSeq: ++this.#highestModSeq,
    });
    this.#noteKeywords(mail.flags);
    this.#mails.push(mail);
    for (const watcher of this.#watchers) watcher.added(mail);
    return mail;
  }

  /** Removes mails at once, as another client would. Unknown UIDs are ignored; no argument removes all. */
  expunge(uids?: readonly number[]): void {
    const wanted = uids && new Set(uids);
    this.remove(new Set(wanted ? this.#mails.filter((mail) => wanted.has(mail.uid)) : this.#mails));
  }

  /** @internal Removes these very mails. */
  remove(mails: ReadonlySet<StoredMail>): void {
    if (mails.size === 0) return;
    this.#highestModSeq++;
    const kept = this.#mails.filter((mail) => !mails.has(mail));
    this.#mails.length = 0;
    for (const mail of kept) this.#mails.push(mail);
    for (const watcher of this.#watchers) watcher.removed(mails);
  }

  /** Replaces the flags of one mail, as another client would. */
  setFlags(uid: number, flags: Iterable<string>): void {
    const mail = this.#mails.find((candidate) => candidate.uid === uid);
    if (mail) this.changeFlags(mail, new Set(flags));
  }

  /** @internal Replaces the flags of this very mail. False if they were the same. */
  changeFlags(mail: StoredMail, flags: ReadonlySet<string>): boolean {
    if (flags.size === mail.flags.size && [...flags].every((flag) => mail.flags.has(flag))) return false;
    mail.flags.clear();
    for (const flag of flags) mail.flags.add(flag);
    mail.modSeq = ++this.#highestModSeq;
    this.#noteKeywords(flags);
    for (const watcher of this.#watchers) watcher.flagsChanged(mail);
    return true;
  }

  /**
   * Gives the folder a new UIDVALIDITY and its mails new UIDs, as after a restore from backup. Sessions that have it
   * selected are ended with BYE, as Dovecot does.
   */
  changeUidValidity(): void {
    this.#uidValidity = this.#nextUidValidity();
    const mails = this.#mails.splice(0);
    // Not from 1: a client that mixes up old and new UIDs shall not be right by accident.
    this.#uidNext += 1000;
    for (const old of mails) {
      const { raw, flags, internalDate } = old;
      this.#mails.push(
        new StoredMail({ uid: this.#uidNext++, raw, flags, internalDate, modSeq: ++this.#highestModSeq }),
      );
    }
    this.replaced('UIDVALIDITY changed');
  }

  /** Resolves as soon as the condition holds; looked at now and after each change of the folder. */
  until(condition: (folder: HostFolder) => boolean, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const { signal } = options;
    return new Promise((resolve, reject) => {
      if (condition(this)) return resolve();
      if (signal?.aborted) return reject(signal.reason);
      const finish = (settle: () => void) => {
        stop();
        signal?.removeEventListener('abort', abort);
        settle();
      };
      const check = () => {
        if (condition(this)) finish(resolve);
      };
      const abort = () => finish(() => reject(signal?.reason));
      const stop = this.watch({ added: check, removed: check, flagsChanged: check, replaced: check });
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** @internal Tells the watcher about every change until the returned function is called. */
  watch(watcher: FolderWatcher): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Ends the sessions that have this folder selected. */
  replaced(reason: string): void {
    for (const watcher of [...this.#watchers]) watcher.replaced(reason);
  }

  #noteKeywords(flags: Iterable<string>): void {
    for (const flag of flags) if (!flag.startsWith('\\')) this.#keywords.add(flag);
  }
}
