import { EventEmitter } from 'eventemitter3';

/** Map of event names to the argument list of their handlers. */
export type EventMap = Record<string, readonly unknown[]>;

/** A handler of one event. It may be asynchronous; what that means for order is said at the event. */
export type Handler<Args extends readonly unknown[]> = (...args: Args) => unknown;

/**
 * Typed publish / subscribe over eventemitter3. Handlers run through {@link TypedEmitter.dispatch}, which waits for them
 * one after the other and collects what they throw, so that one broken handler never reaches the code that emits.
 */
export class TypedEmitter<Events extends EventMap> {
  readonly #emitter = new EventEmitter();

  /** Adds a handler. */
  on<E extends keyof Events & string>(event: E, handler: Handler<Events[E]>): this {
    this.#emitter.on(event, handler);
    return this;
  }

  /** Adds a handler that is removed before its first call. */
  once<E extends keyof Events & string>(event: E, handler: Handler<Events[E]>): this {
    this.#emitter.once(event, handler);
    return this;
  }

  /** Removes a handler. */
  off<E extends keyof Events & string>(event: E, handler: Handler<Events[E]>): this {
    this.#emitter.off(event, handler);
    return this;
  }

  /** Number of handlers of an event. */
  listenerCount(event: keyof Events & string): number {
    return this.#emitter.listenerCount(event);
  }

  /** Removes every handler. */
  removeAllListeners(): void {
    this.#emitter.removeAllListeners();
  }

  /** Runs the handlers one after the other, waits for each, and returns what they threw. */
  protected async dispatch<E extends keyof Events & string>(event: E, ...args: Events[E]): Promise<unknown[]> {
    const failures: unknown[] = [];
    // eventemitter3's own emit() cannot wait for its handlers.
    for (const listener of this.#emitter.listeners(event)) {
      this.#emitter.removeListener(event, listener, undefined, true);
      try {
        await (listener as Handler<Events[E]>)(...args);
      } catch (thrown) {
        failures.push(thrown);
      }
    }
    return failures;
  }
}
