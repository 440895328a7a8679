import type { AbortOptions } from '../core/abort.js';
import type { CoiError } from '../core/errors.js';
import type { MessageRecord } from '../store/records.js';
import type { Credentials } from '../transport/settings.js';
import type { OutgoingMail } from './keys/seal-outgoing.js';
import type { StateChange } from './state-change.js';

/** State of the account's connection. */
export type ConnectionState = 'stopped' | 'connecting' | 'online' | 'waiting' | 'auth-needed' | 'error';

/** Progress of synchronisation. */
export interface SyncProgress {
  /** `first`: filling an empty store; `update`: what happened since. */
  readonly phase: 'first' | 'update';
  readonly folder: string;
  /** Mails handled so far in this folder. */
  readonly done: number;
  /** Mails to handle in this folder. */
  readonly total: number;
  /** True once the newest chats can be shown (first sync only; always true for updates). */
  readonly usable: boolean;
  /** True when every folder is in step with the server. */
  readonly complete: boolean;
}

/** What the engine tells the object layer. */
export interface EngineEvents extends Record<string, readonly unknown[]> {
  change: readonly [change: StateChange];
  connection: readonly [state: ConnectionState, error: CoiError | undefined];
  sync: readonly [progress: SyncProgress];
  error: readonly [error: CoiError];
}

/** Options of `Account.start`. */
export interface StartOptions extends AbortOptions {
  /** Do not reject when the first connection fails for a network reason; stay and try again. Default false. */
  readonly keepTrying?: boolean;
}

/** Options of {@link Engine.accept}. */
export interface AcceptOptions {
  /** Chat that the message belongs to; a chat record is made for it where there is none. */
  readonly chatId: string;
  /** Not handed to the server before this many milliseconds: the time in which `cancel` can undo it. Default 0. */
  readonly delayMs?: number;
}

/** Options of `Attachment.download`, `stream` and `saveTo`. */
export interface DownloadOptions extends AbortOptions {
  /** Called with the octets received so far and the expected total. */
  readonly onProgress?: (received: number, total: number) => void;
}

/** Keeps the store and the mailbox in step, and sends. Everything the object layer asks of the layers below goes through here. */
export interface Engine {
  readonly connection: ConnectionState;
  on<E extends keyof EngineEvents & string>(event: E, handler: (...args: EngineEvents[E]) => void): void;
  /** Connects, synchronises, and stays connected. Resolves when the newest chats are there (first start) or all is in step. */
  start(options?: StartOptions): Promise<void>;
  /** Disconnects; what is queued stays queued. */
  stop(): Promise<void>;
  /** New credentials; reconnects if the account was `auth-needed`. */
  updateCredentials(credentials: Credentials): Promise<void>;
  /**
   * Puts a mail into the outbox and shows it in its chat, in one commit. It is safe when this resolves. Of an encrypted mail
   * the outbox has the octets as they are sent, and the chat what is inside.
   */
  accept(mail: OutgoingMail, options: AcceptOptions): Promise<MessageRecord>;
  /** Hands a mail to the server now or never: nothing of it is kept. Rejects if that fails. */
  sendNow(mail: OutgoingMail, from: string): Promise<void>;
  /** Tries a failed or waiting message again, now. */
  retry(messageKey: string): Promise<void>;
  /** Takes a message back that was not handed to the server yet; throws `INVALID_STATE` if it is too late. */
  cancel(messageKey: string): Promise<void>;
  /** Marks messages as read here and, when online, on the server. */
  markSeen(messageKeys: readonly string[]): Promise<void>;
  /** Hides messages here; with `server` also deletes every copy in the mailbox. */
  remove(messageKeys: readonly string[], options: { readonly server: boolean }): Promise<void>;
  /** Tells the engine that an acknowledged handler has finished with the message. */
  acknowledge(messageKey: string): Promise<void>;
  /** The decoded octets of one part, from the store, the outbox or the server. */
  download(messageKey: string, part: string, options?: DownloadOptions): AsyncIterable<Uint8Array>;
  /** Stops and releases everything but the store. */
  close(): Promise<void>;
}
