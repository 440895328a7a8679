import type { Clock } from '../core/clock.js';
import { describe } from '../core/errors.js';
import { type Logger, silentLogger } from '../core/logger.js';
import type { MessageRecord } from '../store/records.js';
import type { Store, WriteBatch } from '../store/store.js';
import type { Identity } from './incoming.js';
import { deriveBlocking } from './ingest/derive-blocking.js';
import { deriveChats } from './ingest/derive-chats.js';
import { deriveContacts } from './ingest/derive-contacts.js';
import { deriveGroups } from './ingest/derive-groups.js';
import { deriveRequests } from './ingest/derive-requests.js';
import { deriveOwnServers } from './ingest/own-servers.js';
import type { RecordChange, StateChange } from './state-change.js';
import { deriveChatSettings } from './storage/chat-settings.js';
import { deriveContactCards } from './storage/contact-cards.js';
import { isProfileDue } from './storage/own-profile.js';
import { Transaction } from './transaction.js';
import { deriveTrust } from './trust/derive-trust.js';

/** What a {@link StateWriter} needs. */
export interface StateWriterOptions {
  /** Open. The writer does not close it. */
  readonly store: Store;
  readonly identity: Identity;
  readonly clock: Clock;
  readonly logger?: Logger | undefined;
  /** News stay `pending` until a handler has finished with them (bots). Default false. */
  readonly acknowledge?: boolean | undefined;
}

/**
 * The one writer of an account's records. Everything that changes them goes through {@link run}, so that changes come one
 * after the other, each atomic, and whatever is derived (chat summaries, contacts) is always in step with the messages.
 */
export class StateWriter {
  readonly store: Store;
  readonly identity: Identity;
  readonly clock: Clock;
  readonly #acknowledge: boolean;
  readonly #logger: Logger;
  readonly #listeners = new Set<(change: StateChange) => void>();
  readonly #commitListeners = new Set<(batch: WriteBatch) => void>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: StateWriterOptions) {
    this.store = options.store;
    this.identity = options.identity;
    this.clock = options.clock;
    this.#logger = options.logger ?? silentLogger;
    this.#acknowledge = options.acknowledge ?? false;
  }

  /**
   * Runs work in a transaction, after all work that was given earlier. At its end the summaries of the touched chats and
   * contacts are derived, everything is committed at once, and `change` listeners are told. If the work throws, nothing is
   * written and nobody is told. Do not call `run` within `run`: it would wait for itself.
   */
  run<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const result = this.#last.then(() => this.#perform(work));
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Calls back after every commit that changed something, in order, before the next transaction begins. The result removes the listener. */
  onChange(listener: (change: StateChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls back with all that a commit has written, after every commit, before the next transaction begins. The result removes the listener. */
  onCommit(listener: (batch: WriteBatch) => void): () => void {
    this.#commitListeners.add(listener);
    return () => this.#commitListeners.delete(listener);
  }

  /** Resolves when all work given so far is done. */
  async idle(): Promise<void> {
    await this.#last;
  }

  async #perform<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const tx = new Transaction(this.store, {
      identity: this.identity,
      now: this.clock.now(),
      acknowledge: this.#acknowledge,
    });
    const result = await work(tx);
    await deriveBlocking(tx);
    await deriveContacts(tx);
    await deriveTrust(tx);
    await deriveChats(tx);
    await deriveGroups(tx);
    await deriveChatSettings(tx);
    await deriveContactCards(tx);
    await deriveRequests(tx);
    const ownServers = await deriveOwnServers(tx);
    const change = this.#listeners.size > 0 ? await stateChange(tx, ownServers) : undefined;
    const batch = tx.batch();
    if (batch === undefined) return result;
    await this.store.commit(batch);
    this.#tell(this.#commitListeners, batch);
    if (change !== undefined) this.#tell(this.#listeners, change);
    return result;
  }

  #tell<T>(listeners: ReadonlySet<(news: T) => void>, news: T): void {
    for (const listener of listeners) {
      try {
        listener(news);
      } catch (thrown) {
        this.#logger.log('error', `A listener of state changes threw: ${describe(thrown)}`);
      }
    }
  }
}

/** The own profile changed, or a key came that may open what could not be read. */
async function isElseDue(tx: Transaction): Promise<boolean> {
  return isProfileDue(await tx.changes('settings')) || (await tx.changes('ownKeys')).length > 0;
}

async function stateChange(tx: Transaction, ownServers: readonly string[] | undefined): Promise<StateChange> {
  const messages = (await tx.changes('messages')).filter(everVisible);
  const news = await tx.getMany('messages', [...tx.news]);
  const cards = await tx.changes('cards');
  return {
    messages,
    chats: await tx.changes('chats'),
    contacts: await tx.changes('contacts'),
    cards,
    storageDue: cards.some(({ after }) => after?.dirty === 1) || (await isElseDue(tx)),
    peers: await tx.changes('peers'),
    news: news
      .filter((message) => message !== undefined)
      .filter(({ hidden }) => hidden === 0)
      // Mail dates are whole seconds: within one, the order of arrival is kept.
      .sort((a, b) => a.date - b.date)
      .map((message) => message.key),
    keyChanges: tx.keyChanges,
    ownKeys: (await tx.changes('ownKeys')).length > 0,
    retries: (await tx.changes('retries')).some(({ after }) => after !== undefined && after.reached === undefined),
    refusals: tx.refusals,
    ...(ownServers !== undefined && { ownServers }),
    typing: [...tx.typing],
    merged: tx.merged,
  };
}

/** Reports, receipts and tombstones that stay tombstones are no concern of the object layer. */
function everVisible(change: RecordChange<MessageRecord>): boolean {
  return change.before?.hidden === 0 || change.after?.hidden === 0;
}
