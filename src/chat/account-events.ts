import type { OwnKeyState } from '../autocrypt/decision.js';
import { TypedEmitter } from '../core/emitter.js';
import { type CoiError, describe, HandlerError } from '../core/errors.js';
import type { Logger } from '../core/logger.js';
import type { MessageState } from '../store/records.js';
import type { ConnectionState, SyncProgress } from '../sync/engine.js';
import type { ContactKeyChange } from './contact-keys.js';
import type { TrustEvent } from './contact-trust.js';
import type { GroupChange } from './group-values.js';
import type { Chat, Contact, Group, Message } from './handles.js';

/** What happened to a chat or a contact. */
export type ChangeKind = 'added' | 'updated' | 'removed';

/**
 * Events of an account and what their handlers are called with.
 *
 * Within one chat, events come in order and one handler at a time: the next one waits until an asynchronous handler has
 * finished. Chats do not wait for each other. A handler that throws stops nothing: its failure comes as an `error` event
 * with a {@link HandlerError} whose `subject` is the message; with no handler for `error` it is logged.
 *
 * A type rather than an interface, so that the compiler knows all event names.
 */
export type AccountEvents = {
  /**
   * A message that was not here before, from others or from another device of this account (`fromMe`). What came in while
   * the account was offline is told oldest first. What lay in the mailbox at the very first start is history, and silent.
   */
  message: readonly [message: Message];
  /** What a known message says has changed (its rest was loaded, it became readable). */
  'message:edited': readonly [message: Message];
  /** A message is gone from its chat: removed here, on another device, or from the mailbox. */
  'message:deleted': readonly [message: Message];
  /** A later mail showed that the message belongs into another chat; it was in the chat with the id `from`. */
  'message:moved': readonly [message: Message, from: string];
  /**
   * The state of a message of ours, or of one of its recipients, changed, or a message of others was read here or on
   * another device; `state` is the one it reached then.
   */
  'message:state': readonly [message: Message, state: MessageState];
  /** A chat appeared, changed (newest message, unread count, settings, name) or went away. Several changes may come as one event. */
  chat: readonly [chat: Chat, change: ChangeKind];
  /**
   * Something happened in a group, one event for each change; `change` says what, and by whom where that is known. It is told when it has become
   * true, whatever the order in which mails came in; what a mail of somebody who is no member claims is not. The message that brought it is
   * told as well (`message`), before.
   */
  group: readonly [group: Group, change: GroupChange];
  /** Something new is known about an address. */
  contact: readonly [contact: Contact, change: ChangeKind];
  /**
   * The key that messages to somebody are encrypted to became another one: they have a new program or lost their key, or somebody writes in
   * their name. Tell the user. With `wasVerified` nothing is encrypted to the new one until they have verified it. Keys that the history brings at
   * the very first start are silent.
   */
  'contact:key': readonly [contact: Contact, change: ContactKeyChange];
  /** `account.keys.state` changed, or another key came into use. With `import-needed` ask the user to bring the key from the other device. */
  keys: readonly [state: OwnKeyState];
  /** The other side of a 1:1 chat, with whom there is a trusted connection, is typing. It ends with their message, or after 30 seconds. */
  typing: readonly [chat: Chat];
  /** The trusted connection with a contact came to another state, or a message carried a token that does not count. */
  trust: readonly [contact: Contact, event: TrustEvent];
  /** The connection changed; `error` says why for `waiting`, `auth-needed` and `error`. */
  connection: readonly [state: ConnectionState, error: CoiError | undefined];
  /** Progress of synchronisation. */
  sync: readonly [progress: SyncProgress];
  /** Something failed that no call of yours could report; also what ends the connection (`auth-needed`, `error`) later than `start`. */
  error: readonly [error: CoiError];
};

/** Emits the events of one account and brings what handlers throw to the `error` event. */
export class EventHub extends TypedEmitter<AccountEvents> {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    super();
    this.#logger = logger;
  }

  /** Runs the handlers one after the other; resolves when the last one has finished, never rejects. Returns what they threw. */
  async emit<E extends keyof AccountEvents & string>(event: E, ...args: AccountEvents[E]): Promise<unknown[]> {
    const failures = await this.dispatch(event, ...args);
    for (const failure of failures) {
      // A failing error handler must not be told about itself for ever.
      if (event === 'error') this.#log(`A handler of the "error" event threw: ${describe(failure)}`, failure);
      else await this.report(new HandlerError(event, args[0], failure));
    }
    return failures;
  }

  /** Brings an error to the handlers of `error`, or to the log where there is none. */
  async report(error: CoiError): Promise<void> {
    if (this.listenerCount('error') > 0) await this.emit('error', error);
    else this.#log(error.message, error);
  }

  #log(message: string, error: unknown): void {
    this.#logger.log('error', message, { error });
  }
}
