import { grant, revokeTokens } from '../sync/trust/tokens-to-send.js';
import { type TrustState, trustedUntil } from '../trust/trust-state.js';
import { type ContactTrust, trustStateOf } from './contact-trust.js';
import type { AccountContext, ContactCell } from './context.js';

/** {@link ContactTrust} over a contact's cell. */
export class ContactTrustHandle implements ContactTrust {
  readonly #context: AccountContext;
  readonly #cell: ContactCell;

  constructor(context: AccountContext, cell: ContactCell) {
    this.#context = context;
    this.#cell = cell;
  }

  get state(): TrustState {
    return trustStateOf(this.#cell.record, this.#context.clock.now());
  }

  get until(): Date | undefined {
    const trust = this.#cell.record?.trust;
    const until = trust && trustedUntil(trust, this.#context.clock.now());
    return until === undefined ? undefined : new Date(until);
  }

  async revoke(): Promise<void> {
    this.#context.assertOpen();
    const { address } = this.#cell;
    await this.#context.writer.run((tx) => revokeTokens(tx, address));
  }

  async offer(): Promise<void> {
    this.#context.assertOpen();
    const { address } = this.#cell;
    const { email } = this.#context.identity;
    await this.#context.writer.run((tx) => grant(tx, { from: email, to: address }, this.#context));
  }
}
