import { TypedEmitter } from '../core/emitter.js';
import { CoiError, describe, NetworkError } from '../core/errors.js';
import { loadMailLibraries } from '../mail/libraries.js';
import type { MessageRecord } from '../store/records.js';
import type { ImapTransport } from '../transport/imap.js';
import type { Credentials } from '../transport/settings.js';
import { Connection } from './connection.js';
import { type DownloadSource, downloadPart } from './download/download.js';
import { DownloadConnection } from './download/download-connection.js';
import type { AcceptOptions, ConnectionState, DownloadOptions, Engine, EngineEvents, StartOptions } from './engine.js';
import type { SyncEngineOptions } from './engine-options.js';
import { deleteMessages, markSeen } from './ingest/user-acts.js';
import type { OutgoingMail } from './keys/seal-outgoing.js';
import { Suspects } from './mailbox/suspects.js';
import { Outbox } from './outbox/outbox.js';
import { planReadReceipts } from './receipts/plan-receipts.js';
import { SyncSession } from './session.js';
import type { SyncContext } from './sync-context.js';

/** The {@link Engine}: one IMAP connection that is kept up, an outbox, and downloads. Its parts do the work; here they are put together. */
export class SyncEngine extends TypedEmitter<EngineEvents> implements Engine {
  readonly #options: SyncEngineOptions;
  readonly #context: SyncContext;
  readonly #connection: Connection;
  readonly #outbox: Outbox;
  readonly #downloads: DownloadConnection;
  readonly #stopListening: () => void;
  /** Serves the present connection. */
  #session: SyncSession | undefined;
  #imap: ImapTransport | undefined;
  #shown: ConnectionState = 'stopped';
  #shownError: CoiError | undefined;

  constructor(options: SyncEngineOptions) {
    super();
    this.#options = options;
    const { store, writer, identity, keys, clock, random, logger, connectImap } = options;
    this.#context = {
      store,
      writer,
      identity,
      keys,
      clock,
      logger,
      suspects: new Suspects(),
      filing: options.filing ?? 'active',
      mailboxRoot: options.mailboxRoot ?? 'COI',
      sentCopies: options.sentCopies ?? 'auto',
      receipts: options.receipts ?? 'always',
      send: (mail, how) => this.#outbox.accept(mail, how),
      progress: (progress) => this.#emit('sync', progress),
      failed: (error) => this.#emit('error', error),
    };
    this.#connection = new Connection({
      connectImap,
      lent: options.lentImap ?? false,
      clock,
      random,
      logger,
      serve: (imap, signal, usable) => this.#serve(imap, signal, usable),
      onState: () => this.#showState(),
    });
    this.#outbox = new Outbox({
      store,
      writer,
      identity,
      smtp: options.smtp,
      clock,
      random,
      logger,
      messagesPerMinute: options.messagesPerMinute,
      onSent: () => this.#session?.demand('copies'),
      onCredentials: () => this.#showState(),
      onFailure: (error) => this.#emit('error', error),
    });
    this.#downloads = new DownloadConnection(connectImap, clock);
    this.#stopListening = writer.onChange((change) => {
      this.#emit('change', change);
      if (change.storageDue) this.#session?.demand('storage');
      if (change.cards.some(({ after }) => after?.shared.blocked?.value === false)) this.#session?.demand('actions');
      if (change.retries) this.#session?.demand('retries');
    });
  }

  /** State of the connection; `auth-needed` also if only the SMTP server refuses the credentials. */
  get connection(): ConnectionState {
    const state = this.#connection.state;
    return this.#outbox.credentialsError && state !== 'stopped' ? 'auth-needed' : state;
  }

  async start(options: StartOptions = {}): Promise<void> {
    // Loaded while the servers are being waited for. Whoever needs them finds out if that fails.
    loadMailLibraries().catch(() => undefined);
    await this.#outbox.start();
    try {
      await this.#connection.start(options);
    } catch (thrown) {
      // A start that failed leaves nothing running; other callers of start may still be waiting for theirs.
      if (this.#connection.state !== 'online' && this.#connection.state !== 'connecting') await this.#outbox.stop();
      throw thrown;
    }
  }

  async stop(): Promise<void> {
    await Promise.all([this.#connection.stop(), this.#outbox.stop(), this.#downloads.close()]);
  }

  async close(): Promise<void> {
    await this.stop();
    await this.#options.smtp.close();
    this.#stopListening();
    this.removeAllListeners();
  }

  /** The network is back, or so the platform says: ends all waits. */
  wake(): void {
    this.#connection.wake();
    this.#outbox.wake();
  }

  async updateCredentials(credentials: Credentials): Promise<void> {
    await this.#options.setCredentials?.(credentials);
    await this.#downloads.close();
    if (this.#connection.state === 'auth-needed') await this.#outbox.start();
    this.#connection.credentialsChanged();
    this.#outbox.credentialsChanged();
  }

  accept(mail: OutgoingMail, options: AcceptOptions): Promise<MessageRecord> {
    return this.#outbox.accept(mail, options);
  }

  async sendNow({ recipients, bytes }: OutgoingMail, from: string): Promise<void> {
    if (this.connection !== 'online') return;
    await this.#options.smtp.send({ from, to: recipients, bytes });
  }

  retry(messageKey: string): Promise<void> {
    return this.#outbox.retry(messageKey);
  }

  cancel(messageKey: string): Promise<void> {
    return this.#outbox.cancel(messageKey);
  }

  async markSeen(messageKeys: readonly string[]): Promise<void> {
    const { marked, receipts } = await this.#options.writer.run(async (tx) => {
      const marked = await markSeen(tx, messageKeys);
      return { marked, receipts: await planReadReceipts(tx, marked, this.#context.receipts) };
    });
    if (marked.length > 0) this.#session?.demand('actions');
    if (receipts > 0) this.#session?.demand('receipts');
  }

  async remove(messageKeys: readonly string[], options: { readonly server: boolean }): Promise<void> {
    await this.#options.writer.run((tx) => deleteMessages(tx, messageKeys, options));
    if (options.server) this.#session?.demand('actions');
  }

  async acknowledge(messageKey: string): Promise<void> {
    await this.#options.writer.run(async (tx) => {
      const message = await tx.get('messages', messageKey);
      if (message?.pending === 1) tx.put('messages', { ...message, pending: 0 });
    });
  }

  download(messageKey: string, part: string, options: DownloadOptions = {}): AsyncIterable<Uint8Array> {
    const source: DownloadSource = {
      store: this.#options.store,
      keys: this.#options.keys,
      connect: (how) => this.#connectForDownload(how),
    };
    return downloadPart(source, messageKey, part, options);
  }

  async #serve(imap: ImapTransport, signal: AbortSignal, usable: () => void): Promise<void> {
    const session = new SyncSession(this.#context, imap, signal);
    this.#session = session;
    this.#imap = imap;
    // If IMAP gets through, SMTP probably does as well.
    this.#outbox.wake();
    try {
      await session.run(usable);
    } catch (thrown) {
      if (!(thrown instanceof CoiError))
        this.#options.logger.log('error', `Synchronisation failed: ${describe(thrown)}`);
      throw thrown;
    } finally {
      this.#session = undefined;
      this.#imap = undefined;
    }
  }

  async #connectForDownload(options: DownloadOptions): Promise<{ imap: ImapTransport; done: () => void }> {
    const main = this.#imap;
    if (!main?.usable) {
      throw new NetworkError(
        'CONNECTION_LOST',
        'The account is not connected, and the file is still on the server. Try again when it is online.',
      );
    }
    // A lent connection is the only one there is.
    if (this.#options.lentImap) return { imap: main, done: () => undefined };
    return { imap: await this.#downloads.use(options), done: () => this.#downloads.done() };
  }

  #showState(): void {
    const state = this.connection;
    const error =
      state === 'auth-needed' ? (this.#outbox.credentialsError ?? this.#connection.error) : this.#connection.error;
    if (state === this.#shown && error === this.#shownError) return;
    this.#shown = state;
    this.#shownError = error;
    this.#emit('connection', state, error);
  }

  #emit<E extends keyof EngineEvents & string>(event: E, ...args: EngineEvents[E]): void {
    void this.dispatch(event, ...args).then((failures) => {
      for (const failure of failures)
        this.#options.logger.log('error', `A listener of "${event}" threw: ${describe(failure)}`);
    });
  }
}
