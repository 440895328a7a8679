import type { AbortOptions } from '../core/abort.js';
import { EncryptionError } from '../core/errors.js';
import type { MailHeaders, ParsedMail } from '../mail/parsed-mail.js';
import { readMail } from '../mail/read-mail.js';
import { withoutArmor } from './armor.js';
import { openMessage } from './decrypt.js';
import type { PrivateKey, PublicKey } from './key.js';
import { findEncrypted, findSigned } from './pgp-mime.js';
import { withProtectedHeaders } from './protected-headers.js';
import { readSignatures, type SignatureIssuer, type SignatureResult, type Signatures } from './signatures.js';

/** Outcome of decryption and signature check, as a message record keeps it. */
export interface SecurityOutcome {
  readonly encrypted: boolean;
  readonly signature: 'valid' | 'invalid' | 'unknown-key' | 'none';
  /** Lower-case hex. `valid`: fingerprint of the signer's primary key; otherwise what the signature claims, if it does. */
  readonly signer?: string;
}

/** Something about a mail that the user should know. */
export type SecurityWarning =
  /** Inside stands another sender than outside; the outer one counts. */
  | 'from-mismatch'
  /** A mailing list added a footer, which is not shown: nobody signed it. */
  | 'list-footer'
  /** There is an encrypted part beside others; it was not opened (EFAIL). */
  | 'encrypted-part-ignored'
  /** Its signature could not be read. */
  | 'signature-unreadable';

/** What is known of a mail before its signatures are checked. */
export interface SignerQuestion {
  /** The sender that counts, normalised; undefined if there is none, or several. */
  readonly from: string | undefined;
  readonly issuers: readonly SignatureIssuer[];
  readonly encrypted: boolean;
  /** Header of the decrypted payload: keys may come with it (Autocrypt, Autocrypt-Gossip). Undefined for mail that is not encrypted. */
  readonly payloadHeaders: MailHeaders | undefined;
}

/** What {@link openMail} needs to know. */
export interface OpenMailOptions extends AbortOptions {
  /** Own keys, in any order. */
  readonly keys: readonly PrivateKey[];
  /**
   * Finds the keys to check signatures with, once sender and issuers are known. Give only keys of that very sender:
   * a signature by anybody's key in this list counts as `valid`.
   */
  readonly keysOf: (question: SignerQuestion) => Promise<readonly PublicKey[]>;
}

/** A mail with its encryption and signature undone. */
export interface OpenedMail {
  /** What counts: the payload with its protected headers, or the mail itself if there is neither encryption nor a valid signature. */
  readonly mail: ParsedMail;
  readonly security: SecurityOutcome;
  readonly signatures: readonly SignatureResult[];
  readonly warnings: readonly SecurityWarning[];
  /** Header of the decrypted payload; undefined for mail that was not encrypted. */
  readonly payloadHeaders?: MailHeaders;
  /** The decrypted payload as a mail of its own, with its own header only; undefined for mail that was not encrypted. */
  readonly inner?: ParsedMail;
  /** The outer Message-ID, where the inner one is another: an alias. */
  readonly outerMessageId?: string;
  /** The decrypted octets: part numbers of `mail` are those in them. Undefined for mail that was not encrypted. */
  readonly payload?: Uint8Array;
}

/**
 * Undoes the encryption and checks the signatures of a mail. A mail without either comes back as it is.
 *
 * @throws EncryptionError `MISSING_KEY`, `KEY_LOCKED`, `DECRYPTION_FAILED`, `LIMIT_EXCEEDED`: the mail is encrypted and
 *   cannot be opened. Try again when a key arrived.
 * @throws AbortedError when the signal fires.
 */
export async function openMail(outer: ParsedMail, options: OpenMailOptions): Promise<OpenedMail> {
  const encrypted = findEncrypted(outer);
  if (!encrypted) {
    const warnings: SecurityWarning[] = hasEncryptedPart(outer) ? ['encrypted-part-ignored'] : [];
    return openSigned(outer, options, warnings);
  }
  const content = encrypted.part.content();
  if (content === undefined)
    throw new EncryptionError('DECRYPTION_FAILED', 'The mail has to be fetched whole before it can be decrypted.');
  const { data, signatures } = await openMessage(withoutArmor(content), options);
  const payload = encrypted.form === 'inline' ? asTextPart(data) : data;
  const inner = await readMail(payload, options);
  const warnings: SecurityWarning[] = encrypted.inListWrapper ? ['list-footer'] : [];
  // Some programs sign first, as a multipart of its own, and then encrypt (RFC 3156 6.1).
  const signed = signatures.issuers.length === 0 ? await readSigned(inner, warnings) : undefined;
  const { mail, fromMismatch } = withProtectedHeaders(outer, signed ? await readMail(signed.payload, options) : inner);
  if (fromMismatch) warnings.push('from-mismatch');
  const results = await check(signed?.signatures ?? signatures, mail, inner.headers, options);
  return {
    mail,
    security: outcome(true, results),
    signatures: results,
    warnings,
    payloadHeaders: inner.headers,
    inner,
    payload: signed?.payload ?? payload,
    ...(outer.messageId !== undefined && outer.messageId !== mail.messageId && { outerMessageId: outer.messageId }),
  };
}

async function openSigned(
  outer: ParsedMail,
  options: OpenMailOptions,
  warnings: SecurityWarning[],
): Promise<OpenedMail> {
  const signed = await readSigned(outer, warnings);
  const results = signed ? await check(signed.signatures, outer, undefined, options) : [];
  const security = outcome(false, results);
  if (!signed || security.signature !== 'valid') return { mail: outer, security, signatures: results, warnings };
  const payload = await readMail(signed.payload, options);
  const { mail, fromMismatch } = withProtectedHeaders(outer, payload);
  if (fromMismatch) warnings.push('from-mismatch');
  if (signed.inListWrapper) warnings.push('list-footer');
  // Of the outer tree, where the parts have the numbers that the server knows. The mail is still the same mail.
  const same = { ...(outer.bodyHash !== undefined && { bodyHash: outer.bodyHash }), shapeHash: outer.shapeHash };
  return { mail: { ...mail, ...same, root: signed.content }, security, signatures: results, warnings };
}

async function readSigned(mail: ParsedMail, warnings: SecurityWarning[]) {
  const found = findSigned(mail);
  const content = found?.signature.content();
  if (!found || content === undefined) return undefined;
  try {
    const signatures = await readSignatures(found.signed, withoutArmor(content));
    return { payload: found.signed, content: found.content, signatures, inListWrapper: found.inListWrapper };
  } catch (error) {
    if (!(error instanceof EncryptionError)) throw error;
    warnings.push('signature-unreadable');
    return undefined;
  }
}

async function check(
  signatures: Signatures,
  mail: ParsedMail,
  payloadHeaders: MailHeaders | undefined,
  { keysOf }: OpenMailOptions,
): Promise<readonly SignatureResult[]> {
  const { issuers } = signatures;
  if (issuers.length === 0) return [];
  const [from] = mail.from;
  const question = {
    from: mail.from.length === 1 ? from?.address : undefined,
    issuers,
    encrypted: payloadHeaders !== undefined,
    payloadHeaders,
  };
  return signatures.verify(await keysOf(question));
}

/** One valid signature is enough; a broken one tells more than an unknown one. */
function outcome(encrypted: boolean, results: readonly SignatureResult[]): SecurityOutcome {
  for (const state of ['valid', 'invalid', 'unknown-key'] as const) {
    const found = results.find((result) => result.state === state);
    if (!found) continue;
    return { encrypted, signature: state, ...(found.fingerprint !== undefined && { signer: found.fingerprint }) };
  }
  return { encrypted, signature: 'none' };
}

/** An inline message is just text, not a mail. */
function asTextPart(data: Uint8Array): Uint8Array {
  const header = 'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n';
  return Buffer.concat([Buffer.from(header, 'latin1'), data]);
}

/** Depth is limited by the reader of mails. */
function hasEncryptedPart({ root }: ParsedMail): boolean {
  const visit = (part: ParsedMail['root']): boolean =>
    part.contentType === 'multipart/encrypted' ||
    part.contentType === 'application/pgp-encrypted' ||
    part.children.some(visit);
  return visit(root);
}
