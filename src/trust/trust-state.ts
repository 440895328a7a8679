import type { TrustToken } from './token.js';

/**
 * State of the trusted connection with a contact. `none`; `offered`: we have granted a token, nothing came back; `received`: we hold a token
 * of theirs; `trusted`: they have presented a token of ours, and we hold a valid one of theirs, so both sides know that the other is real and
 * reads what is sent to it; `expired`: what there was has run out; `revoked`: the user ended it.
 */
export type TrustState = 'none' | 'offered' | 'received' | 'trusted' | 'expired' | 'revoked';

/** The times of a token, seconds. */
export type TokenTimes = Pick<TrustToken, 'created' | 'validity'>;

/** All that the state follows from. */
export interface TrustFacts {
  /** The newest token that we granted. */
  readonly granted?: TokenTimes;
  /** The newest token of ours that they have validly presented. */
  readonly presented?: TokenTimes;
  /** The newest token of theirs that we hold. */
  readonly held?: TokenTimes;
  /** Tokens of ours created up to then are void, milliseconds since 1970; 0 if none is. */
  readonly revokedUntil: number;
}

/** The state at a time (milliseconds since 1970): a function of the facts alone, so that every device comes to the same. */
export function trustState(facts: TrustFacts, now: number): TrustState {
  // Only what we granted can be revoked: a token of theirs stays what it is, and is of use again after a new offer.
  const { revokedUntil, held } = facts;
  const granted = afterRevocation(facts.granted, revokedUntil);
  const presented = afterRevocation(facts.presented, revokedUntil);
  // What they still send does not undo what the user did; a new offer does.
  if (revokedUntil > 0 && granted === undefined) return 'revoked';
  const valid = (token: TokenTimes | undefined) => token !== undefined && expiryOf(token) > now;
  if (valid(presented) && valid(held)) return 'trusted';
  if (presented !== undefined && held !== undefined) return 'expired';
  if (valid(held)) return 'received';
  if (valid(granted)) return 'offered';
  return (granted ?? presented ?? held) ? 'expired' : 'none';
}

/** When a token runs out, milliseconds since 1970. */
export function expiryOf({ created, validity }: TokenTimes): number {
  return (created + validity) * 1000;
}

/** Until when the present state lasts if nothing happens, milliseconds since 1970; undefined if for ever. */
export function trustedUntil(facts: TrustFacts, now: number): number | undefined {
  if (trustState(facts, now) !== 'trusted' || !facts.presented || !facts.held) return undefined;
  return Math.min(expiryOf(facts.presented), expiryOf(facts.held));
}

/** How a new token is dated: after everything that was revoked. Seconds. */
export function creationTime(now: number, revokedUntil: number): number {
  return Math.max(Math.floor(now / 1000), Math.floor(revokedUntil / 1000) + 1);
}

/** True if the next message should carry a new token: there is none, or less than a third of its time is left. */
export function isGrantDue({ granted, revokedUntil }: TrustFacts, now: number): boolean {
  const token = afterRevocation(granted, revokedUntil);
  return token === undefined || expiryOf(token) - now < (token.validity * 1000) / 3;
}

function afterRevocation(token: TokenTimes | undefined, revokedUntil: number): TokenTimes | undefined {
  return token !== undefined && token.created * 1000 > revokedUntil ? token : undefined;
}
