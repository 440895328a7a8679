import { isIssuedBy, pairHash, parseToken, type TrustToken } from './token.js';

/** Why a token does not count. */
export type TokenRefusal =
  /** It is none, or one of another version. */
  | 'malformed'
  /** The mail was not signed with the contact's key, nor did our own server see a DKIM signature of the sender's domain. */
  | 'unproven'
  /** We did not issue it. */
  | 'forged'
  /** It is about other people. */
  | 'wrong-pair'
  | 'expired'
  /** It was created more than a day after the mail. */
  | 'from-the-future'
  /** It was revoked. */
  | 'revoked';

/** Verdict about a token. */
export type TokenVerdict =
  | { readonly token: TrustToken; readonly refusal?: undefined }
  | { readonly token?: undefined; readonly refusal: TokenRefusal };

/** What a token in a mail is judged by. */
export interface TokenCase {
  /** Address of the sender, normalised. */
  readonly from: string;
  /** Own addresses, normalised. */
  readonly own: ReadonlySet<string>;
  /** Effective date of the mail, milliseconds since 1970. */
  readonly date: number;
  /** The mail is proven to be the sender's. */
  readonly proven: boolean;
  /** Tokens of ours created up to then are void, milliseconds since 1970. */
  readonly revokedUntil: number;
}

const DAY_S = 24 * 3600;

/** Judges a token that the sender of a mail presents as issued by us. `secrets`: those that our tokens may have been issued with. */
export function judgePresentation(raw: string, about: TokenCase, secrets: readonly Uint8Array[]): TokenVerdict {
  const token = parseToken(raw);
  if (token === undefined) return { refusal: 'malformed' };
  if (!about.proven) return { refusal: 'unproven' };
  // All secrets are tried, so that the time does not tell which one was right.
  if (secrets.filter((secret) => isIssuedBy(secret, token)).length === 0) return { refusal: 'forged' };
  const verdict = judgeCommon(token, about, (own) => ({ from: about.from, to: own }));
  const revoked = token.created * 1000 <= about.revokedUntil;
  return verdict.refusal === undefined && revoked ? { refusal: 'revoked' } : verdict;
}

/** Judges a token that the sender of a mail grants us. Only its issuer can check the MAC. */
export function judgeGrant(raw: string, about: TokenCase): TokenVerdict {
  const token = parseToken(raw);
  if (token === undefined) return { refusal: 'malformed' };
  if (!about.proven) return { refusal: 'unproven' };
  return judgeCommon(token, about, (own) => ({ from: own, to: about.from }));
}

function judgeCommon(
  token: TrustToken,
  { own, date }: TokenCase,
  pairWith: (own: string) => { from: string; to: string },
): TokenVerdict {
  if (![...own].some((address) => pairHash(pairWith(address)) === token.hash)) return { refusal: 'wrong-pair' };
  const at = date / 1000;
  if (token.created > at + DAY_S) return { refusal: 'from-the-future' };
  if (token.created + token.validity <= at) return { refusal: 'expired' };
  return { token };
}
