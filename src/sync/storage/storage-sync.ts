import { CoiError, describe, NetworkError, ServerError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { locationKey } from '../../model/identity.js';
import type { StorageMailRecord } from '../../store/card-records.js';
import type { FetchedMail, ImapFolderSession, ImapTransport } from '../../transport/imap.js';
import { sealToSelf } from '../keys/seal-outgoing.js';
import { create, type MailboxLayout } from '../mailbox/folders.js';
import type { SyncContext } from '../sync-context.js';
import { contactKind } from './contact-kind.js';
import { groupKind } from './group-kind.js';
import { keysState, openStorageMail } from './open-storage-mail.js';
import { profileKind } from './profile-kind.js';
import type { StorageContent, StorageKind, StorageReading } from './storage-kind.js';

/** Mails read, and things written, between two looks for news. */
const BATCH = 50;
const KINDS: readonly StorageKind[] = [contactKind, groupKind, profileKind];

/** A mail that was read and is to be merged. */
interface Arrived {
  readonly record: StorageMailRecord;
  readonly reading: StorageReading | undefined;
}

/** Something that storage messages are about. */
interface Thing {
  readonly kind: StorageKind;
  readonly key: string;
}

/**
 * Keeps what the user's devices tell each other (contacts, groups, the profile) in step with the folder of storage messages. Each thing has
 * one mail; an update is a new mail, then the old one goes. Mails about the same thing are joined, so two devices that write at
 * the same time, or a crash between the two steps, only mean that there are more mails for a moment.
 */
export class StorageSync {
  readonly #context: SyncContext;
  readonly #imap: ImapTransport;
  readonly #layout: MailboxLayout;
  readonly #signal: AbortSignal;
  #path: string | undefined;
  /** Cleared when the server refuses: until the next connection nothing is written. */
  #writable = true;
  /** Something was read since duplicates were looked for. */
  #unsettled = true;

  constructor(context: SyncContext, imap: ImapTransport, layout: MailboxLayout, signal: AbortSignal) {
    this.#context = context;
    this.#imap = imap;
    this.#layout = layout;
    this.#signal = signal;
    this.#path = layout.contacts;
  }

  /** The folder; undefined while there is none. */
  get path(): string | undefined {
    return this.#path;
  }

  /** Reads and writes the next batch; true if there is more to do at once. */
  async pass(): Promise<boolean> {
    if (this.#path !== undefined && (await this.#read(this.#path))) return true;
    return this.#write();
  }

  /** True if there is more to read. */
  async #read(path: string): Promise<boolean> {
    try {
      return await this.#imap.withFolder(path, (folder) => this.#readFolder(folder), { signal: this.#signal });
    } catch (thrown) {
      if (!(thrown instanceof ServerError) || thrown.code !== 'FOLDER_MISSING') throw thrown;
      await this.#forget(await this.#records());
      this.#path = undefined;
      return false;
    }
  }

  async #readFolder(folder: ImapFolderSession): Promise<boolean> {
    const { path, uidValidity } = folder.state;
    const uids = (await folder.uids({ signal: this.#signal })).slice(-limits.storageMails);
    const records = await this.#records();
    const present = new Set(uids);
    const isHere = (record: StorageMailRecord) =>
      record.folder === path && record.uidValidity === uidValidity && present.has(record.uid);
    await this.#forget(records.filter((record) => !isHere(record)));
    const keys = keysState(this.#context.keys.manager);
    const known = new Set(
      records.filter((record) => isHere(record) && !isWorthATry(record, keys)).map(({ uid }) => uid),
    );
    const unknown = uids.filter((uid) => !known.has(uid));
    const batch = unknown.slice(0, BATCH);
    if (batch.length === 0) return false;
    // Sizes first: somebody else's mail may be of any size.
    const rows = await folder.fetch(batch, {}, { signal: this.#signal });
    const small = rows.filter(({ size }) => size <= limits.storageMailBytes);
    const mails =
      small.length === 0 ? [] : await folder.fetch(uidsOf(small), { source: true }, { signal: this.#signal });
    const arrived: Arrived[] = [];
    for (const mail of mails) arrived.push(await this.#open(folder, mail, keys));
    const read = new Set(mails.map(({ uid }) => uid));
    for (const uid of batch)
      if (!read.has(uid)) arrived.push({ record: recordOf(folder, uid, IGNORED), reading: undefined });
    await this.#context.writer.run(async (tx) => {
      for (const { record, reading } of arrived) {
        tx.put('storageMails', record);
        await reading?.merge(tx);
      }
    });
    this.#unsettled ||= arrived.some(({ reading }) => reading !== undefined);
    return unknown.length > batch.length;
  }

  async #open(
    folder: ImapFolderSession,
    { uid, source, flags, internalDate }: FetchedMail,
    keys: string,
  ): Promise<Arrived> {
    const ignored = { record: recordOf(folder, uid, IGNORED), reading: undefined };
    // Marked by somebody whose server cannot expunge single mails: as good as gone.
    if (source === undefined || flags.includes('\\Deleted')) return ignored;
    const opened = await openStorageMail(source, this.#context.keys, this.#context.identity);
    if (opened.state === 'locked') {
      return { record: recordOf(folder, uid, { ...IGNORED, state: 'locked', tried: keys }), reading: undefined };
    }
    if (opened.state === 'ignored') return ignored;
    for (const kind of KINDS) {
      const reading = await kind.read(opened.mail, { headers: opened.outside, received: internalDate });
      if (reading === undefined) continue;
      const { subjects, digest } = reading;
      const { secured } = opened;
      return {
        record: recordOf(folder, uid, { state: 'counts', kind: kind.name, subjects, digest, secured }),
        reading,
      };
    }
    return ignored;
  }

  /** Writes what changed and clears duplicates away; true if there is more. */
  async #write(): Promise<boolean> {
    const { keys, identity, store } = this.#context;
    const { manager } = keys;
    // What it says in plain text would be there for everybody to read, and would count for nobody.
    const sealed = manager.decryptionKeys.length > 0;
    if (!this.#writable || manager.state(identity.email) === (sealed ? 'none' : 'import-needed')) return false;
    const records = (await this.#records()).filter(({ state }) => state === 'counts');
    const things = await this.#toSettle(records, sealed);
    const batch = things.slice(0, BATCH);
    if (batch.length === 0) {
      this.#unsettled = false;
      return false;
    }
    const obsolete = new Set<StorageMailRecord>();
    const settled = new Map<string, string>();
    for (const thing of batch) {
      const { kind, key } = thing;
      const target = { from: identity.email, coiServer: this.#layout.coiServer };
      const content = await kind.content(store, key, target, this.#context.clock.now());
      if (content === undefined) continue;
      const about = records.filter((record) => isAbout(record, kind, content.subjects));
      const kept = await this.#keep(kind, content, about, sealed);
      if (kept === undefined && !content.expired) continue;
      if (kept !== undefined) settled.set(key, kept.key);
      for (const record of about) if (record.key !== kept?.key) obsolete.add(record);
    }
    // A mail about two things goes when both have their own.
    const going: StorageMailRecord[] = [];
    for (const record of obsolete) {
      const kind = KINDS.find(({ name }) => name === record.kind);
      const owners = (await kind?.thingsOf(store, record.subjects)) ?? [];
      if (owners.every((owner) => batch.some(({ key }) => key === owner))) going.push(record);
    }
    await this.#expunge(going);
    this.#unsettled = things.length > batch.length || going.length < obsolete.size;
    return things.length > batch.length;
  }

  /** Things whose mail is missing, old, not encrypted although it could be, or not the only one. */
  async #toSettle(records: readonly StorageMailRecord[], sealed: boolean): Promise<Thing[]> {
    const things: Thing[] = [];
    for (const kind of KINDS) {
      const keys = new Set(await kind.dirty(this.#context.store));
      if (this.#unsettled) {
        const seen = new Map<string, number>();
        for (const record of records.filter((one) => one.kind === kind.name)) {
          const owners = await kind.thingsOf(this.#context.store, record.subjects);
          for (const owner of owners) {
            seen.set(owner, (seen.get(owner) ?? 0) + 1);
            if (owners.length > 1 || (sealed && !record.secured)) keys.add(owner);
          }
        }
        for (const [owner, count] of seen) if (count > 1) keys.add(owner);
      }
      for (const key of keys) things.push({ kind, key });
    }
    return things;
  }

  /** The mail that says it all: one that is there already, or a new one. Undefined if its place is not known yet. */
  async #keep(
    kind: StorageKind,
    content: StorageContent,
    about: readonly StorageMailRecord[],
    sealed: boolean,
  ): Promise<StorageMailRecord | undefined> {
    const { writer } = this.#context;
    if (content.expired) {
      await writer.run((tx) => content.forget(tx));
      return undefined;
    }
    const equal = about.filter(({ digest, secured }) => digest === content.digest && secured === sealed);
    const [lowest] = equal.sort((a, b) => a.uid - b.uid);
    if (lowest !== undefined) {
      await writer.run((tx) => content.settle(tx));
      return lowest;
    }
    const record = await this.#append(kind, content, sealed);
    await writer.run(async (tx) => {
      if (record !== undefined) tx.put('storageMails', record);
      // Without UIDPLUS the next look finds the new mail, and with it that the old one can go.
      if (record !== undefined || this.#writable) await content.settle(tx);
    });
    if (record === undefined) this.#unsettled = true;
    return record;
  }

  async #append(kind: StorageKind, content: StorageContent, sealed: boolean): Promise<StorageMailRecord | undefined> {
    const { clock, identity, keys, logger } = this.#context;
    const now = clock.now();
    const { outside, subjects, digest } = content;
    const mail = await sealToSelf(keys.manager, content.mail, { from: identity.email, now, outside });
    try {
      const path = await this.#folder();
      if (path === undefined) return undefined;
      const { uid, uidValidity } = await this.#imap.append(path, mail.bytes, ['\\Seen'], now);
      if (uid === undefined || uidValidity === undefined) return undefined;
      const place = { path, uidValidity };
      return recordOf({ state: place }, uid, { state: 'counts', kind: kind.name, subjects, digest, secured: sealed });
    } catch (thrown) {
      if (!this.#imap.usable || !(thrown instanceof CoiError) || thrown instanceof NetworkError) throw thrown;
      this.#writable = false;
      if (thrown instanceof ServerError && thrown.code === 'FOLDER_MISSING') this.#path = undefined;
      logger.log(
        'warn',
        `The server does not take storage messages, so other devices do not hear of changes: ${describe(thrown)}`,
      );
      this.#context.failed(thrown);
      return undefined;
    }
  }

  /** The folder; made when it is needed first. */
  async #folder(): Promise<string | undefined> {
    this.#path ??= await create(this.#imap, this.#layout.contactsPath, this.#context.logger);
    if (this.#path === undefined) this.#writable = false;
    return this.#path;
  }

  async #expunge(records: readonly StorageMailRecord[]): Promise<void> {
    const path = this.#path;
    if (records.length === 0 || path === undefined) return;
    await this.#imap.withFolder(path, async (folder) => {
      const { uidValidity } = folder.state;
      const here = records.filter((record) => record.folder === path && record.uidValidity === uidValidity);
      await folder.expunge(uidsOf(here));
    });
    await this.#context.writer.run(async (tx) => {
      for (const { key } of records) tx.remove('storageMails', key);
    });
  }

  /** Mails that are not there any more. What they said stays; if no other mail says it, it is written again. */
  async #forget(gone: readonly StorageMailRecord[]): Promise<void> {
    if (gone.length === 0) return;
    await this.#context.writer.run(async (tx) => {
      for (const { key, kind, state, subjects } of gone) {
        tx.remove('storageMails', key);
        if (state === 'counts') await KINDS.find(({ name }) => name === kind)?.lost(tx, subjects);
      }
    });
    this.#unsettled = true;
  }

  #records(): Promise<StorageMailRecord[]> {
    return this.#context.store.list('storageMails');
  }
}

const IGNORED = { state: 'ignored', kind: '', subjects: [], digest: '', secured: false } as const;

function recordOf(
  { state: { path, uidValidity } }: { readonly state: { readonly path: string; readonly uidValidity: string } },
  uid: number,
  rest: Omit<StorageMailRecord, 'key' | 'folder' | 'uidValidity' | 'uid'>,
): StorageMailRecord {
  return { key: locationKey(path, uidValidity, uid), folder: path, uidValidity, uid, ...rest };
}

function isWorthATry({ state, tried }: StorageMailRecord, keys: string): boolean {
  return state === 'locked' && tried !== keys;
}

function isAbout(record: StorageMailRecord, kind: StorageKind, subjects: readonly string[]): boolean {
  return record.kind === kind.name && record.subjects.some((subject) => subjects.includes(subject));
}

function uidsOf(records: readonly { readonly uid: number }[]): number[] {
  return records.map(({ uid }) => uid).sort((a, b) => a - b);
}
