import { EncryptionError, RecipientKeyError } from '../core/errors.js';
import {
  type MessageFacts,
  type RecipientFacts,
  type Recommendation,
  type RecommendationReason,
  recommendForAll,
  recommendForOne,
} from './recommendation.js';

/**
 * What the user wants for a chat: `auto`: encrypt when it works for everybody; `require`: encrypt or do not send; `off`:
 * never encrypt.
 */
export type EncryptionMode = 'auto' | 'require' | 'off';

/** Whether the mailbox has a key of its own here: see `KeyManager.state`. */
export type OwnKeyState = 'none' | 'ready' | 'import-needed';

/** One recipient, as {@link decideEncryption} sees them. */
export interface DecisionRecipient extends RecipientFacts {
  /** Normalised. */
  readonly address: string;
  /** Known to use a chat client: any usable key is enough for them, also one that others passed on. */
  readonly usesChat?: boolean;
  /** The user has verified another key than the one that would be used. */
  readonly keyChanged?: boolean;
}

/** What {@link decideEncryption} decides upon. */
export interface DecisionInput extends MessageFacts {
  readonly mode: EncryptionMode;
  /** False: the user has switched Autocrypt off, so nothing is encrypted. Default true. */
  readonly enabled?: boolean;
  readonly ownKey: OwnKeyState;
  /** Everybody the message goes to, without the sender's own addresses. */
  readonly recipients: readonly DecisionRecipient[];
}

/** Why a message is not encrypted, or not sent. */
export type DecisionReason =
  | RecommendationReason
  /** The user has switched encryption off, for the chat or altogether. */
  | 'off'
  /** There is no key of our own. */
  | 'no-own-key'
  /** There is one on another device, which has to be imported first. */
  | 'import-needed'
  /** A recipient's key is another one than the user has verified. */
  | 'key-changed';

/** Why a recipient's key is not enough to encrypt unasked. */
export type PersonReason = RecommendationReason | 'key-changed';

/** What to do with a message. */
export interface EncryptionDecision {
  /** `refuse`: it must be encrypted and cannot be; see {@link refusal}. */
  readonly action: 'encrypt' | 'plain' | 'refuse';
  /** Autocrypt's own advice, with the rule for chat clients. */
  readonly recommendation: Recommendation;
  /** Missing if it is encrypted. */
  readonly reason?: DecisionReason;
  /** Whose keys are missing, changed, or not good enough for `encrypt`; the reason is about the first of them. Empty if it is about ourselves. */
  readonly addresses: readonly string[];
  /** Which key to use, by address. */
  readonly keys: ReadonlyMap<string, 'direct' | 'gossip'>;
  /** By address: why the recipient's key is not enough to encrypt unasked. Those whose key is are not in it. */
  readonly reasons: ReadonlyMap<string, PersonReason>;
}

/**
 * Whether a message is encrypted. Pure. Autocrypt's recommendation, with two rules of chat on top: towards people known
 * to use a chat client any usable key is enough; and what was once encrypted stays so until the user says otherwise:
 * a reply to an encrypted message is encrypted or refused, never sent in the clear.
 */
export function decideEncryption(input: DecisionInput): EncryptionDecision {
  const each = input.recipients.map((recipient) => {
    const one = recommendForOne(recipient, input);
    const enough = recipient.usesChat === true && one.recommendation !== 'disable';
    return { recipient, ...one, ...(enough && { recommendation: 'encrypt' as const, reason: undefined }) };
  });
  // To nobody but oneself: the own key is there.
  const recommendation = each.length === 0 ? 'encrypt' : recommendForAll(each.map((one) => one.recommendation));
  const keys = new Map(each.flatMap(({ recipient, key }) => (key === undefined ? [] : [[recipient.address, key]])));
  const reasons = new Map(
    each.flatMap(({ recipient, reason }): [string, PersonReason][] => {
      const why = recipient.keyChanged === true ? 'key-changed' : reason;
      return why === undefined ? [] : [[recipient.address, why]];
    }),
  );
  const decide = (action: EncryptionDecision['action'], reason: DecisionReason, addresses: readonly string[] = []) => ({
    action,
    recommendation: input.ownKey === 'ready' ? recommendation : ('disable' as const),
    reason,
    addresses,
    keys,
    reasons,
  });

  if (input.mode === 'off') return decide('plain', 'off');
  // That the account does not encrypt is no leave to send in the clear what must not be.
  if (input.enabled === false) return decide(input.mode === 'require' ? 'refuse' : 'plain', 'off');
  const mustEncrypt = input.mode === 'require' || input.replyToEncrypted;
  const otherwise = mustEncrypt ? 'refuse' : 'plain';
  if (input.ownKey !== 'ready') return decide(otherwise, input.ownKey === 'none' ? 'no-own-key' : 'import-needed');
  const changed = input.recipients.filter((recipient) => recipient.keyChanged === true);
  // Plaintext would be worse than the wrong key, so this is refused even where encryption is only a wish.
  if (changed.length > 0) return decide('refuse', 'key-changed', addressesOf(changed));
  const keyless = input.recipients.filter((recipient) => !keys.has(recipient.address));
  if (keyless.length > 0) return decide(otherwise, 'no-key', addressesOf(keyless));
  if (mustEncrypt || recommendation === 'encrypt')
    return { action: 'encrypt', recommendation, addresses: [], keys, reasons };
  const short = each.filter((one) => one.recommendation !== 'encrypt');
  return decide('plain', short[0]?.reason ?? 'no-preference', addressesOf(short.map((one) => one.recipient)));
}

/**
 * The error for a message that is refused: `MISSING_KEY` or `KEY_CHANGED` naming the contacts, or `KEY_IMPORT_NEEDED`, or
 * `KEY_UNUSABLE` if there is no key of our own, or it is not to be used.
 */
export function refusal(decision: EncryptionDecision): EncryptionError {
  const names = decision.addresses.join(', ');
  switch (decision.reason) {
    case 'off':
      return new EncryptionError(
        'KEY_UNUSABLE',
        'The message must be encrypted, and encryption is switched off. Switch it on with setPreferences({ enabled: true }).',
      );
    case 'import-needed':
      return importNeeded();
    case 'no-own-key':
      return new EncryptionError(
        'KEY_UNUSABLE',
        'The message must be encrypted, and this account has no usable key. Create or import one first.',
      );
    case 'key-changed':
      return new RecipientKeyError(
        'KEY_CHANGED',
        `The message was not sent: the key of ${names} is not the one that was verified. Verify the new key with them first.`,
        decision.addresses,
      );
    default:
      return new RecipientKeyError(
        'MISSING_KEY',
        `The message was not sent: it must be encrypted, and there is no usable key of ${names}. A message from them brings it.`,
        decision.addresses,
      );
  }
}

/** The error where the key of the mailbox is on another device. */
export function importNeeded(): EncryptionError {
  return new EncryptionError(
    'KEY_IMPORT_NEEDED',
    'This mailbox has a key on another device. Import it with a setup message made there, or create a new one with { replace: true }.',
  );
}

function addressesOf(recipients: readonly DecisionRecipient[]): string[] {
  return recipients.map((recipient) => recipient.address);
}
