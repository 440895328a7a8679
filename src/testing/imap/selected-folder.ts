import type { FolderWatcher, HostFolder } from '../folder.js';
import type { StoredMail } from '../stored-mail.js';
import { lowerBound, parseSequenceSet, select } from './sequence-set.js';

/**
 * A session's view of its selected folder: sequence numbers stay as the client knows them until the change was told
 * (RFC 9051 7.5.1: no EXPUNGE while FETCH, STORE or SEARCH run).
 */
export class SelectedFolder implements FolderWatcher {
  readonly folder: HostFolder;
  readonly readOnly: boolean;
  readonly #view: StoredMail[];
  readonly #added = new Set<StoredMail>();
  readonly #removed = new Set<StoredMail>();
  readonly #changed = new Set<StoredMail>();
  readonly #onChange: () => void;
  readonly #onReplaced: (reason: string) => void;
  readonly #unwatch: () => void;

  constructor(
    folder: HostFolder,
    readOnly: boolean,
    listeners: { changed: () => void; replaced: (reason: string) => void },
  ) {
    this.folder = folder;
    this.readOnly = readOnly;
    this.#view = [...folder.stored];
    this.#onChange = listeners.changed;
    this.#onReplaced = listeners.replaced;
    this.#unwatch = folder.watch(this);
  }

  /** Mails by sequence number, expunged ones included that the client does not know to be gone. */
  get view(): readonly StoredMail[] {
    return this.#view;
  }

  /** The mails that a set names by sequence number or UID, without those that are gone. */
  pick(set: string, byUid: boolean): StoredMail[] {
    const picked = select(this.#view, parseSequenceSet(set), (mail, index) => (byUid ? mail.uid : index + 1));
    return this.#removed.size === 0 ? picked : picked.filter((mail) => !this.#removed.has(mail));
  }

  /** Sequence number of a mail. */
  sequenceOf(mail: StoredMail): number {
    return lowerBound(this.#view, mail.uid, (other) => other.uid) + 1;
  }

  /** True if the mail was expunged, told or not. */
  isGone(mail: StoredMail): boolean {
    return this.#removed.has(mail);
  }

  /** The client was just told the flags of this mail. */
  told(mail: StoredMail): void {
    this.#changed.delete(mail);
  }

  /** The untagged response about new mail, if there is some. It may be sent at any time. */
  announce(): string[] {
    if (this.#added.size === 0) return [];
    for (const mail of this.#added) this.#view.push(mail);
    this.#added.clear();
    return [`* ${this.#view.length} EXISTS`];
  }

  /** Untagged responses about everything that happened since the last call. */
  flush(options: { readonly expunge: boolean; readonly modSeq: boolean }): string[] {
    const lines: string[] = [];
    if (options.expunge && this.#removed.size > 0) {
      // From the end, so that one removal does not shift the numbers of the next.
      for (let i = this.#view.length - 1; i >= 0; i--) {
        if (this.#removed.has(this.#view[i] as StoredMail)) lines.push(`* ${i + 1} EXPUNGE`);
      }
      const kept = this.#view.filter((mail) => !this.#removed.has(mail));
      this.#view.length = 0;
      for (const mail of kept) this.#view.push(mail);
      this.#removed.clear();
    }
    lines.push(...this.announce());
    for (const mail of this.#changed) lines.push(this.#flagsLine(mail, options.modSeq));
    this.#changed.clear();
    return lines;
  }

  /** Stops watching. */
  close(): void {
    this.#unwatch();
  }

  added(mail: StoredMail): void {
    this.#added.add(mail);
    this.#onChange();
  }

  removed(mails: ReadonlySet<StoredMail>): void {
    for (const mail of mails) {
      this.#changed.delete(mail);
      // What the client never heard of needs no EXPUNGE.
      if (!this.#added.delete(mail)) this.#removed.add(mail);
    }
    this.#onChange();
  }

  flagsChanged(mail: StoredMail): void {
    // A mail that is yet to be announced is fetched by the client anyway.
    if (this.#added.has(mail)) return;
    this.#changed.add(mail);
    this.#onChange();
  }

  replaced(reason: string): void {
    this.#onReplaced(reason);
  }

  #flagsLine(mail: StoredMail, modSeq: boolean): string {
    const tail = modSeq ? ` MODSEQ (${mail.modSeq})` : '';
    return `* ${this.sequenceOf(mail)} FETCH (UID ${mail.uid} FLAGS (${[...mail.flags].join(' ')})${tail})`;
  }
}
