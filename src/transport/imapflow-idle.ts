import { sleep } from '../core/clock.js';
import { limits } from '../core/limits.js';
import type { FolderChanges } from './folder-changes.js';
import type { ImapLink } from './imapflow-link.js';

/** What waiting needs from the transport. */
export interface IdleContext {
  readonly link: ImapLink;
  readonly changes: FolderChanges;
  /** Opens the folder unless it is open; no other folder is opened before `work` is done. */
  withOpen(path: string, work: () => Promise<void>): Promise<void>;
  /** Calls back when the connection is gone, once; the result takes the callback back. */
  onGone(wake: () => void): () => void;
}

/** A server that ends IDLE so often at once, unasked, cannot do it: poll instead of spinning. */
const FUTILE = 3;

/**
 * Waits for a change of a folder. The folder is only held while IDLE is started: any other command ends the IDLE, and
 * when that is done it begins anew.
 */
export class IdleWaiter {
  /** The IDLE on the wire: what imapflow's `idle()` will resolve to (`false` if it was refused). */
  #running: Promise<boolean | undefined> | undefined;
  #polling: boolean;
  #futile = 0;

  constructor(private readonly context: IdleContext) {
    this.#polling = !context.link.flow.capabilities.has('IDLE');
  }

  /** Resolves when the folder changed, or the signal fired. Rejects when the connection is gone. */
  async wait(path: string, signal?: AbortSignal): Promise<void> {
    const { link, changes, withOpen } = this.context;
    while (!signal?.aborted) {
      let changed = false;
      await withOpen(path, async () => {
        changed = changes.take(path);
        if (!changed && !this.#polling) await this.#begin();
      });
      if (changed) return;
      if (this.#running) await this.#idle(path, this.#running, signal);
      else await this.#poll(path, signal);
      if (changes.take(path)) return;
      if (!link.usable) throw link.gone();
    }
  }

  /** Starts IDLE. No command of ours can come in between: they are all behind `link.run`. */
  async #begin(): Promise<void> {
    const { link } = this.context;
    if (this.#running) return;
    await link.run(async () => {
      // Somebody else's IDLE (imapflow starts its own on connections that were handed over) would make ours return at once.
      if (link.flow.idling) await link.flow.noop();
      const running = link.flow.idle().catch(() => undefined);
      this.#running = running;
      running.then(() => {
        if (this.#running === running) this.#running = undefined;
      });
    });
  }

  async #idle(path: string, running: Promise<boolean | undefined>, signal?: AbortSignal): Promise<void> {
    const { link, changes, onGone } = this.context;
    const began = link.clock.now();
    const commands = link.commands;
    const cleanup: (() => void)[] = [];
    const outcome = await new Promise<'change' | 'due' | 'stop' | 'ended' | 'refused'>((resolve) => {
      const stop = () => resolve('stop');
      cleanup.push(changes.wait(path, () => resolve('change')));
      cleanup.push(onGone(stop));
      cleanup.push(link.clock.after(limits.idleRestartMs, () => resolve('due')));
      cleanup.push(() => signal?.removeEventListener('abort', stop));
      if (signal?.aborted) stop();
      signal?.addEventListener('abort', stop, { once: true });
      running.then((result) => resolve(result === false ? 'refused' : 'ended'));
    });
    for (const undo of cleanup) undo();
    // Liveness: the answer has to come within the socket timeout, or imapflow closes the connection.
    if (outcome === 'due') await link.run(() => link.flow.noop());
    if (outcome === 'refused') this.#polling = true;
    if (outcome === 'ended') {
      const unasked = link.commands === commands && link.clock.now() - began < 1000;
      this.#futile = unasked ? this.#futile + 1 : 0;
      if (this.#futile >= FUTILE) this.#polling = true;
    }
  }

  async #poll(path: string, signal?: AbortSignal): Promise<void> {
    const { link, changes, onGone } = this.context;
    const stop = new AbortController();
    const wake = () => stop.abort();
    const cleanup = [changes.wait(path, wake), onGone(wake)];
    if (signal?.aborted) wake();
    signal?.addEventListener('abort', wake, { once: true });
    await sleep(link.clock, limits.pollMs, stop.signal);
    signal?.removeEventListener('abort', wake);
    for (const undo of cleanup) undo();
    if (!stop.signal.aborted) await link.run(() => link.flow.noop());
  }
}
