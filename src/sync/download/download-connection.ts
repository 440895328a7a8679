import { type AbortOptions, throwIfAborted } from '../../core/abort.js';
import type { Clock } from '../../core/clock.js';
import { NetworkError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import type { ImapFolderSession, ImapTransport } from '../../transport/imap.js';
import { deferred } from '../signals.js';

/** An open folder that is held until it is given back. */
export interface HeldFolder {
  readonly session: ImapFolderSession;
  /** Gives the folder back. */
  release(): void;
}

/** Opens a folder and holds it, for work that is spread over an iteration. */
export async function holdFolder(imap: ImapTransport, path: string, options: AbortOptions): Promise<HeldFolder> {
  const opened = deferred<ImapFolderSession>();
  const released = deferred<void>();
  const held = imap.withFolder(
    path,
    async (session) => {
      opened.resolve(session);
      await released.promise;
    },
    { readOnly: true, ...(options.signal && { signal: options.signal }) },
  );
  held.catch((thrown) => opened.reject(thrown));
  const session = await opened.promise;
  return { session, release: () => released.resolve() };
}

/**
 * A second connection for downloads, so that a large file and a slow reader never hold up new mail. Made when it is needed, closed when it
 * was not used for a while.
 */
export class DownloadConnection {
  readonly #connectImap: () => ImapTransport;
  readonly #clock: Clock;
  #imap: Promise<ImapTransport> | undefined;
  #users = 0;
  #cancelTimer: () => void = () => undefined;

  constructor(connectImap: () => ImapTransport, clock: Clock) {
    this.#connectImap = connectImap;
    this.#clock = clock;
  }

  /** The connection, for one more user, who calls {@link done} in the end. */
  async use(options: AbortOptions): Promise<ImapTransport> {
    throwIfAborted(options.signal);
    this.#cancelTimer();
    this.#users += 1;
    const pending = this.#imap ?? this.#open();
    this.#imap = pending;
    try {
      const imap = await pending;
      if (!imap.usable) throw new NetworkError('CONNECTION_LOST', 'The connection for downloads was lost. Try again.');
      return imap;
    } catch (thrown) {
      if (this.#imap === pending) this.#imap = undefined;
      this.#users -= 1;
      throw thrown;
    }
  }

  /** The user is done with it. */
  done(): void {
    this.#users -= 1;
    if (this.#users === 0 && this.#imap)
      this.#cancelTimer = this.#clock.after(limits.downloadIdleMs, () => void this.close());
  }

  /** Closes the connection; what is being downloaded fails. */
  async close(): Promise<void> {
    this.#cancelTimer();
    const pending = this.#imap;
    this.#imap = undefined;
    await pending?.then((imap) => imap.close()).catch(() => undefined);
  }

  async #open(): Promise<ImapTransport> {
    const imap = this.#connectImap();
    imap.on('close', () => {
      this.#imap = undefined;
    });
    await imap.connect();
    return imap;
  }
}
