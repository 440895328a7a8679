import { AbortedError } from '../../src/core/errors.js';
import { deferred } from '../../src/sync/signals.js';
import type { SmtpMessage, SmtpResult, SmtpTransport } from '../../src/transport/smtp.js';

/** A message that was handed to {@link FakeSmtp}, to be answered by the test. */
export interface HandedOver {
  readonly to: readonly string[];
  readonly bytes: Uint8Array;
  /** Text of the mail (its last line). */
  readonly text: string;
  /** All recipients accepted, or those that are not in `rejected`. */
  accept(rejected?: SmtpResult['rejected']): void;
  /** The transaction fails. */
  fail(error: Error): void;
}

/** A submission server that answers what the test says, or accepts everything at once. */
export class FakeSmtp implements SmtpTransport {
  /** All messages that were handed over, in order. */
  readonly sent: HandedOver[] = [];
  /** Not answered yet. */
  open = 0;
  closed = false;
  readonly #accepting: boolean;
  #arrived = deferred<void>();

  constructor(options: { readonly accepting?: boolean } = {}) {
    this.#accepting = options.accepting ?? false;
  }

  async verify(): Promise<void> {}

  async send({ to, bytes }: SmtpMessage, options: { readonly signal?: AbortSignal } = {}): Promise<SmtpResult> {
    const answer = deferred<SmtpResult>();
    const text = new TextDecoder().decode(bytes).trim().split('\r\n').at(-1) ?? '';
    const handed: HandedOver = {
      to,
      bytes,
      text,
      accept: (rejected = []) => {
        const refused = new Set(rejected.map(({ address }) => address));
        answer.resolve({ accepted: to.filter((address) => !refused.has(address)), rejected, response: '250 OK' });
      },
      fail: (error) => answer.reject(error),
    };
    options.signal?.addEventListener('abort', () => answer.reject(new AbortedError()), { once: true });
    this.sent.push(handed);
    this.open += 1;
    this.#arrived.resolve();
    this.#arrived = deferred<void>();
    if (this.#accepting) handed.accept();
    try {
      return await answer.promise;
    } finally {
      this.open -= 1;
    }
  }

  /** Texts that were handed over so far, in order. */
  get texts(): string[] {
    return this.sent.map(({ text }) => text);
  }

  /** The n-th message that was handed over (from 0), as soon as it is. */
  async handed(index: number): Promise<HandedOver> {
    for (;;) {
      const found = this.sent[index];
      if (found) return found;
      await this.#arrived.promise;
    }
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}
