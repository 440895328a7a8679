import { type EncryptionMode, refusal } from '../../autocrypt/decision.js';
import { type AutocryptFieldName, foldField } from '../../autocrypt/header.js';
import type { KeyManager } from '../../autocrypt/key-manager.js';
import type { EncryptionAdvice, Recipient } from '../../autocrypt/key-options.js';
import type { AbortOptions } from '../../core/abort.js';
import { RecipientKeyError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { asBuffer } from '../../mail/bytes.js';
import { sealMail } from '../../openpgp/seal-mail.js';
import type { WrittenMail } from '../../protocol/chat-mail.js';

/** Who a mail is to go to, and what is wanted for it. */
export interface OutgoingQuestion {
  /** Own address that it is written from. */
  readonly from: string;
  /** Everybody in To and Cc; of those that are not told to use a chat client nothing is assumed. */
  readonly recipients: readonly (string | Recipient)[];
  /** Default `auto`. */
  readonly mode?: EncryptionMode;
  /** It answers an encrypted message, belongs to one (receipt, reaction, edit), or its chat was encrypted both ways. */
  readonly replyToEncrypted?: boolean;
}

/** How a mail goes out. Decided before it is written: what may stand in it depends on it. */
export interface OutgoingPlan {
  /** False: in plain text. Write the mail with the `encrypted` option of `writeChatMail`. */
  readonly encrypted: boolean;
  readonly from: string;
  readonly advice: EncryptionAdvice;
}

/** A mail as it goes over the wire. */
export interface OutgoingMail extends WrittenMail {
  /** Only if it is encrypted. */
  readonly sealed?: {
    /** The mail inside, less the fields about keys: what its sender is shown. */
    readonly payload: Uint8Array;
    /** Fingerprint of the own key that signed it. */
    readonly signer: string;
  };
}

/** Options of {@link sealOutgoing} and {@link sealToSelf}. */
export interface SealOutgoingOptions extends AbortOptions {
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * Decides whether a mail goes out encrypted.
 *
 * @throws EncryptionError where it must be and cannot: `MISSING_KEY` and `KEY_CHANGED` naming the contacts,
 *   `KEY_IMPORT_NEEDED`, `KEY_UNUSABLE`. Never send the mail in plain text then.
 */
export async function planOutgoing(keys: KeyManager, question: OutgoingQuestion): Promise<OutgoingPlan> {
  const { recipients, ...options } = question;
  const advice = await keys.recommend(recipients, options);
  if (advice.action === 'refuse') throw refusal(advice);
  return { encrypted: advice.action === 'encrypt', from: question.from, advice };
}

/**
 * Makes of a written mail what goes over the wire: with the `Autocrypt` field, and signed and encrypted with the
 * keys of the others inside (`Autocrypt-Gossip`) if that is the plan. One encryption, however many recipients there are.
 *
 * @param mail Written by this plan, to nobody else than it was made for.
 * @throws EncryptionError as `sealMail`; `MISSING_KEY` if the mail goes to somebody the plan does not know.
 */
export async function sealOutgoing(
  keys: KeyManager,
  mail: WrittenMail,
  plan: OutgoingPlan,
  options: SealOutgoingOptions,
): Promise<OutgoingMail> {
  const autocrypt = await keys.headerFor(plan.from);
  const own = autocrypt === undefined ? [] : [foldField('Autocrypt', autocrypt)];
  if (!plan.encrypted) return { ...mail, bytes: withFields(own, mail.bytes) };
  const { publicKeys } = plan.advice;
  const strangers = mail.recipients.filter((address) => !publicKeys.has(address) && !keys.addresses.includes(address));
  if (strangers.length > 0) {
    throw new RecipientKeyError(
      'MISSING_KEY',
      `The message was not sent: it is to be encrypted, and not for ${strangers.join(', ')}.`,
      strangers,
    );
  }
  const gossip = await keys.gossipFor(plan.advice, { recipients: mail.recipients });
  return seal(keys, mail, { ...plan, fields: [...own, ...gossipWithin(limits.gossipBytes, gossip)] }, options);
}

/**
 * The same for a mail that only the account itself is to read, such as a storage message: encrypted once there is a key,
 * whatever the user chose for mail to others.
 *
 * @param options - `outside`: fields that stand outside as well, where servers look for them.
 * @throws EncryptionError `KEY_IMPORT_NEEDED` if the key is on another device, `KEY_UNUSABLE` if it has expired: nothing may
 *   be written in plain text then.
 */
export async function sealToSelf(
  keys: KeyManager,
  mail: WrittenMail,
  options: SealOutgoingOptions & {
    readonly from: string;
    readonly outside?: readonly (readonly [name: string, value: string])[];
  },
): Promise<OutgoingMail> {
  const { from, outside = [] } = options;
  // A key that has expired is no reason to write in plain text either.
  if (keys.state(from) === 'none' && keys.ownKeys.length === 0) return mail;
  const sealed = await seal(keys, mail, { from }, options);
  const fields = outside.map(([name, value]) => `${name}: ${value}\r\n`);
  return { ...sealed, bytes: withFields(fields, sealed.bytes) };
}

const GOSSIP: AutocryptFieldName = 'Autocrypt-Gossip';

/** The fields as far as there is room for them; whose key is left out is known to the others from elsewhere, or not at all. */
function gossipWithin(octets: number, values: readonly string[]): string[] {
  let left = octets;
  return values
    .map((value) => foldField(GOSSIP, value))
    .filter((field) => {
      left -= field.length;
      return left >= 0;
    });
}

async function seal(
  keys: KeyManager,
  mail: WrittenMail,
  plan: Pick<OutgoingPlan, 'from'> & { readonly advice?: EncryptionAdvice; readonly fields?: readonly string[] },
  { now, signal }: SealOutgoingOptions,
): Promise<OutgoingMail> {
  const signWith = keys.signingKey(plan.from);
  const to = [...(plan.advice?.publicKeys.values() ?? [])];
  const { fields = [] } = plan;
  const bytes = await sealMail(mail.bytes, { to, signWith, now, fields, ...(signal && { signal }) });
  return { ...mail, bytes, sealed: { payload: mail.bytes, signer: signWith.fingerprint } };
}

/** The mail with further fields, each with its line end, behind those that it has: the larger ones come last. */
function withFields(fields: readonly string[], mail: Uint8Array): Uint8Array {
  if (fields.length === 0) return mail;
  const end = asBuffer(mail).indexOf('\r\n\r\n') + 2;
  return Buffer.concat([mail.subarray(0, end), Buffer.from(fields.join(''), 'latin1'), mail.subarray(end)]);
}
