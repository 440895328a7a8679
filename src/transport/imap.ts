import type { AbortOptions } from '../core/abort.js';

/** A folder as LIST shows it (RFC 9051 6.3.9). */
export interface ImapFolder {
  readonly path: string;
  readonly delimiter: string;
  /** `\Sent`, `\Inbox`, `\All`, … (RFC 6154), found by attribute or, for a few common names, by name. */
  readonly specialUse?: string;
  readonly subscribed: boolean;
  /** False for `\Noselect` and `\NonExistent`. */
  readonly selectable: boolean;
}

/** State of the open folder. */
export interface ImapFolderState {
  readonly path: string;
  readonly uidValidity: string;
  readonly uidNext: number;
  readonly exists: number;
  /** RFC 7162, as decimal string; undefined where the server has no CONDSTORE (or NOMODSEQ). */
  readonly highestModSeq?: string;
  /** True if new keywords can be stored (`\*`), or this very one is listed. */
  canStoreFlag(flag: string): boolean;
  readonly readOnly: boolean;
}

/** One part in a BODYSTRUCTURE, reduced to what reading needs. */
export interface ImapBodyPart {
  readonly part: string;
  readonly type: string;
  readonly params: Readonly<Record<string, string>>;
  readonly disposition?: string;
  readonly dispositionParams: Readonly<Record<string, string>>;
  readonly id?: string;
  readonly encoding?: string;
  readonly size: number;
  readonly children: readonly ImapBodyPart[];
}

/** What to fetch of each mail besides UID, FLAGS, INTERNALDATE and RFC822.SIZE. */
export interface ImapFetchQuery {
  /** The whole mail (BODY.PEEK[]), or no more than this many octets from its beginning. */
  readonly source?: boolean | number;
  /** These header fields, or all with `true`. */
  readonly headers?: readonly string[] | true;
  readonly structure?: boolean;
  /** These parts (BODY.PEEK[n], still transfer-encoded) and their MIME headers. */
  readonly parts?: readonly string[];
}

/** One fetched mail. Fields are there as far as the query asked for them and the server gave them. */
export interface FetchedMail {
  readonly uid: number;
  readonly flags: readonly string[];
  /** Milliseconds since 1970. */
  readonly internalDate: number;
  readonly size: number;
  readonly modSeq?: string;
  readonly source?: Uint8Array;
  readonly headers?: Uint8Array;
  readonly structure?: ImapBodyPart;
  readonly parts?: ReadonlyMap<string, Uint8Array>;
}

/** UIDs to act on: an ascending list, or a range whose `to` may be `*`. */
export type UidSet = readonly number[] | { readonly from: number; readonly to: number | '*' };

/** Flags of one mail. */
export interface ImapFlags {
  readonly uid: number;
  readonly flags: readonly string[];
  readonly modSeq?: string;
}

/** What happened on the connection without our asking. */
export interface ImapTransportEvents extends Record<string, readonly unknown[]> {
  /** The open folder changed: new mail, an expunge, flags. */
  change: readonly [folder: string];
  /** Another folder changed (NOTIFY, RFC 5465). */
  notify: readonly [folder: string];
  /** The connection is gone; `error` says why unless `close()` was called. */
  close: readonly [error: Error | undefined];
}

/** Where mails were moved to, as far as the server tells (UIDPLUS). */
export interface MovedMails {
  /** UIDVALIDITY of the target; the new UIDs are worth nothing with any other. */
  readonly uidValidity?: string;
  /** Old to new UID. */
  readonly uids: ReadonlyMap<number, number>;
}

/** The open folder. Valid only within the callback of {@link ImapTransport.withFolder}. */
export interface ImapFolderSession {
  readonly state: ImapFolderState;
  /** All UIDs of the folder, ascending (UID SEARCH). `since` limits to mails with INTERNALDATE on or after that day. */
  uids(options?: { readonly since?: number } & AbortOptions): Promise<number[]>;
  /** Mails that still exist, ascending by UID. Vanished ones are left out. */
  fetch(uids: UidSet, query: ImapFetchQuery, options?: AbortOptions): Promise<FetchedMail[]>;
  /** Flags of the mails; only of those changed since `changedSince` where given (CONDSTORE). */
  flags(uids: UidSet, options?: { readonly changedSince?: string } & AbortOptions): Promise<ImapFlags[]>;
  /** UIDs whose header field contains the value (empty: that have the field), and each of the others theirs. */
  searchHeader(
    name: string,
    value: string,
    ...others: readonly (readonly [name: string, value: string])[]
  ): Promise<number[]>;
  /**
   * Octets of one part, still transfer-encoded, fetched in pieces; other commands may run between the pieces. `from`: offset to begin at,
   * default 0. ServerError `NOT_FOUND` once the mail is gone, in the middle as well.
   */
  download(uid: number, part: string, options?: { readonly from?: number } & AbortOptions): AsyncIterable<Uint8Array>;
  /** Adds or removes flags. With `unchangedSince` returns the UIDs that were changed by someone else meanwhile and left alone. */
  store(
    uids: readonly number[],
    change: { readonly add?: readonly string[]; readonly remove?: readonly string[]; readonly unchangedSince?: string },
  ): Promise<number[]>;
  /** MOVE, or COPY + \Deleted + UID EXPUNGE. Returns old to new UID where the server tells (UIDPLUS). A missing target gives `FOLDER_MISSING`. */
  move(uids: readonly number[], target: string): Promise<MovedMails>;
  /** \Deleted and UID EXPUNGE of just these (plain EXPUNGE is never used where others' \Deleted mails would go too). */
  expunge(uids: readonly number[]): Promise<void>;
}

/**
 * One IMAP connection. Commands are serialised: `withFolder` callbacks run one at a time, and a folder cannot change
 * under the callback. Errors are CoiErrors.
 */
export interface ImapTransport {
  /** Connects and logs in. Once; a closed transport is not reused. */
  connect(options?: AbortOptions): Promise<void>;
  /** Capabilities after login, upper case. */
  readonly capabilities: ReadonlySet<string>;
  /** Hierarchy delimiter and prefix of the personal namespace (RFC 2342). */
  readonly namespace: { readonly prefix: string; readonly delimiter: string };
  /** True while connected and logged in. */
  readonly usable: boolean;
  on<E extends keyof ImapTransportEvents & string>(event: E, handler: (...args: ImapTransportEvents[E]) => void): void;
  listFolders(options?: AbortOptions): Promise<ImapFolder[]>;
  /** Creates and subscribes; an existing folder is fine. */
  createFolder(path: string): Promise<void>;
  /** STATUS of a folder that is not open. `undefined` values where the server does not tell. */
  status(
    path: string,
    options?: AbortOptions,
  ): Promise<{ uidNext?: number; uidValidity?: string; highestModSeq?: string; messages?: number }>;
  /** Opens the folder (SELECT; EXAMINE with `readOnly`) for the time of the callback. */
  withFolder<T>(
    path: string,
    work: (folder: ImapFolderSession) => Promise<T>,
    options?: { readonly readOnly?: boolean } & AbortOptions,
  ): Promise<T>;
  /**
   * Waits in IDLE (or NOOP polling) until this folder changes or the signal fires; resolves in both cases, rejects when
   * the connection is gone. Other commands may be used meanwhile. A change between two waits ends the next one at once.
   * Checks liveness.
   */
  idle(path: string, options?: AbortOptions): Promise<void>;
  /** Asks the server to report changes of these folders, too (NOTIFY). False if it cannot. */
  watch(paths: readonly string[]): Promise<boolean>;
  /** Appends a mail. UID where the server tells. */
  append(
    path: string,
    bytes: Uint8Array,
    flags: readonly string[],
    date?: number,
  ): Promise<{ uid?: number; uidValidity?: string }>;
  /** Server annotations below `entry` (RFC 5464); missing ones are left out. */
  getMetadata(
    mailbox: string,
    entry: string,
    options?: { readonly depth?: 0 | 1 | 'infinity' },
  ): Promise<ReadonlyMap<string, string>>;
  /** Sets annotations; null removes. */
  setMetadata(mailbox: string, entries: Readonly<Record<string, string | null>>): Promise<void>;
  /** Logs out if possible, closes the socket. Idempotent. */
  close(): Promise<void>;
}
