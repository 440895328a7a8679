import { TypedEmitter } from '../../src/core/emitter.js';
import { NetworkError } from '../../src/core/errors.js';
import type {
  FetchedMail,
  ImapFlags,
  ImapFolder,
  ImapFolderSession,
  ImapFolderState,
  ImapTransport,
  ImapTransportEvents,
  MovedMails,
} from '../../src/transport/imap.js';

/** An IMAP connection to an account with one folder that never has a mail, for tests of what happens around the mails. */
export class FakeImap extends TypedEmitter<ImapTransportEvents> implements ImapTransport {
  readonly capabilities = new Set<string>();
  readonly namespace = { prefix: '', delimiter: '/' };
  usable = false;
  closed = false;
  readonly #failure: Error | undefined;
  #end: ((error: Error | undefined) => void) | undefined;

  /** @param failure What `connect` rejects with, if it is to fail. */
  constructor(failure?: Error) {
    super();
    this.#failure = failure;
  }

  async connect(): Promise<void> {
    if (this.#failure) throw this.#failure;
    this.usable = true;
  }

  /** Breaks the connection, as the network would. */
  async drop(error: Error = new NetworkError('CONNECTION_LOST', 'The fake connection broke.')): Promise<void> {
    this.usable = false;
    await this.dispatch('close', error);
    this.#end?.(error);
  }

  async listFolders(): Promise<ImapFolder[]> {
    return [{ path: 'INBOX', delimiter: '/', subscribed: true, selectable: true }];
  }

  async createFolder(): Promise<void> {}

  async status(): Promise<{ messages: number }> {
    return { messages: 0 };
  }

  async withFolder<T>(path: string, work: (folder: ImapFolderSession) => Promise<T>): Promise<T> {
    if (!this.usable) throw new NetworkError('CONNECTION_LOST', 'The fake connection is closed.');
    return work(new EmptyFolder(path));
  }

  idle(_path: string, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.usable) return reject(new NetworkError('CONNECTION_LOST', 'The fake connection is closed.'));
      if (signal?.aborted) return resolve();
      signal?.addEventListener('abort', () => resolve(), { once: true });
      this.#end = (error) => (error ? reject(error) : resolve());
    });
  }

  async watch(): Promise<boolean> {
    return false;
  }

  async append(): Promise<{ uid?: number }> {
    return {};
  }

  async getMetadata(): Promise<ReadonlyMap<string, string>> {
    return new Map();
  }

  async setMetadata(): Promise<void> {}

  async close(): Promise<void> {
    this.usable = false;
    this.closed = true;
    this.#end?.(undefined);
  }
}

class EmptyFolder implements ImapFolderSession {
  readonly state: ImapFolderState;

  constructor(path: string) {
    this.state = { path, uidValidity: '1', uidNext: 1, exists: 0, readOnly: false, canStoreFlag: () => false };
  }

  async uids(): Promise<number[]> {
    return [];
  }

  async fetch(): Promise<FetchedMail[]> {
    return [];
  }

  async flags(): Promise<ImapFlags[]> {
    return [];
  }

  async searchHeader(): Promise<number[]> {
    return [];
  }

  async *download(): AsyncIterable<Uint8Array> {}

  async store(): Promise<number[]> {
    return [];
  }

  async move(): Promise<MovedMails> {
    return { uids: new Map() };
  }

  async expunge(): Promise<void> {}
}
