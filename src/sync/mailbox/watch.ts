import { ServerError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import type { FolderRecord } from '../../store/records.js';
import type { ImapTransport } from '../../transport/imap.js';
import { linked } from '../signals.js';
import type { SyncContext } from '../sync-context.js';

/** New mail must not wait for long while the history of another folder is being read. */
const GLANCE_MS = 2_000;
/** So long no mail must have come before flags are looked at. */
const CALM_MS = 500;
/** Reason of our own aborts. A string costs less than the DOMException that is made where there is none. */
const WOKEN = 'woken';
/** Without CONDSTORE nothing tells that flags changed in a folder that was not open: then folders are looked into every so many polls. */
const FLAG_POLLS = 5;

/**
 * Knows which folders have to be looked into: the first one is watched with IDLE, the others with NOTIFY (RFC 5465) where the
 * server has it, and by asking for their STATUS from time to time: seldom where they are notified, because some servers forget folders.
 */
export class Watch {
  readonly #context: SyncContext;
  readonly #imap: ImapTransport;
  readonly #stop: AbortSignal;
  readonly #paths: string[];
  readonly #changed = new Set<string>();
  /** Folders with the time when they are to be looked into; the earliest first. */
  readonly #later = new Map<string, number>();
  #wake = new AbortController();
  #notified = false;
  #pollAt: number;
  #glanceAt: number;
  #polled = 0;
  #ended = false;

  /** @param paths The folders, the one to watch most closely first. */
  constructor(context: SyncContext, imap: ImapTransport, stop: AbortSignal, paths: readonly string[]) {
    this.#context = context;
    this.#imap = imap;
    this.#stop = stop;
    this.#paths = [...paths];
    this.#pollAt = context.clock.now() + limits.pollMs;
    this.#glanceAt = context.clock.now() + GLANCE_MS;
  }

  /** Begins to listen. */
  async begin(): Promise<void> {
    const onChange = (path: string) => this.changed(path);
    this.#imap.on('change', onChange);
    this.#imap.on('notify', onChange);
    this.#imap.on('close', () => this.wake());
    await this.#notify();
    this.#pollAt = this.#context.clock.now() + this.#interval;
  }

  /** One more folder, which did not exist or was of no interest at the beginning. */
  async add(path: string): Promise<void> {
    if (this.#ended || this.#paths.includes(path)) return;
    this.#paths.push(path);
    await this.#notify();
  }

  /** Does not wake anybody any more. */
  end(): void {
    this.#ended = true;
  }

  /** Something happened in this folder. */
  changed(path: string): void {
    if (this.#ended || !this.#paths.includes(path)) return;
    this.#changed.add(path);
    this.wake();
  }

  /** The folder is to be looked into once no more mails come in quick succession. */
  changedLater(path: string): void {
    this.#later.delete(path);
    this.#later.set(path, this.#context.clock.now() + CALM_MS);
  }

  /** Ends the present wait. */
  wake(): void {
    this.#wake.abort(WOKEN);
  }

  /** True if somebody has something else to do, or it is time to {@link glance}. */
  get urgent(): boolean {
    return this.#changed.size > 0 || this.#wake.signal.aborted || this.#context.clock.now() >= this.#glanceAt;
  }

  /** The folders in which something happened since the last call. */
  takeChanged(): string[] {
    const changed = this.#paths.filter((path) => this.#changed.has(path));
    this.#changed.clear();
    // Whoever asks sees all that happened so far: only later events have to wake him.
    if (this.#wake.signal.aborted) this.#wake = new AbortController();
    return changed;
  }

  /** While other work goes on in the folder `open`, where the server announces changes: looks after those elsewhere now and then. */
  async glance(open: string): Promise<void> {
    const [main] = this.#paths;
    const now = this.#context.clock.now();
    if (main === undefined || now < this.#glanceAt) return;
    this.#glanceAt = now + GLANCE_MS;
    if (open !== main && (await this.#differs(main))) this.#changed.add(main);
    if (this.#polls && now >= this.#pollAt) await this.#poll();
  }

  /** Waits in IDLE until something happens, somebody wakes it, the time has come (if not 0), or the other folders are to be asked about. */
  async wait(until: number): Promise<void> {
    const [main] = this.#paths;
    if (main === undefined || this.#changed.size > 0) return;
    const { clock } = this.#context;
    const [laterAt = Number.POSITIVE_INFINITY] = this.#later.values();
    const pollAt = this.#polls ? this.#pollAt : Number.POSITIVE_INFINITY;
    const end = Math.min(pollAt, laterAt, until > 0 ? until : Number.POSITIVE_INFINITY);
    const wait = linked(this.#stop, this.#wake.signal);
    const cancel = Number.isFinite(end)
      ? clock.after(Math.max(0, end - clock.now()), () => wait.abort(WOKEN))
      : undefined;
    try {
      await this.#imap.idle(main, { signal: wait.signal });
      // Only a change ends IDLE by itself.
      if (!wait.signal.aborted) this.#changed.add(main);
    } finally {
      cancel?.();
      wait.release();
    }
    for (const [path, at] of this.#later) {
      if (at > clock.now()) continue;
      this.#later.delete(path);
      this.#changed.add(path);
    }
    if (this.#polls && clock.now() >= this.#pollAt && !this.#stop.aborted) await this.#poll();
  }

  get #polls(): boolean {
    return this.#paths.length > 1;
  }

  get #interval(): number {
    return this.#notified ? limits.notifiedPollMs : limits.pollMs;
  }

  async #poll(): Promise<void> {
    this.#pollAt = this.#context.clock.now() + this.#interval;
    this.#polled += 1;
    for (const { path, modSeq } of await this.#context.store.list('folders')) {
      const blind = modSeq === undefined && this.#polled % FLAG_POLLS === 0;
      if (blind && this.#paths.includes(path)) this.#changed.add(path);
    }
    for (const path of this.#paths.slice(1)) {
      if (!this.#changed.has(path) && (await this.#differs(path))) this.#changed.add(path);
    }
  }

  async #differs(path: string): Promise<boolean> {
    const { store } = this.#context;
    const [record] = await store.get('folders', [path]);
    if (!record) return true;
    const status = await this.#imap.status(path, { signal: this.#stop }).catch((thrown) => {
      // Whoever looks into it finds out what is the matter.
      if (thrown instanceof ServerError && this.#imap.usable) return undefined;
      throw thrown;
    });
    if (!status) return true;
    const { uidNext, uidValidity, highestModSeq, messages } = status;
    if (uidValidity !== undefined && uidValidity !== record.uidValidity) return true;
    if (uidNext !== undefined && uidNext > record.uidNext) return true;
    if (highestModSeq !== undefined && highestModSeq !== record.modSeq) return true;
    return messages !== undefined && (await this.#countDiffers(record, messages));
  }

  async #countDiffers({ path, uidFrom }: FolderRecord, messages: number): Promise<boolean> {
    if (uidFrom > 1) return false;
    return (await this.#context.store.count('locations', { index: 'byFolder', prefix: [path] })) !== messages;
  }

  async #notify(): Promise<void> {
    const others = this.#paths.slice(1);
    this.#notified = others.length > 0 && (await this.#imap.watch(others));
  }
}
