import type { ContactRecord } from '../store/records.js';
import type { TokenRefusal } from '../trust/judge-token.js';
import { type TrustState, trustState } from '../trust/trust-state.js';

/** The trusted connection with a contact. */
export interface ContactTrust {
  /**
   * `none`; `offered`: we have granted a token, nothing came back; `received`: we hold a token of theirs; `trusted`: both sides have shown
   * that they are real and reach each other; `expired`: nobody wrote for too long; `revoked`: the user ended it. It comes about by
   * itself with the messages that are exchanged.
   */
  readonly state: TrustState;
  /** How long `trusted` lasts if nobody writes; undefined in every other state. */
  readonly until: Date | undefined;
  /**
   * Ends the trusted connection, on all devices: what they were granted is void, and no token goes along with messages until
   * {@link ContactTrust.offer}. They are not told.
   */
  revoke(): Promise<void>;
  /** Offers trust (again, after {@link ContactTrust.revoke}): a token goes along with the next message to them. */
  offer(): Promise<void>;
}

/** What happened to the trusted connection with a contact. */
export type TrustEvent =
  | { readonly kind: 'state'; readonly state: TrustState; readonly before: TrustState }
  /**
   * A new message carried a token that does not count; nothing has changed. `grant`: one that they offer; `presentation`: one that they
   * present as ours.
   */
  | {
      readonly kind: 'refused';
      readonly what: 'grant' | 'presentation';
      readonly reason: TokenRefusal;
      /** Id of the message. */
      readonly messageId: string;
    };

/** The state that follows from a contact's record. */
export function trustStateOf(record: ContactRecord | undefined, now: number): TrustState {
  return record?.trust === undefined ? 'none' : trustState(record.trust, now);
}
