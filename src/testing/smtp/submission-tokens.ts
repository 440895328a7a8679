import { sha3_256 } from '@noble/hashes/sha3.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Clock } from '../../core/clock.js';
import { normalizeAddress } from '../directory.js';

/** Who may use a token, and towards whom. */
export interface SubmissionTokenOptions {
  /** Address of the one who writes. */
  readonly from: string;
  /** Address of the one who is written to. */
  readonly to: string;
  /** One that is exchanged for a permanent one when it is used. Default false. */
  readonly temporary?: boolean;
  /** Seconds that it is valid. Default 90 days. */
  readonly validity?: number;
}

/** Parameters of one RCPT command. */
export interface PresentedTokens {
  /** `STOKEN`. */
  readonly held: string;
  /** `MYSTOKEN`. */
  readonly own?: string;
}

interface Issued {
  readonly pair: string;
  readonly temporary: boolean;
  readonly expires: number;
}

/** The server half of draft-slusarz-extra-smtp-submission-token: issues tokens, judges those that are presented, renews them. */
export class SubmissionTokens {
  readonly #clock: Clock;
  readonly #issued = new Map<string, Issued>();
  /** Newest permanent token of each pair. */
  readonly #newest = new Map<string, string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A new token. A permanent one takes the place of those before it, which stay valid. */
  issue({ from, to, temporary = false, validity = 90 * 24 * 3600 }: SubmissionTokenOptions): string {
    const pair = pairOf(from, to);
    const now = Math.floor(this.#clock.now() / 1000);
    const hash = bytesToHex(sha3_256(utf8ToBytes(pair)));
    const token = `1-created:${now}-validity:${validity}-hash:${hash}-secret:${this.#issued.size + 1}`;
    this.#issued.set(token, { pair, temporary, expires: (now + validity) * 1000 });
    if (!temporary) this.#newest.set(pair, token);
    return token;
  }

  /** Why this token does not count; undefined if it does. */
  refusal(token: string, from: string, to: string): string | undefined {
    const issued = this.#issued.get(token);
    if (!issued) return '5.5.4 Invalid STOKEN: unknown secret';
    if (issued.pair !== pairOf(from, to)) return '5.5.4 Invalid STOKEN: not for this sender and recipient';
    return issued.expires <= this.#clock.now() ? '5.5.4 Invalid STOKEN: expired' : undefined;
  }

  /** What the sender has to use from now on instead, if there is such a token. */
  renewal(token: string, from: string, to: string): string | undefined {
    const newest = this.#newest.get(pairOf(from, to));
    if (newest === undefined && this.#issued.get(token)?.temporary) return this.issue({ from, to });
    return newest === token ? undefined : newest;
  }
}

function pairOf(from: string, to: string): string {
  return `${normalizeAddress(from)}:${normalizeAddress(to)}`;
}
