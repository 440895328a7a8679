import type { Clock } from '../core/clock.js';
import type { Logger } from '../core/logger.js';
import type { RandomBytes } from '../core/random.js';
import type { ReceiptPolicy } from '../store/records.js';
import type { Store } from '../store/store.js';
import type { ImapTransport } from '../transport/imap.js';
import type { Credentials } from '../transport/settings.js';
import type { SmtpTransport } from '../transport/smtp.js';
import type { Identity } from './incoming.js';
import type { AccountKeys } from './keys/account-keys.js';
import type { StateWriter } from './state-writer.js';

/** Where new chat mail goes on a server that does not file it itself: at once to Chats, once it is read, or nowhere. */
export type Filing = 'active' | 'seen' | 'none';

/** Who keeps a copy of what we send: the submission server, we, or whatever turns out to be true. */
export type SentCopyPolicy = 'auto' | 'server' | 'client';

/** Everything a {@link SyncEngine} is made of. */
export interface SyncEngineOptions {
  /** Open. The engine does not close it. */
  readonly store: Store;
  /** The one writer of the store's records. */
  readonly writer: StateWriter;
  readonly identity: Identity;
  /** Keys in the same store. */
  readonly keys: AccountKeys;
  /** Makes a new, unconnected transport; called once per connection. */
  readonly connectImap: () => ImapTransport;
  /** The IMAP connection belongs to the caller: it is the only one, and when it closes there is no reconnect. Default false. */
  readonly lentImap?: boolean | undefined;
  /** Closed with the engine. */
  readonly smtp: SmtpTransport;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly logger: Logger;
  /** Default `active`. A COI server that is switched on files by itself, whatever stands here. */
  readonly filing?: Filing | undefined;
  /** Parent of the chat folders. Default `COI`; a COI server's own setting wins. */
  readonly mailboxRoot?: string | undefined;
  /** Default `auto`. */
  readonly sentCopies?: SentCopyPolicy | undefined;
  /** Default `always`. */
  readonly receipts?: ReceiptPolicy | undefined;
  /** Most messages handed to the server per minute, for providers that count. Default: no limit. */
  readonly messagesPerMinute?: number | undefined;
  /** Takes new credentials, so that the transports made from then on use them. */
  readonly setCredentials?: ((credentials: Credentials) => void | Promise<void>) | undefined;
}
