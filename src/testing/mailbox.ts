import type { Clock } from '../core/clock.js';
import { InputError } from '../core/errors.js';
import { HostFolder, type SpecialUse } from './folder.js';

/** Layout of every user's mailbox. */
export interface MailboxLayout {
  readonly delimiter: string;
  /** Prefix of the personal namespace, e.g. `INBOX.`; empty for none. */
  readonly prefix: string;
  /** Folders besides INBOX, without prefix. */
  readonly folders: Readonly<Record<string, SpecialUse | ''>>;
}

/** All folders of one user of the {@link MailHost}. */
export class HostMailbox {
  readonly email: string;
  /** @internal */
  readonly layout: MailboxLayout;
  readonly #clock: Clock;
  readonly #folders = new Map<string, HostFolder>();
  // One counter for all folders: one that is deleted and made again has to get another UIDVALIDITY.
  #uidValidity = 1000;
  /** Annotations (RFC 5464): folder path (empty for the server) and entry to value. */
  readonly annotations = new Map<string, Map<string, Buffer>>();

  constructor(email: string, layout: MailboxLayout, clock: Clock) {
    this.email = email;
    this.layout = layout;
    this.#clock = clock;
    this.create('INBOX').subscribed = true;
    for (const [name, specialUse] of Object.entries(layout.folders)) {
      this.create(layout.prefix + name, specialUse || undefined).subscribed = true;
    }
  }

  /** All folders, INBOX first, then by name. */
  get folders(): HostFolder[] {
    return [...this.#folders.values()].sort((a, b) => {
      if (a.path === 'INBOX' || b.path === 'INBOX') return a.path === 'INBOX' ? -1 : 1;
      return a.path < b.path ? -1 : 1;
    });
  }

  /** INBOX, which is always there. */
  get inbox(): HostFolder {
    return this.folder('INBOX');
  }

  /**
   * A folder by its full path.
   *
   * @throws InputError `NOT_FOUND` naming the folders that exist.
   */
  folder(path: string): HostFolder {
    const folder = this.find(path);
    if (folder) return folder;
    const known = this.folders.map((existing) => existing.path).join(', ');
    throw new InputError('NOT_FOUND', `${this.email} has no folder "${path}". There are: ${known}.`);
  }

  /** A folder that can be selected, or undefined. */
  find(path: string): HostFolder | undefined {
    const folder = this.get(path);
    return folder?.selectable ? folder : undefined;
  }

  /** Any name, selectable or not. */
  get(path: string): HostFolder | undefined {
    return this.#folders.get(this.#canonical(path));
  }

  /** Makes a folder, and `\Noselect` names above it (RFC 9051 6.3.4). An existing folder is returned as it is. */
  create(path: string, specialUse?: SpecialUse): HostFolder {
    const name = this.#canonical(path);
    const existing = this.#folders.get(name);
    if (existing) {
      existing.selectable = true;
      return existing;
    }
    const { delimiter } = this.layout;
    for (let at = name.indexOf(delimiter); at > 0; at = name.indexOf(delimiter, at + 1)) {
      const parent = name.slice(0, at);
      if (this.#folders.has(parent)) continue;
      this.#make(parent).selectable = false;
    }
    return this.#make(name, specialUse);
  }

  /** Deletes a folder with its mails; folders below it stay (RFC 9051 6.3.5). */
  delete(path: string): void {
    const name = this.#canonical(path);
    const folder = this.#folders.get(name);
    if (!folder) return;
    this.annotations.delete(name);
    folder.expunge();
    if (this.hasChildren(folder)) folder.selectable = false;
    else this.#folders.delete(name);
    folder.replaced('Folder was deleted');
  }

  /** Renames a folder and all below it. INBOX itself stays, its mails move (RFC 9051 6.3.6). */
  rename(from: string, to: string): void {
    const folder = this.get(from) ?? this.folder(from);
    if (folder.path === 'INBOX') {
      const target = this.create(to);
      for (const { raw, flags, internalDate } of folder.stored) target.add(raw, { flags, internalDate });
      folder.expunge();
      return;
    }
    const old = folder.path;
    const below = old + this.layout.delimiter;
    const moved = this.folders.filter((other) => other === folder || other.path.startsWith(below));
    const target = this.#canonical(to);
    const parent = target.lastIndexOf(this.layout.delimiter);
    if (parent > 0 && !this.#folders.has(target.slice(0, parent))) {
      this.#make(target.slice(0, parent)).selectable = false;
    }
    for (const other of moved) {
      this.#folders.delete(other.path);
      other.path = target + other.path.slice(old.length);
      this.#folders.set(other.path, other);
    }
  }

  /** True if there are folders below this one. */
  hasChildren(folder: HostFolder): boolean {
    const below = folder.path + this.layout.delimiter;
    for (const path of this.#folders.keys()) if (path.startsWith(below)) return true;
    return false;
  }

  /** The folder with this special use, if there is one. */
  withSpecialUse(specialUse: SpecialUse): HostFolder | undefined {
    return this.folders.find((folder) => folder.specialUse === specialUse);
  }

  #make(path: string, specialUse?: SpecialUse): HostFolder {
    const nextUidValidity = () => this.#uidValidity++;
    const folder = new HostFolder({ path, nextUidValidity, clock: this.#clock, specialUse });
    this.#folders.set(path, folder);
    return folder;
  }

  /** INBOX is the one name that is case-insensitive (RFC 9051 5.1). */
  #canonical(path: string): string {
    const { delimiter } = this.layout;
    if (path.toUpperCase() === 'INBOX') return 'INBOX';
    return path.endsWith(delimiter) ? path.slice(0, -1) : path;
  }
}
