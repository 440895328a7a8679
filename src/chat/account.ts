import { type AbortOptions, abortable } from '../core/abort.js';
import type { Handler } from '../core/emitter.js';
import { InputError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import type { ConnectionState, StartOptions } from '../sync/engine.js';
import type { AccountEvents } from './account-events.js';
import { type BackupInfo, type ExportBackupOptions, type ImportBackupOptions, importBackup } from './backup.js';
import { Chats } from './chats.js';
import { Contacts } from './contacts.js';
import { createGroup } from './create-group.js';
import type { GroupOptions, MemberInput } from './group-values.js';
import type { Chat, Group, Message } from './handles.js';
import { isGroup } from './is-group.js';
import { Keys } from './keys.js';
import { type AccountOptions, checkOptions } from './options.js';
import { Outbox } from './outbox.js';
import { OwnProfile } from './profile.js';
import { AccountSession } from './session.js';

/** Options of {@link Account.search}. */
export interface SearchOptions extends AbortOptions {
  /** Only in this chat. */
  readonly chat?: Chat | undefined;
  /** Only messages older than this one: the last of the results before. */
  readonly before?: Message | undefined;
  /** Most messages to return. Default 50. */
  readonly limit?: number | undefined;
}

const SEARCH_DEFAULT = 50;
const SEARCH_MAX = 1000;

/**
 * A mail account as a chat account. Open it, listen, start it:
 *
 * ```ts
 * const account = await Account.open({ email: 'ada@example.org', password: '…', store: 'ada.db' });
 * account.on('message', async (message) => {
 *   if (!message.fromMe) await message.reply(`You said: ${message.text}`);
 * });
 * await account.start();
 * ```
 *
 * Everything but the network works without `start`: chats can be read, and messages written, which go out later. Several
 * accounts may be open in one process.
 */
export class Account {
  /** The chats. */
  readonly chats: Chats;
  /** What is known about addresses. */
  readonly contacts: Contacts;
  /** The account's own keys. */
  readonly keys: Keys;
  /** What the user tells about themselves. */
  readonly profile: OwnProfile;
  /** What was not handed to the server yet. */
  readonly outbox: Outbox;
  readonly #session: AccountSession;

  /** @internal Use {@link Account.open}. */
  constructor(session: AccountSession) {
    this.#session = session;
    this.chats = new Chats(session, (listener) => session.subscribe(listener));
    this.contacts = new Contacts(session);
    this.keys = new Keys(session);
    this.profile = new OwnProfile(session);
    this.outbox = new Outbox(session);
  }

  /**
   * Opens the store and prepares everything; connects to nothing yet.
   *
   * @throws InputError `UNKNOWN_OPTION`, `INVALID_OPTION`, `INVALID_ADDRESS`
   * @throws StoreError if the store cannot be opened, `STORE_LOCKED` if another process has it open.
   */
  static async open(options: AccountOptions): Promise<Account> {
    return new Account(await AccountSession.open(checkOptions('Account.open', options)));
  }

  /** Main address, normalised. */
  get email(): string {
    return this.#session.identity.email;
  }

  /** State of the connection. `auth-needed`: the server refused the credentials, see {@link Account.updateCredentials}. */
  get connection(): ConnectionState {
    return this.#session.engine.connection;
  }

  /** Adds a handler; what its event means for order and failures is said at {@link AccountEvents}. */
  on<E extends keyof AccountEvents & string>(event: E, handler: Handler<AccountEvents[E]>): this {
    this.#session.hub.on(event, handler);
    return this;
  }

  /** Adds a handler for the next event only. */
  once<E extends keyof AccountEvents & string>(event: E, handler: Handler<AccountEvents[E]>): this {
    this.#session.hub.once(event, handler);
    return this;
  }

  /** Removes a handler. */
  off<E extends keyof AccountEvents & string>(event: E, handler: Handler<AccountEvents[E]>): this {
    this.#session.hub.off(event, handler);
    return this;
  }

  /**
   * Connects, synchronises, and stays connected, reconnecting as needed, until `stop` or `close`. Resolves when the newest
   * chats are there; the rest follows (`sync` events).
   *
   * @throws AuthError, NetworkError, ServerError if the first connection fails; not for the network with `keepTrying`.
   */
  start(options: StartOptions = {}): Promise<void> {
    return this.#session.start(options);
  }

  /** Disconnects. What waits to be sent stays safe; `start` goes on where this ended. */
  stop(): Promise<void> {
    return this.#session.stop();
  }

  /** Stops, and releases the store. Handlers that run are not waited for; none begins after this call. Idempotent. */
  close(): Promise<void> {
    return this.#session.close();
  }

  /** {@link Account.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Closes the account and deletes everything it kept on this device. The mailbox is left as it is.
   *
   * @throws InputError `INVALID_OPTION` without `wipe: true`, so that nobody does this by mistake.
   */
  destroy(options: { readonly wipe: true }): Promise<void> {
    return this.#session.destroy(options);
  }

  /** New password or access token, for the connection state `auth-needed` (and any other time); reconnects with it. */
  updateCredentials(credentials: Pick<AccountOptions, 'password' | 'accessToken'>): Promise<void> {
    return this.#session.updateCredentials(credentials);
  }

  /**
   * The 1:1 chat with an address, made on first use. An own address gives the chat with oneself.
   *
   * @throws InputError `INVALID_ADDRESS`
   */
  chat(address: string): Promise<Chat> {
    return this.#session.openChat(address);
  }

  /**
   * Makes a group and tells its members with a first message, `Ada created the group “My Crew” with …`. Resolves when that is safely queued.
   * Without members it is a group for notes, which only the account's own devices see. The same people can be in several groups.
   *
   * ```ts
   * const crew = await account.createGroup('My Crew', ['bob@example.net', 'carol@example.com']);
   * await crew.send('Hello crew!');
   * ```
   *
   * @throws InputError `INVALID_ADDRESS`, `INVALID_OPTION` (a name or picture that cannot be used), `TOO_MANY_RECIPIENTS`, `FILE_NOT_FOUND`,
   * `ATTACHMENT_TOO_LARGE`; EncryptionError where the account is set to `encryption: 'require'` and a key is missing.
   */
  createGroup(name: string, members: readonly MemberInput[], options: GroupOptions = {}): Promise<Group> {
    return createGroup(this.#session, 'createGroup', { name, members, options });
  }

  /** The group with the id of its chat (`chat.id`); undefined if there is none. */
  async group(id: string): Promise<Group | undefined> {
    const chat = await this.chats.get(id);
    return chat && isGroup(chat) ? chat : undefined;
  }

  /**
   * Writes everything that the account keeps on this device, its keys included, into one file sealed with a passphrase, while the account
   * goes on working. It becomes a consistent picture of one moment. Needs no connection.
   *
   * ```ts
   * await account.exportBackup('ada.backup', { passphrase, onProgress: ({ records }) => console.log(records) });
   * ```
   *
   * @param target Path of the new file (Node only), or a stream that takes octets; the stream is closed, or aborted if it fails.
   * @throws InputError `INVALID_OPTION` if there is such a file already (see `overwrite`) or it cannot be written, `UNKNOWN_OPTION`
   * @throws AbortedError if the signal fired. Of what was written to a path nothing is left then, nor after any other failure.
   */
  exportBackup(target: string | WritableStream<Uint8Array>, options: ExportBackupOptions): Promise<BackupInfo> {
    return this.#session.exportBackup(target, options);
  }

  /**
   * Puts a backup into an empty store, all or nothing. Then open the account on it, with the address that the result names:
   *
   * ```ts
   * const { email } = await Account.importBackup('ada.backup', { passphrase, store: 'ada.db' });
   * const account = await Account.open({ email, password, store: 'ada.db' });
   * ```
   *
   * The first start catches up with the mailbox. What waited to be sent when the backup was made comes as failed; `message.retry()` sends it, with
   * the Message-ID it had. Private keys that a `keyPassphrase` sealed stay sealed with it. A store that a process left half restored when it was
   * killed may be given again.
   *
   * @param source Path of the file (Node only), or its octets: a stream of the web or of Node, for example.
   * @throws EncryptionError `WRONG_PASSPHRASE`
   * @throws StoreError `BACKUP_INVALID` if it is no backup, `BACKUP_DAMAGED` if it was changed or cut off, `BACKUP_NEWER`,
   *   `STORE_NOT_EMPTY`, and as `Account.open`
   * @throws InputError `FILE_NOT_FOUND`, `INVALID_OPTION`, `UNKNOWN_OPTION`
   * @throws AbortedError if the signal fired. The store is empty again then, as after any other failure.
   */
  static importBackup(source: string | AsyncIterable<Uint8Array>, options: ImportBackupOptions): Promise<BackupInfo> {
    return importBackup(source, options);
  }

  /** Messages whose text has words that begin with all words of `text`, newest first. */
  async search(text: string, options: SearchOptions = {}): Promise<Message[]> {
    refuseUnknownOptions('search', options, ['chat', 'before', 'limit', 'signal']);
    if (typeof text !== 'string') throw new InputError('INVALID_OPTION', 'search: pass the text to look for.');
    const { chat, before, limit = SEARCH_DEFAULT, signal } = options;
    if (!Number.isInteger(limit) || limit < 1 || limit > SEARCH_MAX) {
      throw new InputError('INVALID_OPTION', `search: "limit" has to be a whole number from 1 to ${SEARCH_MAX}.`);
    }
    const { handles, store } = this.#session;
    const found = handles.messages(() =>
      store.search({
        text,
        limit,
        ...(chat ? { chatId: chat.id } : {}),
        ...(before ? { before: [before.date.getTime(), before.id] } : {}),
      }),
    );
    return abortable(found, signal);
  }
}
