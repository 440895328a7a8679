import type { PreferEncrypt } from '../store/key-records.js';
/**
 * Autocrypt's advice for a message (Level 1, "Recommendation structure"): `disable`: it cannot be encrypted; `discourage`:
 * it can, but the recipient may not be able to read it; `available`: it can; `encrypt`: it should.
 */
export type Recommendation = 'disable' | 'discourage' | 'available' | 'encrypt';

/** What the recommendation for one recipient depends on. Expired, revoked and otherwise unusable keys are left out: they count as none. */
export interface RecipientFacts {
  /** There is a usable key of their own. */
  readonly hasDirectKey: boolean;
  /** There is a usable key that others passed on. */
  readonly hasGossipKey: boolean;
  /** `autocrypt_timestamp`, milliseconds since 1970. */
  readonly autocryptTimestamp?: number | undefined;
  /** `last_seen`, milliseconds since 1970. */
  readonly lastSeen?: number | undefined;
  readonly preferEncrypt?: PreferEncrypt | undefined;
}

/** What it depends on besides. */
export interface MessageFacts {
  /** The message answers an encrypted one, or belongs to a chat that was once encrypted both ways. */
  readonly replyToEncrypted: boolean;
  /** The sender's own preference. */
  readonly preferEncrypt: PreferEncrypt;
}

/** The recommendation for one recipient. */
export interface RecipientRecommendation {
  readonly recommendation: Recommendation;
  /** Which of their keys to use. */
  readonly key?: 'direct' | 'gossip';
  /** Why it is not more. */
  readonly reason?: RecommendationReason;
}

/**
 * `no-key`: nothing to encrypt with; `gossip-only`: the key comes from others; `silent`: for 35 days and more their mails
 * had no key; `no-preference`: not both sides want encryption by default.
 */
export type RecommendationReason = 'no-key' | 'gossip-only' | 'silent' | 'no-preference';

const SILENCE = 35 * 24 * 3600_000;

/** Level 1, "Recommendations for single-recipient messages". Pure. */
export function recommendForOne(recipient: RecipientFacts, message: MessageFacts): RecipientRecommendation {
  const { hasDirectKey, hasGossipKey } = recipient;
  if (!hasDirectKey && !hasGossipKey) return { recommendation: 'disable', reason: 'no-key' };
  const key = hasDirectKey ? 'direct' : 'gossip';
  if (message.replyToEncrypted) return { recommendation: 'encrypt', key };
  if (!hasDirectKey) return { recommendation: 'discourage', key, reason: 'gossip-only' };
  const { autocryptTimestamp = 0, lastSeen = 0 } = recipient;
  if (autocryptTimestamp < lastSeen - SILENCE) return { recommendation: 'discourage', key, reason: 'silent' };
  if (recipient.preferEncrypt === 'mutual' && message.preferEncrypt === 'mutual') {
    return { recommendation: 'encrypt', key };
  }
  return { recommendation: 'available', key, reason: 'no-preference' };
}

/**
 * Level 1, "Recommendations for messages to multiple addresses". Pure. Nobody at all is `disable`: there is no key to
 * encrypt with.
 */
export function recommendForAll(recommendations: readonly Recommendation[]): Recommendation {
  if (recommendations.length === 0 || recommendations.includes('disable')) return 'disable';
  if (recommendations.every((one) => one === 'encrypt')) return 'encrypt';
  return recommendations.includes('discourage') ? 'discourage' : 'available';
}
