import type { Arguments } from './arguments.js';
import type { ImapCapabilities } from './capabilities.js';

/** How a command was called. */
interface Invocation {
  /** With `UID` before it. */
  readonly byUid: boolean;
  /** SASL mechanism of AUTHENTICATE. */
  readonly mechanism: string | undefined;
}

/** One IMAP command; `Session` is what it works on. */
export interface Command<Session> {
  /** When it may be used: always, before login, after login, with a folder selected. */
  readonly state: 'any' | 'new' | 'user' | 'selected';
  /** The extension that it belongs to. */
  readonly needs?: keyof ImapCapabilities;
  /** Available without the extension, too, if this holds. */
  readonly even?: (session: Session) => boolean;
  /** There is a form with `UID` before it. */
  readonly uid?: boolean;
  /** No EXPUNGE may be sent with its responses (RFC 9051 7.5.1). */
  readonly holdsExpunge?: boolean;
  /** Does the work. Returns the text after OK, beginning with a response code if there is one. */
  run(session: Session, args: Arguments, invocation: Invocation): Promise<string | undefined> | string | undefined;
}

/** Commands by name. */
export type CommandTable<Session> = ReadonlyMap<string, Command<Session>>;
