import type { ExistsEvent, ExpungeEvent, FlagsEvent, ImapFlow, ListResponse, MailboxObject } from 'imapflow';
import type { AbortOptions } from '../core/abort.js';
import type { Clock } from '../core/clock.js';
import { TypedEmitter } from '../core/emitter.js';
import { AbortedError, type CoiError, describe, InputError, NetworkError, ServerError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import type { Logger } from '../core/logger.js';
import { FolderChanges, type FolderSnapshot } from './folder-changes.js';
import type { ImapFolder, ImapFolderSession, ImapFolderState, ImapTransport, ImapTransportEvents } from './imap.js';
import { misbehaved } from './imap-errors.js';
import { atom, codeArguments, literal, text } from './imapflow-exec.js';
import { flag, ImapFlowFolder } from './imapflow-folder.js';
import { IdleWaiter } from './imapflow-idle.js';
import type { ImapLink } from './imapflow-link.js';
import { getMetadata, setMetadata } from './imapflow-metadata.js';
import { notify } from './imapflow-notify.js';
import { type ImapConnectionSource, openLink } from './imapflow-open.js';
import type { TransportTimeouts } from './imapflow-options.js';
import { encodedPath, pathOf } from './imapflow-paths.js';
import { folderStatus } from './imapflow-status.js';
import { moment } from './moment.js';
import { Mutex } from './mutex.js';

/** Options of {@link ImapFlowTransport}: where the connection comes from, and the surroundings. */
export type ImapFlowTransportOptions = ImapConnectionSource & {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly timeouts?: TransportTimeouts;
};

/**
 * {@link ImapTransport} on imapflow. Every instance is one connection; whoever reconnects makes a new one.
 *
 * Within `withFolder` other commands of the transport (append, status, metadata, …) may be used, but not `withFolder`
 * or `idle`: they wait until the folder is free.
 */
export class ImapFlowTransport extends TypedEmitter<ImapTransportEvents> implements ImapTransport {
  readonly #options: ImapFlowTransportOptions;
  readonly #folders = new Mutex();
  readonly #changes = new FolderChanges();
  readonly #gone = new Set<() => void>();
  #state: 'new' | 'connecting' | 'open' | 'closed' = 'new';
  #link: ImapLink | undefined;
  #lost: CoiError | undefined;
  #idle: IdleWaiter | undefined;
  #capabilities: ReadonlySet<string> = new Set();
  /** The open folder, as the caller named it. */
  #open: { readonly path: string; readonly readOnly: boolean } | undefined;
  #ownExpunges = 0;
  #announcing = new Set<string>();
  #cancelKeepAlive: () => void = () => {};
  #commandsSeen = 0;
  #stopConnecting = new AbortController();

  constructor(options: ImapFlowTransportOptions) {
    super();
    this.#options = options;
  }

  get capabilities(): ReadonlySet<string> {
    return this.#capabilities;
  }

  get namespace(): { readonly prefix: string; readonly delimiter: string } {
    const { prefix = '', delimiter = '' } = this.#link?.flow.namespace ?? {};
    return { prefix, delimiter: delimiter ?? '' };
  }

  get usable(): boolean {
    return this.#state === 'open' && this.#link?.usable === true;
  }

  async connect({ signal }: AbortOptions = {}): Promise<void> {
    if (this.#state !== 'new')
      throw new InputError('INVALID_STATE', 'An IMAP transport connects once. Make a new one.');
    this.#state = 'connecting';
    const stop = signal ? AbortSignal.any([signal, this.#stopConnecting.signal]) : this.#stopConnecting.signal;
    let link: ImapLink;
    try {
      link = await openLink(this.#options, { ...this.#options, signal: stop });
    } catch (error) {
      this.#state = 'closed';
      throw error;
    }
    // `close()` may have come while the last answer was on its way.
    if (stop.aborted) {
      this.#state = 'closed';
      if (link.lent) link.release();
      else await hangUp(link);
      throw new AbortedError(stop.reason);
    }
    this.#state = 'open';
    this.#link = link;
    this.#capabilities = new Set([...link.flow.capabilities.keys()].map((name) => name.toUpperCase()));
    this.#listen(link.flow, 'on');
    this.#idle = new IdleWaiter({
      link,
      changes: this.#changes,
      withOpen: (path, work) => this.#folders.run(() => this.#withOpen(path, work)),
      onGone: (wake) => {
        this.#gone.add(wake);
        return () => this.#gone.delete(wake);
      },
    });
    this.#keepAlive(link);
  }

  async listFolders(options: AbortOptions = {}): Promise<ImapFolder[]> {
    const link = this.#connected();
    return (await link.run(() => link.flow.list(), options)).map(folderOf);
  }

  async createFolder(path: string): Promise<void> {
    const link = this.#connected();
    try {
      await link.run(() => link.flow.mailboxCreate(path));
    } catch (error) {
      // Not every server says ALREADYEXISTS; and an existing folder may still lack the subscription.
      if (!(error instanceof ServerError) || error.code !== 'SERVER_REFUSED') throw error;
      const wanted = pathOf(link.flow, path);
      const there = (await this.listFolders()).find((folder) => folder.path === wanted && folder.selectable);
      if (!there) throw error;
      if (!there.subscribed) await link.execute('SUBSCRIBE', [text(await encodedPath(link.flow, path))]);
    }
  }

  async status(path: string, options: AbortOptions = {}): ReturnType<ImapTransport['status']> {
    return folderStatus(this.#connected(), path, options);
  }

  async withFolder<T>(
    path: string,
    work: (folder: ImapFolderSession) => Promise<T>,
    { readOnly = false, signal }: { readonly readOnly?: boolean } & AbortOptions = {},
  ): Promise<T> {
    this.#connected();
    return this.#folders.run(async () => {
      const link = this.#connected();
      const unlock = await lock(link, path, readOnly);
      try {
        const state = await this.#select(link, path, readOnly, signal);
        const folder = new ImapFlowFolder(state, {
          link,
          has: (capability) => this.#capabilities.has(capability),
          onStray: () => this.#announce(path),
          expectExpunges: (count) => {
            this.#ownExpunges = count;
          },
        });
        try {
          return await work(folder);
        } finally {
          folder.end();
        }
      } finally {
        unlock();
      }
    }, signal);
  }

  async idle(path: string, { signal }: AbortOptions = {}): Promise<void> {
    this.#connected();
    await this.#idle?.wait(path, signal);
  }

  async watch(paths: readonly string[]): Promise<boolean> {
    return notify(this.#connected(), paths, (path) => {
      this.#changes.announce(path);
      this.#emit('notify', path);
    });
  }

  async append(
    path: string,
    bytes: Uint8Array,
    flags: readonly string[],
    date?: number,
  ): Promise<{ uid?: number; uidValidity?: string }> {
    const link = this.#connected();
    const { formatDateTime } = await import('imapflow/lib/tools.js');
    const when = date === undefined ? undefined : formatDateTime(new Date(date));
    const done = await link.execute(
      'APPEND',
      [
        atom(await encodedPath(link.flow, path)),
        ...(flags.length ? [flags.map(flag)] : []),
        ...(when ? [{ type: 'STRING', value: when }] : []),
        literal(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
      ],
      {},
      { sending: bytes.length },
    );
    const [uidValidity = '', uid = ''] = codeArguments(done, 'APPENDUID') ?? [];
    if (!/^\d{1,10}$/.test(uid) || !/^\d{1,19}$/.test(uidValidity)) return {};
    return { uid: Number(uid), uidValidity };
  }

  async getMetadata(
    mailbox: string,
    entry: string,
    options: { readonly depth?: 0 | 1 | 'infinity' } = {},
  ): Promise<ReadonlyMap<string, string>> {
    return getMetadata(this.#connected(), mailbox, entry, options.depth);
  }

  async setMetadata(mailbox: string, entries: Readonly<Record<string, string | null>>): Promise<void> {
    await setMetadata(this.#connected(), mailbox, entries);
  }

  async close(): Promise<void> {
    const link = this.#link;
    const open = this.#state === 'open';
    this.#state = 'closed';
    this.#stopConnecting.abort(new InputError('INVALID_STATE', 'The IMAP transport was closed.'));
    this.#cancelKeepAlive();
    if (!link || !open) return;
    if (link.lent) await this.#giveBack(link);
    else await hangUp(link);
    this.#wakeAll();
    this.#emit('close', undefined);
  }

  /** A lent connection stays logged in; only our IDLE ends, and our listeners go. */
  async #giveBack(link: ImapLink): Promise<void> {
    this.#listen(link.flow, 'off');
    try {
      if (link.usable) await Promise.race([link.run(() => link.flow.noop()), moment()]);
    } catch (error) {
      this.#options.logger.log('debug', 'The lent IMAP connection did not answer when it was given back.', { error });
    }
    link.release();
  }

  #connected(): ImapLink {
    if (this.#state === 'closed') {
      throw (
        this.#link?.lost ?? new NetworkError('CONNECTION_LOST', 'The IMAP connection is closed. Make a new transport.')
      );
    }
    if (!this.#link)
      throw new InputError('INVALID_STATE', 'The IMAP transport is not connected yet. Await connect() first.');
    if (!this.#link.usable) throw this.#link.gone();
    return this.#link;
  }

  /** Opens the folder for waiting, unless it is the open one: there the server announces what happens. */
  async #withOpen(path: string, work: () => Promise<void>): Promise<void> {
    const link = this.#connected();
    const open = link.flow.mailbox;
    if (this.#open?.path !== path || !open || open.path !== pathOf(link.flow, path)) {
      const unlock = await lock(link, path, true);
      try {
        await this.#select(link, path, true, undefined);
      } finally {
        unlock();
      }
    }
    await work();
  }

  async #select(
    link: ImapLink,
    path: string,
    readOnly: boolean,
    signal: AbortSignal | undefined,
  ): Promise<ImapFolderState> {
    return link.run(
      async () => {
        const left = link.flow.mailbox;
        if (this.#open && left) this.#changes.leave(this.#open.path, snapshot(left));
        this.#open = undefined;
        const mailbox = await link.flow.mailboxOpen(path, { readOnly });
        if (mailbox.uidValidity === undefined) throw misbehaved(link.endpoint, `no UIDVALIDITY for ${path}`);
        // RFC 9051 wants UIDNEXT; where it is missing, the newest mail tells.
        if (!mailbox.uidNext) {
          const newest = mailbox.exists > 0 ? await link.flow.fetchOne('*', { uid: true }) : undefined;
          mailbox.uidNext = (newest ? newest.uid : 0) + 1;
        }
        this.#open = { path, readOnly };
        this.#ownExpunges = 0;
        this.#changes.enter(path, snapshot(mailbox));
        return folderState(path, mailbox, link.flow.enabled.has('CONDSTORE'), readOnly);
      },
      { signal },
    );
  }

  /** imapflow takes a silence outside of IDLE for a dead connection. */
  #keepAlive(link: ImapLink): void {
    this.#cancelKeepAlive = link.clock.after(limits.socketTimeoutMs / 2, () => {
      const quiet = link.commands === this.#commandsSeen && !link.flow.idling;
      this.#commandsSeen = link.commands;
      if (quiet && link.usable) link.run(() => link.flow.noop()).catch(() => {});
      if (this.#state === 'open') this.#keepAlive(link);
    });
  }

  #listen(flow: ImapFlow, how: 'on' | 'off'): void {
    flow[how]('exists', this.#onExists);
    flow[how]('expunge', this.#onExpunge);
    flow[how]('flags', this.#onFlags);
    flow[how]('close', this.#onClose);
  }

  readonly #onExists = (_: ExistsEvent): void => this.#announceOpen();

  readonly #onExpunge = (_: ExpungeEvent): void => {
    if (this.#ownExpunges > 0) this.#ownExpunges--;
    else this.#announceOpen();
  };

  readonly #onFlags = (_: FlagsEvent): void => this.#announceOpen();

  readonly #onClose = (): void => {
    if (this.#state !== 'open') return;
    this.#state = 'closed';
    this.#cancelKeepAlive();
    this.#wakeAll();
    this.#lost = this.#link?.gone();
    this.#emit('close', this.#lost);
  };

  #announceOpen(): void {
    if (this.#open) this.#announce(this.#open.path);
  }

  #announce(path: string): void {
    this.#changes.announce(path);
    // One event for a burst of answers.
    if (this.#announcing.has(path)) return;
    this.#announcing.add(path);
    queueMicrotask(() => {
      this.#announcing.delete(path);
      this.#emit('change', path);
    });
  }

  #wakeAll(): void {
    for (const wake of [...this.#gone]) wake();
  }

  #emit<E extends keyof ImapTransportEvents & string>(event: E, ...args: ImapTransportEvents[E]): void {
    this.dispatch(event, ...args).then((failures) => {
      for (const failure of failures) {
        this.#options.logger.log('error', `A handler of the transport's ${event} event threw: ${describe(failure)}`);
      }
    });
  }
}

/** On a lent connection imapflow's own lock keeps its owner's commands out. */
async function lock(link: ImapLink, path: string, readOnly: boolean): Promise<() => void> {
  if (!link.lent) return () => {};
  const held = await link.run(() => link.flow.getMailboxLock(path, { readOnly }));
  return () => held.release();
}

/** LOGOUT, but not for longer than a moment: the socket is closed whatever the server does. */
async function hangUp({ flow, usable }: ImapLink): Promise<void> {
  if (usable) {
    const closed = new Promise<void>((resolve) => flow.once('close', resolve));
    await Promise.race([flow.logout().catch(() => {}), closed, moment()]);
  }
  flow.close();
}

function folderOf(entry: ListResponse): ImapFolder {
  return {
    path: entry.path,
    delimiter: entry.delimiter ?? '',
    subscribed: entry.subscribed === true,
    selectable: !entry.flags.has('\\Noselect') && !entry.flags.has('\\NonExistent'),
    ...(entry.specialUse ? { specialUse: entry.specialUse } : {}),
  };
}

function snapshot(mailbox: MailboxObject): FolderSnapshot {
  return {
    uidValidity: String(mailbox.uidValidity),
    uidNext: mailbox.uidNext ?? 0,
    exists: mailbox.exists ?? 0,
    modSeq: mailbox.highestModseq ?? 0n,
  };
}

function folderState(path: string, mailbox: MailboxObject, condstore: boolean, readOnly: boolean): ImapFolderState {
  const permanent = mailbox.permanentFlags && new Set([...mailbox.permanentFlags].map((name) => name.toLowerCase()));
  const closed = readOnly || mailbox.readOnly === true;
  return {
    path,
    uidValidity: String(mailbox.uidValidity),
    uidNext: mailbox.uidNext,
    exists: mailbox.exists ?? 0,
    readOnly: closed,
    canStoreFlag(name) {
      if (closed) return false;
      // RFC 9051 7.1: without PERMANENTFLAGS every flag can be stored.
      return !permanent || permanent.has(name.toLowerCase()) || (permanent.has('\\*') && !name.startsWith('\\'));
    },
    ...(condstore && !mailbox.noModseq && mailbox.highestModseq
      ? { highestModSeq: mailbox.highestModseq.toString() }
      : {}),
  };
}
