import type { AbortOptions } from '../core/abort.js';
import { InputError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import type { StateChange } from '../sync/state-change.js';
import { type ChatListFilter, compareChats, isListed } from './chat-order.js';
import { type ChatListChange, watchChats } from './chat-watch.js';
import { checkBoolean } from './check-options.js';
import type { AccountContext } from './context.js';
import type { Chat } from './handles.js';

/** Options of {@link Chats.list}. */
export interface ChatListOptions extends ChatListFilter {
  /** Most chats to return. Default: all. */
  readonly limit?: number | undefined;
}

/** Options of {@link Chats.watch}. */
export interface ChatWatchOptions extends ChatListFilter, AbortOptions {}

/** The chats of an account. */
export class Chats {
  readonly #context: AccountContext;
  readonly #subscribe: (listener: (change: StateChange | undefined) => void) => () => void;

  /** @internal Made by the account. */
  constructor(context: AccountContext, subscribe: (listener: (change: StateChange | undefined) => void) => () => void) {
    this.#context = context;
    this.#subscribe = subscribe;
  }

  /**
   * The chat list: pinned chats first, then those with the newest message. Archived chats only with `archived: true`, and then
   * alone; requests of strangers as `requests` says.
   */
  async list(options: ChatListOptions = {}): Promise<Chat[]> {
    refuseUnknownOptions('chats.list', options, ['archived', 'requests', 'limit']);
    checkBoolean('archived', options.archived);
    checkBoolean('requests', options.requests);
    const { limit } = options;
    if (limit !== undefined && (!Number.isInteger(limit) || limit < 1)) {
      throw new InputError('INVALID_OPTION', 'chats.list: "limit" has to be a whole number of at least 1.');
    }
    return this.#context.handles.chats(async () => {
      const records = await this.#context.store.list('chats');
      return records
        .filter((record) => isListed(record, options))
        .sort(compareChats)
        .slice(0, limit);
    });
  }

  /** The chat with this id; undefined if there is none. */
  async get(id: string): Promise<Chat | undefined> {
    const found = await this.#context.handles.chats(async () => {
      const [record] = await this.#context.store.get('chats', [id]);
      return record && record.deleted === 0 ? [record] : [];
    });
    return found[0];
  }

  /**
   * The chat list, live: first a `reset` with the whole list, then one change after the other, from which a user interface
   * keeps its rows in step. Ends when the loop is left, the signal fires, or the account closes; it does not throw for that.
   */
  watch(options: ChatWatchOptions = {}): AsyncIterable<ChatListChange> {
    refuseUnknownOptions('chats.watch', options, ['archived', 'requests', 'signal']);
    checkBoolean('archived', options.archived);
    checkBoolean('requests', options.requests);
    return watchChats(this.#context, this.#subscribe, options);
  }
}
