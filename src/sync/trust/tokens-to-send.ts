import { limits } from '../../core/limits.js';
import type { RandomBytes } from '../../core/random.js';
import { issueToken, parseToken } from '../../trust/token.js';
import { trustFactsOf } from '../../trust/trust-facts.js';
import { creationTime, expiryOf, isGrantDue, trustState } from '../../trust/trust-state.js';
import type { AccountKeys } from '../keys/account-keys.js';
import { cardOf, cardsOf, updateCard } from '../storage/cards.js';
import type { Transaction } from '../transaction.js';
import { issuingSecret } from './token-secrets.js';

/** What {@link tokensToSend} works with. */
export interface TokenIssuer {
  readonly keys: AccountKeys;
  readonly random: RandomBytes;
}

/** Tokens of a mail; see `ChatMailDraft.tokens`. */
export interface MailTokens {
  readonly granted?: string;
  readonly presented?: string;
}

/**
 * The tokens that go along with a message that the user writes to one person: the one that we hold from them, and one of ours as long
 * as they have not presented it, a new one when it is about to run out. None after a revocation, until the user offers trust again.
 */
export async function tokensToSend(
  tx: Transaction,
  pair: { readonly from: string; readonly to: string },
  issuer: TokenIssuer,
): Promise<MailTokens | undefined> {
  const { to } = pair;
  const [card, contact] = [await tx.get('cards', to), await tx.get('contacts', to)];
  const facts = trustFactsOf(card, contact);
  if (trustState(facts, tx.now) === 'revoked' || (await cardOf(cardsOf(tx), to)).blocked) return undefined;
  const held = card?.held.map(parseToken).find((token) => token !== undefined && expiryOf(token) > tx.now);
  const granted = isGrantDue(facts, tx.now) ? await grant(tx, pair, issuer) : unconfirmed(card?.granted ?? [], facts);
  if (held === undefined && granted === undefined) return undefined;
  return { ...(granted !== undefined && { granted }), ...(held !== undefined && { presented: held.raw }) };
}

/** Issues a new token, and notes it down for all devices. It goes along with the next message. */
export async function grant(
  tx: Transaction,
  { from, to }: { readonly from: string; readonly to: string },
  { keys, random }: TokenIssuer,
): Promise<string> {
  const revokedUntil = (await tx.get('cards', to))?.revokedUntil ?? 0;
  const created = creationTime(tx.now, revokedUntil);
  const secret = await issuingSecret(tx, keys, random);
  const token = issueToken(secret, { from: to, to: from }, { created, validity: limits.tokenValidityS });
  await updateCard(tx, to, { granted: token.raw });
  return token.raw;
}

/** Makes void all tokens that were granted to somebody, for all devices. */
export async function revokeTokens(tx: Transaction, address: string): Promise<void> {
  const { granted } = trustFactsOf(await tx.get('cards', address), undefined);
  // Tokens know whole seconds, and one may be dated ahead: by another device's clock, or by an offer right after a revocation.
  const created = Math.max(Math.floor(tx.now / 1000), granted?.created ?? 0);
  await updateCard(tx, address, { revokedUntil: created * 1000 });
}

/** The newest granted token, unless it was presented: the mail that carried it may have been lost. */
function unconfirmed(granted: readonly string[], facts: ReturnType<typeof trustFactsOf>): string | undefined {
  const [newest] = granted;
  const confirmed = (facts.presented?.created ?? 0) >= (facts.granted?.created ?? 0);
  return confirmed ? undefined : newest;
}
