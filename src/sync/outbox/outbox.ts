import { type Clock, sleep } from '../../core/clock.js';
import { CoiError, describe, InputError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import type { Logger } from '../../core/logger.js';
import { type RandomBytes, randomId } from '../../core/random.js';
import { chatKindOf } from '../../model/placement.js';
import { readChatMail } from '../../protocol/read.js';
import type { MessageRecord, OutboxRecord, SecurityRecord } from '../../store/records.js';
import type { Store } from '../../store/store.js';
import type { SmtpTransport } from '../../transport/smtp.js';
import { halfJitter } from '../backoff.js';
import type { AcceptOptions } from '../engine.js';
import type { Identity } from '../incoming.js';
import { acceptByWriting } from '../ingest/acceptance.js';
import { acceptOwn } from '../ingest/ingest.js';
import { deleteMessages, resetDelivery } from '../ingest/user-acts.js';
import type { OutgoingMail } from '../keys/seal-outgoing.js';
import { linked } from '../signals.js';
import type { StateWriter } from '../state-writer.js';
import type { Transaction } from '../transaction.js';
import type { DeliveryOutcome } from './delivery-outcome.js';
import { GroupCommit } from './group-commit.js';
import { type DeliveryContext, handOver, settle } from './outbox-delivery.js';
import { type OutboxEntry, OutboxQueue, outboxEntry } from './outbox-queue.js';
import { failedRecipients, nextOutboxId, outboxBlob, removeEntry } from './outbox-records.js';

/** What an {@link Outbox} needs. */
export interface OutboxOptions {
  readonly store: Store;
  readonly writer: StateWriter;
  readonly identity: Identity;
  readonly smtp: SmtpTransport;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly logger: Logger;
  readonly messagesPerMinute: number | undefined;
  /** Messages were handed over; their copies are to be filed. */
  readonly onSent: () => void;
  /** The server did not take the credentials, or (undefined) there are new ones. */
  readonly onCredentials: (error: CoiError | undefined) => void;
  /** A failure that nobody waits for. */
  readonly onFailure: (error: CoiError) => void;
}

/** One run between start and stop. */
interface Run {
  readonly stop: AbortController;
  readonly deliveries: Set<Promise<void>>;
}

/** Octets up to which a mail is written with the commit; larger ones beforehand, piece by piece. */
const SMALL_MAIL = 4 * 1024 * 1024;
/** So many messages go out before their copies are filed in between. */
const MOST_UNFILED = 500;
const PAUSE = { min: limits.outboxRetryMinMs, max: limits.outboxRetryMaxMs };

/**
 * The way out: what was accepted is in the store with its octets, and is handed to the server in the order of acceptance within a chat, while
 * chats do not wait for each other. Nothing polls: a message goes out the moment it is due.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #delivery: DeliveryContext;
  readonly #queue = new OutboxQueue();
  #run: Run | undefined;
  /** The queue shows what the store holds; before the first start it need not. */
  #loaded = false;
  #lastId: string | undefined;
  #busy = 0;
  #credentials: CoiError | undefined;
  #networkFailures = 0;
  #pausedUntil = 0;
  /** When the next message may go out by the configured rate. */
  #nextSlot = 0;
  /** Messages handed over whose copies nobody was told of yet. */
  #unfiled = 0;
  #cancelTimer: () => void = () => undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
    const { store, smtp, random, writer } = options;
    this.#delivery = { store, smtp, random, commits: new GroupCommit(writer) };
  }

  /** Set while nothing can be sent because the server did not take the credentials. */
  get credentialsError(): CoiError | undefined {
    return this.#credentials;
  }

  /** Begins handing over, first of all what was under way when the process ended. */
  async start(): Promise<void> {
    if (this.#run) return;
    this.#run = { stop: new AbortController(), deliveries: new Set() };
    try {
      if (!this.#loaded) await this.#load();
    } catch (thrown) {
      this.#run = undefined;
      throw thrown;
    }
    this.#pump();
  }

  /** Ends it: what is just being handed over gets a moment, what is left then is tried again at the next start. */
  async stop(): Promise<void> {
    const run = this.#run;
    if (!run) return;
    this.#run = undefined;
    this.#cancelTimer();
    if (run.deliveries.size === 0) return;
    const all = Promise.allSettled(run.deliveries);
    const patience = new AbortController();
    await Promise.race([all, sleep(this.#options.clock, limits.outboxStopMs, patience.signal)]);
    patience.abort();
    run.stop.abort();
    await all;
  }

  /** See `Engine.accept`. */
  async accept(mail: OutgoingMail, { chatId, delayMs = 0 }: AcceptOptions): Promise<MessageRecord> {
    const { store, writer } = this.#options;
    if (mail.recipients.length === 0)
      throw new InputError('INVALID_ADDRESS', 'This message has no recipient. Name at least one.');
    const blob = outboxBlob(randomId(this.#options.random));
    const small = mail.bytes.length <= SMALL_MAIL;
    const { sealed } = mail;
    const inside = await readChatMail(sealed?.payload ?? mail.bytes);
    // As another device will read it from the copy that is filed.
    const chatMail = { ...inside, size: mail.bytes.length };
    const security: SecurityRecord | undefined = sealed && {
      encrypted: true,
      signature: 'valid',
      signer: sealed.signer,
    };
    if (!small) await store.writeBlob(blob, once(mail.bytes));
    let entry: OutboxEntry | undefined;
    try {
      const message = await writer.run(async (tx) => {
        const shown = await acceptOwn(tx, chatMail, {
          recipients: mail.recipients,
          ...(security && { security }),
          ...listOf(chatId),
        });
        await acceptByWriting(tx, shown.chatId);
        if (small) tx.putBlob(blob, mail.bytes);
        const record = await this.#newRecord(tx, mail, { ...shown, chatId: shown.chatId || chatId }, blob, delayMs);
        tx.put('outbox', record);
        const sending: MessageRecord = record.state === 'sending' ? { ...shown, state: 'sending' } : shown;
        if (sending !== shown) tx.put('messages', sending);
        if (this.#loaded) {
          entry = outboxEntry(record, false);
          if (record.state === 'sending') this.#reserve(entry, mail.bytes);
          this.#queue.add(entry);
        }
        return { ...sending, chatId: shown.chatId };
      });
      if (entry) this.#accepted(entry);
      return message;
    } catch (thrown) {
      if (entry) this.#withdraw(entry);
      if (!small) await store.commit({ removeBlobs: [blob] }).catch(() => undefined);
      throw thrown;
    }
  }

  /** See `Engine.retry`. */
  async retry(messageKey: string): Promise<void> {
    const { writer, clock } = this.#options;
    const now = clock.now();
    const record = await writer.run(async (tx) => {
      const found = await entryOf(tx, messageKey);
      const message = await tx.get('messages', messageKey);
      if (!found || !message || found.state === 'filing' || found.state === 'done') {
        throw new InputError(
          'INVALID_STATE',
          'Only a message that failed or still waits can be tried again. Send it as a new one.',
        );
      }
      if (found.state === 'sending') return found;
      const failed = found.state === 'failed';
      const again: OutboxRecord = {
        ...found,
        state: 'queued',
        dueAt: now,
        attempts: 0,
        ...(failed && { recipients: failedRecipients(message), acceptedAt: now }),
      };
      if (failed) await resetDelivery(tx, messageKey);
      tx.put('outbox', again);
      return again;
    });
    const known = this.#queue.find(messageKey);
    if (known && !known.busy) known.record = record;
    else if (!known && this.#loaded) this.#queue.add(outboxEntry(record, true));
    this.#pausedUntil = 0;
    this.#pump();
  }

  /** See `Engine.cancel`. */
  async cancel(messageKey: string): Promise<void> {
    const tooLate = () =>
      new InputError(
        'INVALID_STATE',
        'Too late: the message was handed to the server, or is just being. Delete it instead.',
      );
    const entry = this.#queue.find(messageKey);
    if (entry?.busy) throw tooLate();
    // From here on the pump leaves it alone.
    if (entry) entry.busy = true;
    try {
      await this.#options.writer.run(async (tx) => {
        const record = await entryOf(tx, messageKey);
        const message = await tx.get('messages', messageKey);
        if (!message) throw new InputError('NOT_FOUND', 'There is no such message.');
        if (message.hidden === 1) throw new InputError('NOT_FOUND', 'The message was taken back or removed before.');
        const reached = message.recipients?.some(({ state }) => state !== 'pending' && state !== 'failed');
        if (!record || (record.state !== 'queued' && record.state !== 'failed') || reached) throw tooLate();
        removeEntry(tx, record);
        await deleteMessages(tx, [messageKey], { server: false });
      });
      if (entry) this.#queue.remove(entry);
    } finally {
      if (entry) entry.busy = false;
      this.#pump();
    }
  }

  /** The network is back: what failed because of it is tried at once. */
  wake(): void {
    this.#pausedUntil = 0;
    this.#networkFailures = 0;
    for (const entry of this.#queue.all()) {
      if (entry.networkFailed && !entry.busy) entry.record = { ...entry.record, dueAt: this.#options.clock.now() };
    }
    this.#pump();
  }

  /** There are new credentials. */
  credentialsChanged(): void {
    if (this.#credentials) {
      this.#credentials = undefined;
      this.#options.onCredentials(undefined);
    }
    this.wake();
  }

  #load(): Promise<void> {
    return this.#options.writer.run(async (tx) => {
      for (const state of ['sending', 'queued'] as const) {
        for (const record of await tx.list('outbox', { index: 'byState', prefix: [state] })) {
          this.#queue.add(outboxEntry(record, true));
        }
      }
      this.#loaded = true;
    });
  }

  async #newRecord(
    tx: Transaction,
    mail: OutgoingMail,
    message: MessageRecord,
    blob: string,
    delayMs: number,
  ): Promise<OutboxRecord> {
    const { identity, clock } = this.#options;
    const now = clock.now();
    this.#lastId ??= (await tx.list('outbox', { reverse: true, limit: 1 }))[0]?.id;
    this.#lastId = nextOutboxId(this.#lastId, now);
    // One commit less on the way to the server if it can go out right away.
    const atOnce = delayMs <= 0 && this.#run !== undefined && this.#queue.isIdle(message.chatId) && this.#mayBegin(now);
    return {
      id: this.#lastId,
      message: message.key,
      chatId: message.chatId,
      messageId: message.messageId,
      state: atOnce ? 'sending' : 'queued',
      envelopeFrom: identity.addresses.has(message.from.address) ? message.from.address : identity.email,
      recipients: mail.recipients,
      blob,
      size: mail.bytes.length,
      acceptedAt: now,
      dueAt: now + Math.max(0, delayMs),
      attempts: 0,
    };
  }

  #reserve(entry: OutboxEntry, bytes: Uint8Array): void {
    entry.busy = true;
    entry.bytes = bytes;
    this.#begin();
  }

  #accepted(entry: OutboxEntry): void {
    entry.committed = true;
    const run = this.#run;
    if (entry.busy && run) this.#track(run, this.#deliver(run, entry));
    else {
      // Stopped in this very moment: it goes out at the next start.
      if (entry.busy) this.#busy -= 1;
      entry.busy = false;
      this.#pump();
    }
  }

  #withdraw(entry: OutboxEntry): void {
    this.#queue.remove(entry);
    if (entry.busy) this.#busy -= 1;
    this.#pump();
  }

  #mayBegin(now: number): boolean {
    const free = this.#busy < limits.outboxConcurrency;
    return free && !this.#credentials && now >= this.#pausedUntil && now >= this.#nextSlot;
  }

  #begin(): void {
    this.#busy += 1;
    const { messagesPerMinute, clock } = this.#options;
    if (messagesPerMinute) this.#nextSlot = Math.max(clock.now(), this.#nextSlot) + 60_000 / messagesPerMinute;
  }

  /** Begins whatever is due, and sets the timer for what is due next. */
  #pump(): void {
    const run = this.#run;
    if (!run || !this.#loaded) return;
    this.#cancelTimer();
    const now = this.#options.clock.now();
    let wakeAt = Number.POSITIVE_INFINITY;
    for (const entry of this.#queue.heads()) {
      const due = entry.record.dueAt <= now;
      if (due && this.#mayBegin(now)) {
        entry.busy = true;
        this.#begin();
        this.#track(run, this.#deliver(run, entry));
      } else if (!this.#credentials && this.#busy < limits.outboxConcurrency) {
        wakeAt = Math.min(wakeAt, Math.max(entry.record.dueAt, this.#pausedUntil, this.#nextSlot));
      }
    }
    if (wakeAt < Number.POSITIVE_INFINITY) {
      this.#cancelTimer = this.#options.clock.after(Math.max(0, wakeAt - now), () => this.#pump());
    }
  }

  #track(run: Run, delivery: Promise<void>): void {
    run.deliveries.add(delivery);
    void delivery.finally(() => run.deliveries.delete(delivery));
  }

  /** Never rejects. */
  async #deliver(run: Run, entry: OutboxEntry): Promise<void> {
    const { clock, logger, onFailure } = this.#options;
    // A signal of its own: several deliveries with their commands would pile up listeners on the common one.
    const stop = linked(run.stop.signal);
    try {
      const outcome = await handOver(this.#delivery, entry.record, entry.bytes, stop.signal);
      const next = await settle(this.#delivery, entry.record, outcome, clock.now());
      this.#learn(entry, outcome);
      if (next) entry.record = next;
      else this.#queue.remove(entry);
      if (!next) this.#unfiled += 1;
    } catch (thrown) {
      if (!run.stop.signal.aborted) {
        // Not the server's doing but the store's: trying at once again would spin.
        logger.log('error', `The outbox could not go on: ${describe(thrown)}`);
        onFailure(
          thrown instanceof CoiError ? thrown : new CoiError('STORE_FAILED', describe(thrown), { cause: thrown }),
        );
        this.#pause();
      }
    } finally {
      stop.release();
      entry.bytes = undefined;
      entry.busy = false;
      this.#busy -= 1;
      this.#pump();
      this.#tellSent();
    }
  }

  /** Filing copies takes time of the same servers: while a burst goes out it waits. */
  #tellSent(): void {
    if (this.#unfiled === 0 || (this.#busy > 0 && this.#unfiled < MOST_UNFILED)) return;
    this.#unfiled = 0;
    this.#options.onSent();
  }

  #learn(entry: OutboxEntry, { again, error, accepted }: DeliveryOutcome): void {
    const { logger, onCredentials } = this.#options;
    if (error) logger.log('info', `A message could not be handed over yet: ${error.message}`, { code: error.code });
    entry.networkFailed = again === 'network';
    if (again === 'network') this.#pause();
    if (accepted.length > 0) {
      this.#networkFailures = 0;
      this.#pausedUntil = 0;
    }
    if (again === 'credentials' && error && !this.#credentials) {
      this.#credentials = error;
      onCredentials(error);
    }
  }

  /** Most likely nobody gets through now. */
  #pause(): void {
    const { clock, random } = this.#options;
    const now = clock.now();
    // Several that were under way at the same time fail together: that is one failure.
    if (this.#pausedUntil > now) return;
    this.#networkFailures += 1;
    this.#pausedUntil = now + halfJitter(this.#networkFailures, PAUSE, random);
  }
}

function listOf(chatId: string): { listId?: string } {
  return chatKindOf(chatId) === 'list' ? { listId: chatId.slice('list:'.length) } : {};
}

async function entryOf(tx: Transaction, messageKey: string): Promise<OutboxRecord | undefined> {
  return (await tx.list('outbox', { index: 'byMessage', prefix: [messageKey], limit: 1 }))[0];
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
