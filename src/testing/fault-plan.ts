import type { Clock } from '../core/clock.js';
import { sleep } from '../core/clock.js';

/** What a server has to do with a command before it looks at it. */
export type FaultAction =
  | { readonly kind: 'go' }
  /** Close the connection without an answer. */
  | { readonly kind: 'drop' }
  /** Give this answer and do nothing. */
  | { readonly kind: 'reply'; readonly reply: string };

/** An armed failure. */
export interface Failure {
  readonly reply: string;
  readonly user: string | undefined;
  left: number;
}

/** How a submission server fails that offers `STOKEN`. */
export type TokenFault = 'drop' | 'refuse-sender' | 'refuse-recipient' | 'bad-token';

const go: FaultAction = { kind: 'go' };

/** State of the fault switches, as the servers ask for it. Tests turn them through `Faults`. */
export class FaultPlan {
  readonly #clock: Clock;
  readonly #failures = new Map<string, Failure[]>();
  /** Milliseconds before each command. */
  delay = 0;
  /** Commands until a connection drops. */
  commandsLeft: number | undefined;
  /** Messages whose 250 is swallowed. */
  dropAfterData = 0;
  /** Literals that stop in the middle. */
  stalls = 0;
  /** Users (normalised addresses) that cannot log in; `*` for all. */
  readonly rejected = new Set<string>();
  /** Deliveries are held back. */
  hold = false;
  /** Each mail is delivered twice. */
  duplicate = false;
  /** The server keeps a copy of submitted mail in the Sent folder. */
  keepSent = false;
  /** What goes wrong with tokens of submission servers. */
  tokens: TokenFault | undefined;
  /** Recipients that one SMTP transaction takes. */
  mostRecipients = Number.POSITIVE_INFINITY;
  /** Recipients (normalised addresses) that bounce after they were accepted, with status and text. */
  readonly bouncing = new Map<string, { readonly status: string; readonly text: string }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Arms a failure of the next commands of this name. */
  fail(command: string, failure: Failure): void {
    const name = command.toUpperCase();
    this.#failures.set(name, [...(this.#failures.get(name) ?? []), failure]);
  }

  /** Takes an armed failure back. */
  disarm(command: string, failure: Failure): void {
    const name = command.toUpperCase();
    const left = (this.#failures.get(name) ?? []).filter((armed) => armed !== failure);
    this.#failures.set(name, left);
  }

  /** To be asked before each command; waits for the delay. */
  async before(command: string, user: string | undefined): Promise<FaultAction> {
    if (this.delay > 0) await sleep(this.#clock, this.delay);
    if (this.commandsLeft !== undefined && this.commandsLeft-- <= 0) {
      this.commandsLeft = undefined;
      return { kind: 'drop' };
    }
    const failures = this.#failures.get(command.toUpperCase());
    const failure = failures?.find((armed) => armed.user === undefined || armed.user === user);
    if (!failures || !failure) return go;
    if (--failure.left <= 0) failures.splice(failures.indexOf(failure), 1);
    return { kind: 'reply', reply: failure.reply };
  }

  /** True if this user's login has to be refused whatever the password. */
  rejectsLogin(user: string): boolean {
    return this.rejected.has('*') || this.rejected.has(user);
  }

  /** True if the next literal has to stop half way. */
  takeStall(): boolean {
    return this.stalls > 0 && this.stalls-- > 0;
  }

  /** True if the answer to the message that was just accepted has to be swallowed. */
  takeDropAfterData(): boolean {
    return this.dropAfterData > 0 && this.dropAfterData-- > 0;
  }

  /** Everything off. Held mails are not released. */
  reset(): void {
    this.#failures.clear();
    this.delay = 0;
    this.commandsLeft = undefined;
    this.dropAfterData = 0;
    this.stalls = 0;
    this.rejected.clear();
    this.hold = false;
    this.duplicate = false;
    this.keepSent = false;
    this.tokens = undefined;
    this.mostRecipients = Number.POSITIVE_INFINITY;
    this.bouncing.clear();
  }
}
