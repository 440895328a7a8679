import { InputError } from '../core/errors.js';
import { normalizeAddress } from './directory.js';
import type { FaultPlan, TokenFault } from './fault-plan.js';

/** What the switches act on. */
export interface FaultTarget {
  readonly plan: FaultPlan;
  /** Destroys connections. */
  drop(which: ConnectionFilter): void;
  refuse(on: boolean): Promise<void>;
  /** Writes into every open IMAP connection. */
  inject(bytes: Uint8Array, which: ConnectionFilter): void;
  release(seed: number): number;
}

/** Which connections a switch is about; without any field: all. */
export interface ConnectionFilter {
  /** Address of a user: only connections that are logged in as this one. */
  readonly user?: string;
  readonly protocol?: 'imap' | 'smtp';
}

/** Commands that can be made to fail. IMAP ones without `UID`. */
export type FailableCommand =
  | 'AUTH'
  | 'MAIL'
  | 'RCPT'
  | 'DATA'
  | 'LOGIN'
  | 'AUTHENTICATE'
  | 'CAPABILITY'
  | 'LIST'
  | 'SELECT'
  | 'EXAMINE'
  | 'STATUS'
  | 'CREATE'
  | 'APPEND'
  | 'SEARCH'
  | 'FETCH'
  | 'STORE'
  | 'COPY'
  | 'MOVE'
  | 'EXPUNGE'
  | 'IDLE'
  | 'NOOP'
  | 'GETMETADATA'
  | 'SETMETADATA';

const smtpCommands: readonly string[] = ['AUTH', 'MAIL', 'RCPT', 'DATA'];

/**
 * Switches that make the {@link MailHost} behave badly. Those that last return a function that ends them;
 * {@link Faults.reset} ends all.
 */
export class Faults {
  readonly #target: FaultTarget;
  readonly #plan: FaultPlan;

  constructor(target: FaultTarget) {
    this.#target = target;
    this.#plan = target.plan;
  }

  /** Cuts open connections now, without a goodbye. */
  dropConnections(which: ConnectionFilter = {}): void {
    this.#target.drop(which);
  }

  /** Refuses new connections (`ECONNREFUSED`); open ones live on. Resolves when it is so. */
  refuseConnections(on = true): Promise<void> {
    return this.#target.refuse(on);
  }

  /** Lets every command wait this many milliseconds of the host's clock. */
  delay(ms: number): () => void {
    this.#plan.delay = ms;
    return () => {
      this.#plan.delay = 0;
    };
  }

  /** The n-th command from now still works, the one after it (on whatever connection) cuts its connection. */
  dropAfterCommands(n: number): () => void {
    this.#plan.commandsLeft = n;
    return () => {
      this.#plan.commandsLeft = undefined;
    };
  }

  /**
   * The next `times` commands of this name do nothing and get this reply: for SMTP code and text (default
   * `451 4.3.0 Temporary failure`), for IMAP `NO` or `BAD` and text (default `NO Temporary failure`).
   *
   * @throws InputError `INVALID_OPTION` if the reply has not that form.
   */
  failNext(
    command: FailableCommand,
    reply?: string,
    options: { readonly times?: number; readonly user?: string } = {},
  ): () => void {
    const smtp = smtpCommands.includes(command);
    const text = reply ?? (smtp ? '451 4.3.0 Temporary failure' : 'NO Temporary failure');
    if (!(smtp ? /^[45]\d\d [^\r\n]+$/ : /^(NO|BAD) [^\r\n]+$/).test(text)) {
      const form = smtp ? '"451 4.3.0 Try later"' : '"NO [OVERQUOTA] Mailbox is full"';
      throw new InputError('INVALID_OPTION', `failNext(${command}): write the reply like ${form}, not "${text}".`);
    }
    const user = options.user === undefined ? undefined : normalizeAddress(options.user);
    const failure = { reply: text, user, left: options.times ?? 1 };
    this.#plan.fail(command, failure);
    return () => this.#plan.disarm(command, failure);
  }

  /** The next `times` messages are accepted and delivered, but the connection drops before the 250: nobody can know. */
  dropAfterData(times = 1): () => void {
    this.#plan.dropAfterData = times;
    return () => {
      this.#plan.dropAfterData = 0;
    };
  }

  /** Refuses logins of this user (or of all) over IMAP and SMTP, as if the password were wrong. */
  rejectLogin(user?: string): () => void {
    const key = user === undefined ? '*' : normalizeAddress(user);
    this.#plan.rejected.add(key);
    return () => {
      this.#plan.rejected.delete(key);
    };
  }

  /** Holds mails back until {@link Faults.release} delivers them in another order. */
  reorder(on = true): void {
    this.#plan.hold = on;
  }

  /** Delivers what {@link Faults.reorder} held, shuffled (the same way for the same seed). Returns how many mails. */
  release(seed = 1): number {
    return this.#target.release(seed);
  }

  /** Delivers each mail twice. */
  duplicate(on = true): () => void {
    this.#plan.duplicate = on;
    return () => {
      this.#plan.duplicate = false;
    };
  }

  /** Writes bytes that are no IMAP into open IMAP connections, now. */
  garbage(bytes: string | Uint8Array = '\u0000)({ \u00ff garbage "\r\n', which: ConnectionFilter = {}): void {
    this.#target.inject(Buffer.from(bytes), which);
  }

  /** The next `times` IMAP literals stop half way; their connections stay open and silent. */
  stallMidLiteral(times = 1): () => void {
    this.#plan.stalls = times;
    return () => {
      this.#plan.stalls = 0;
    };
  }

  /** Mail to this recipient is accepted, and then returned to its sender with a delivery report (RFC 3464). */
  bounce(recipient: string, status = '5.2.2', text = 'Mailbox is full'): () => void {
    const key = normalizeAddress(recipient);
    this.#plan.bouncing.set(key, { status, text });
    return () => {
      this.#plan.bouncing.delete(key);
    };
  }

  /** The submission server takes at most so many recipients in one transaction; further ones get `452 4.5.3`. */
  limitRecipients(most: number): () => void {
    this.#plan.mostRecipients = most;
    return () => {
      this.#plan.mostRecipients = Number.POSITIVE_INFINITY;
    };
  }

  /**
   * The submission server offers `STOKEN` ({@link MailHostOptions.stoken}) and does not keep to it: cuts the connection after `MAIL` with `SYNC`
   * (`drop`), answers that one (`refuse-sender`) or each `RCPT` with a token (`refuse-recipient`) with 501, or gives out tokens of 10,000
   * characters (`bad-token`).
   */
  breakTokens(how: TokenFault): () => void {
    this.#plan.tokens = how;
    return () => {
      this.#plan.tokens = undefined;
    };
  }

  /** The submission server keeps a copy of sent mail in the Sent folder, as Gmail does. */
  keepSentCopies(on = true): () => void {
    this.#plan.keepSent = on;
    return () => {
      this.#plan.keepSent = false;
    };
  }

  /** Ends all faults: new connections are accepted again, held mails are delivered in order of arrival. */
  async reset(): Promise<void> {
    this.#plan.reset();
    this.#target.release(0);
    await this.#target.refuse(false);
  }
}
