import type { Clock } from '../core/clock.js';
import { CoiError, describe, InputError, StoreError } from '../core/errors.js';
import type { LogFields, Logger, LogLevel } from '../core/logger.js';
import { refuseUnknownOptions } from '../core/options.js';
import type { RandomBytes } from '../core/random.js';
import { parseAddress } from '../mail/address.js';
import { newChat } from '../model/chat-summary.js';
import { SELF_CHAT, singleChatId } from '../model/placement.js';
import { openStore } from '../store/open-store.js';
import type { Store } from '../store/store.js';
import { UNFINISHED_RESTORE } from '../sync/backup/unfinished.js';
import type { Engine, StartOptions } from '../sync/engine.js';
import type { SyncEngineOptions } from '../sync/engine-options.js';
import type { Identity } from '../sync/incoming.js';
import { ownServers } from '../sync/ingest/own-servers.js';
import { AccountKeys } from '../sync/keys/account-keys.js';
import type { StateChange } from '../sync/state-change.js';
import { StateWriter } from '../sync/state-writer.js';
import { SyncEngine } from '../sync/sync-engine.js';
import { EventHub } from './account-events.js';
import { type BackupInfo, type ExportBackupOptions, exportBackup } from './backup.js';
import { checkBoolean, invalid } from './check-options.js';
import type { AccountContext, Handles, TypingSender } from './context.js';
import { EventPump } from './event-pump.js';
import { HandleCache } from './handle-cache.js';
import type { Chat, Message } from './handles.js';
import { KeyedMutex } from './keyed-mutex.js';
import { type AccountOptions, type CheckedOptions, credentialsFrom } from './options.js';
import { watchOtherKey, watchOwnKeys } from './own-key-watch.js';
import { Servers } from './servers.js';
import { StateWaiters } from './state-waiters.js';
import type { Strings } from './strings.js';
import { TaskQueue } from './task-queue.js';
import { TypingNotices } from './typing.js';

/** What a bot needs beyond an account. */
export interface SessionExtras {
  /** Mark everything that is sent as automatic (RFC 3834). Default false. */
  readonly automatic?: boolean;
  /** Takes news in place of the `message` event. They stay pending in the store until {@link AccountSession.acknowledge}. */
  readonly deliver?: (message: Message) => Promise<void>;
  /** Makes the engine. Default: a {@link SyncEngine}. */
  readonly makeEngine?: (options: SyncEngineOptions) => Engine;
}

/** What is there once the store is open. */
interface OpenedStore {
  readonly writer: StateWriter;
  readonly keys: AccountKeys;
  /** Names of our own servers that are known. */
  readonly servers: ReadonlySet<string>;
}

type ChangeListener = (change: StateChange | undefined) => void;

/** Setting that names the account a store belongs to. */
const OWNER = 'account';

/** One open account: what is behind `Account`, and what its handles share. The composition root of the library. */
export class AccountSession implements AccountContext {
  readonly store: Store;
  readonly writer: StateWriter;
  readonly engine: Engine;
  readonly identity: Identity;
  readonly keys: AccountKeys;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly strings: Strings;
  readonly handles: Handles;
  readonly sending = new KeyedMutex();
  readonly waiters = new StateWaiters((record) => this.#isRefused(record.key));
  ownServers: ReadonlySet<string>;
  readonly undoMs: number;
  readonly encryption: CheckedOptions['encryption'];
  readonly requestReceipts: boolean;
  readonly automatic: boolean;
  readonly typing: TypingSender;
  /** Events of the account. */
  readonly hub: EventHub;
  readonly #logger: Logger;
  readonly #random: RandomBytes;
  readonly #servers: Servers;
  readonly #queue = new TaskQueue();
  readonly #pump: EventPump;
  readonly #listeners = new Set<ChangeListener>();
  #closing: Promise<void> | undefined;
  /** Calls of `start` that wait. */
  #starting = 0;
  /** Why the connection is down, as far as the application was told. */
  #told: CoiError | undefined;

  private constructor(options: CheckedOptions, { writer, keys, servers }: OpenedStore, extras: SessionExtras) {
    const { identity, clock, logger } = options;
    const { store } = writer;
    this.store = store;
    this.identity = identity;
    this.keys = keys;
    this.clock = clock;
    this.random = options.random;
    this.ownServers = servers;
    this.strings = options.strings;
    this.typing = new TypingNotices(this, options.typing);
    this.undoMs = options.undoMs;
    this.encryption = options.encryption;
    this.requestReceipts = options.requestReceipts;
    this.automatic = extras.automatic ?? false;
    this.#logger = logger;
    this.#random = options.random;
    this.hub = new EventHub(logger);
    this.writer = writer;
    this.#servers = new Servers(options, this.writer);
    const makeEngine = extras.makeEngine ?? ((parts: SyncEngineOptions) => new SyncEngine(parts));
    this.engine = makeEngine({
      store,
      writer,
      identity,
      keys,
      connectImap: () => this.#servers.connectImap(),
      smtp: this.#servers.smtp,
      clock,
      random: options.random,
      logger,
      filing: options.filing,
      mailboxRoot: options.mailboxRoot,
      sentCopies: options.sentCopies,
      setCredentials: (credentials) => this.#servers.updateCredentials(credentials),
      receipts: options.receipts,
      messagesPerMinute: options.sendRate,
      lentImap: options.imap.kind === 'lent',
    });
    const onFailure = (thrown: unknown) => this.#report(thrown);
    const cache = new HandleCache(this, (address) => this.openChat(address), onFailure);
    this.handles = cache;
    this.#pump = new EventPump({
      context: this,
      hub: this.hub,
      queue: this.#queue,
      deliver: extras.deliver ?? (async (message) => void (await this.hub.emit('message', message))),
      onFailure,
    });
    this.writer.onChange((change) => {
      if (change.ownServers && identity.authservId === undefined) this.ownServers = new Set(change.ownServers);
      cache.apply(change);
      for (const listener of this.#listeners) listener(change);
      this.#pump.take(change);
    });
    this.#forwardEvents();
  }

  /** Opens the store and puts everything together. Nothing is connected yet. */
  static async open(options: CheckedOptions, extras: SessionExtras = {}): Promise<AccountSession> {
    if (options.store === undefined) {
      options.logger.log(
        'warn',
        'No store was given: this account lives in memory, and what it keeps is lost when the process ends. Set `store`.',
      );
    }
    const { identity, clock, random, logger, keyPassphrase } = options;
    const store = await openStore(options.store);
    try {
      const writer = new StateWriter({ store, identity, clock, logger, acknowledge: extras.deliver !== undefined });
      await claimStore(writer);
      const keys = await AccountKeys.open({ writer, clock, random, passphrase: keyPassphrase });
      const servers = await ownServers(store, identity);
      return new AccountSession(options, { writer, keys, servers }, extras);
    } catch (thrown) {
      await store.close();
      throw thrown;
    }
  }

  assertOpen(): void {
    if (this.#closing)
      throw new InputError('INVALID_STATE', 'This account is closed. Open it again with Account.open().');
  }

  /** Listens to what commits change; `undefined` says that there will be no more. The result stops it. */
  subscribe(listener: ChangeListener): () => void {
    if (this.#closing) listener(undefined);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** See `Account.start`. */
  async start(options: StartOptions = {}): Promise<void> {
    this.assertOpen();
    refuseUnknownOptions('start', options, ['signal', 'keepTrying']);
    checkBoolean('keepTrying', options.keepTrying);
    await this.#servers.resolve(options);
    this.assertOpen();
    this.#starting++;
    try {
      await this.engine.start(options);
    } finally {
      this.#starting--;
    }
  }

  /** See `Account.stop`. */
  async stop(): Promise<void> {
    this.assertOpen();
    await this.engine.stop();
  }

  /** See `Account.close`. */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown(() => this.store.close());
    return this.#closing;
  }

  /** See `Account.destroy`. */
  async destroy(options: { readonly wipe: true }): Promise<void> {
    if (options?.wipe !== true) {
      throw invalid(
        'destroy',
        'deletes everything the store holds: call it as destroy({ wipe: true }), or use close()',
      );
    }
    this.assertOpen();
    this.#closing = this.#shutDown(() => this.store.wipe());
    await this.#closing;
  }

  /** See `Account.updateCredentials`. */
  async updateCredentials(options: Pick<AccountOptions, 'password' | 'accessToken'>): Promise<void> {
    this.assertOpen();
    refuseUnknownOptions('updateCredentials', options, ['password', 'accessToken']);
    await this.engine.updateCredentials(credentialsFrom('updateCredentials', options, this.identity.email));
  }

  /** See `Account.exportBackup`. */
  async exportBackup(target: string | WritableStream<Uint8Array>, options: ExportBackupOptions): Promise<BackupInfo> {
    this.assertOpen();
    return exportBackup(target, options, { writer: this.writer, random: this.#random });
  }

  /** The 1:1 chat with an address (with ourselves for an own one), made on first use. */
  async openChat(input: string): Promise<Chat> {
    this.assertOpen();
    const address = parseAddress(input);
    const id = this.identity.addresses.has(address) ? SELF_CHAT : singleChatId(address);
    const [chat] = await this.handles.chats(async () => {
      const [known] = await this.store.get('chats', [id]);
      if (known) return [known];
      return [
        await this.writer.run(async (tx) => {
          const record = (await tx.get('chats', id)) ?? newChat(id);
          tx.put('chats', record);
          return record;
        }),
      ];
    });
    if (!chat) throw new StoreError('STORE_FAILED', 'The store did not keep the chat. Check that it can be written.');
    return chat;
  }

  /** Keys of the messages that a bot has not finished with, oldest first. */
  async pending(): Promise<string[]> {
    const records = await this.store.list('messages', { index: 'pending', prefix: [1] });
    return records.map((record) => record.key);
  }

  /** Puts messages into the queues of their chats as news once more. */
  async redeliver(keys: readonly string[]): Promise<void> {
    const records = await this.store.get('messages', keys);
    for (const record of records) if (record) this.#pump.news(record);
  }

  /** Tells that a bot has finished with a message. */
  acknowledge(key: string): Promise<void> {
    return this.engine.acknowledge(key);
  }

  /** Begins no further handler; resolves when those that run have finished. */
  async drain(): Promise<void> {
    this.#queue.close();
    await this.#queue.settled();
  }

  /** Brings a failure to the `error` event, unless the account is closing. */
  async fail(thrown: unknown): Promise<void> {
    this.#report(thrown);
  }

  /** Writes to the account's log. */
  log(level: LogLevel, message: string, fields?: LogFields): void {
    this.#logger.log(level, message, fields);
  }

  async #shutDown(release: () => Promise<void>): Promise<void> {
    this.#queue.close();
    for (const listener of this.#listeners) listener(undefined);
    try {
      await this.engine.close();
      await this.#servers.close();
      await this.writer.idle();
    } finally {
      this.waiters.close();
      await release();
    }
  }

  /** True if our own server refused the message, and it still lies in the outbox. */
  async #isRefused(message: string): Promise<boolean> {
    const entries = await this.store.list('outbox', { index: 'byMessage', prefix: [message] });
    return entries.some((entry) => entry.state === 'failed');
  }

  #forwardEvents(): void {
    watchOwnKeys(this.writer, this.keys.manager, (state) => {
      this.#queue.add('#keys', async () => void (await this.hub.emit('keys', state)));
    });
    watchOtherKey(this.writer, this.keys.manager, (error) => this.#report(error));
    this.engine.on('connection', (state, error) => {
      this.#queue.add('#connection', async () => void (await this.hub.emit('connection', state, error)));
      // What ends a start is thrown by it; a start does not wait for SMTP, though.
      const thrown = this.#starting > 0 && error?.code !== 'SMTP_AUTH_FAILED';
      const needsHelp = state === 'auth-needed' || state === 'error';
      if (needsHelp && error && error !== this.#told && !thrown) this.#report(error);
      this.#told = error;
    });
    this.engine.on('sync', (progress) => {
      if (this.hub.listenerCount('sync') === 0) return;
      this.#queue.add('#sync', async () => void (await this.hub.emit('sync', progress)));
    });
    this.engine.on('error', (error) => this.#report(error));
  }

  #report(thrown: unknown): void {
    // Closing takes the store away under work that still reads; nobody waits for that work any more.
    if (this.#closing) return;
    const error =
      thrown instanceof CoiError
        ? thrown
        : new CoiError('STORE_FAILED', `An event could not be prepared: ${describe(thrown)}`, { cause: thrown });
    void this.hub.report(error);
  }
}

/** A store keeps one account; another one's chats must not be mixed in. */
async function claimStore(writer: StateWriter): Promise<void> {
  const [owner, unfinished] = await writer.store.get('settings', [OWNER, UNFINISHED_RESTORE]);
  if (unfinished) {
    throw new StoreError(
      'STORE_CORRUPT',
      'A backup was being restored into this store when the process ended. Restore it again with Account.importBackup().',
    );
  }
  const { email } = writer.identity;
  if (owner && owner.value !== email) {
    throw new InputError(
      'INVALID_OPTION',
      `store: it belongs to the account ${String(owner.value)}. Give each account its own.`,
    );
  }
  if (!owner) await writer.run(async (tx) => tx.put('settings', { key: OWNER, value: email }));
}
