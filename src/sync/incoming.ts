import type { FetchedMail } from '../transport/imap.js';

/** A copy of a mail that was fetched from a folder. Either whole (`mail.source`) or in pieces (`mail.headers`, `structure`, `parts`). */
export interface IncomingCopy {
  readonly folder: string;
  readonly role: 'inbox' | 'chats' | 'sent' | 'contacts' | 'blocked' | 'other';
  readonly uidValidity: string;
  readonly mail: FetchedMail;
  /** True if it lay there at the account's very first start: shown silently, no `message` event. */
  readonly history: boolean;
}

/** Who the account is. */
export interface Identity {
  /** Normalised main address. */
  readonly email: string;
  /** All own addresses, normalised, the main one included. */
  readonly addresses: ReadonlySet<string>;
  /** Display name for From, if the user set one. */
  readonly name?: string;
  /** Strangers are accepted as they come (bots). */
  readonly acceptsRequests?: boolean;
  /** Name of the account's server in Authentication-Results, lower case, if the user set one. */
  readonly authservId?: string;
}
