import { evidenceOf } from '../../autocrypt/evidence.js';
import type { KeyEvidence } from '../../autocrypt/key-store.js';
import { factsOfMail, type KeyMail, type MailFacts } from '../../autocrypt/mail-facts.js';
import { EncryptionError } from '../../core/errors.js';
import type { MailProblem, ParsedMail } from '../../mail/parsed-mail.js';
import { type OpenedMail, openMail } from '../../openpgp/open-mail.js';
import { findEncrypted } from '../../openpgp/pgp-mime.js';
import { memberKeysOf } from '../../protocol/kinds/read-group.js';
import type { SecurityRecord } from '../../store/records.js';
import type { AccountKeys } from './account-keys.js';
import type { SenderKeys } from './sender-keys.js';
import { keyOfPeer, OWN_KEY, ownKeyState, type Waiting } from './waiting.js';

/** What a mail teaches about keys, to be learned with the mail. */
export interface KeyLesson {
  readonly facts: MailFacts;
  /** What an own mail shows about keys that are elsewhere. */
  readonly evidence?: KeyEvidence;
}

/** A mail whose encryption and signature were looked at. */
export interface OpenedCopy {
  /** What counts: the mail inside, or the mail as it came. */
  readonly mail: ParsedMail;
  readonly security: SecurityRecord;
  readonly lesson: KeyLesson;
  /** Why the encryption could not be opened. */
  readonly unopened?: MailProblem;
  readonly waiting?: Waiting;
  readonly outerId?: string;
  /** It was encrypted: part numbers are those of the mail inside, which the server does not know. */
  readonly inside: boolean;
}

/** What is known about a copy apart from the mail itself. */
export interface CopyFacts {
  /** INTERNALDATE, milliseconds since 1970. */
  readonly receivedAt: number;
  /** Unwanted mail: it teaches nothing about keys. */
  readonly unwanted: boolean;
}

/** Opens a mail, checks its signature, and finds out what it teaches about keys. What cannot be opened is said, not thrown. */
export async function openCopy(
  outer: ParsedMail,
  { receivedAt, unwanted }: CopyFacts,
  keys: AccountKeys,
  senders: SenderKeys,
): Promise<OpenedCopy> {
  const own = keys.manager.decryptionKeys;
  const seenOwn = ownKeyState(own.map(({ fingerprint }) => fingerprint));
  const base: KeyMail = { mail: outer, receivedAt, spam: unwanted };
  let opened: OpenedMail;
  try {
    opened = await openMail(outer, { keys: own, keysOf: (question) => senders.keysOf(question, outer) });
  } catch (thrown) {
    if (!(thrown instanceof EncryptionError)) throw thrown;
    const { code, message } = thrown;
    const tooLarge = code === 'LIMIT_EXCEEDED' || findEncrypted(outer)?.part.content() === undefined;
    return {
      mail: outer,
      security: { encrypted: true, signature: 'none' },
      lesson: await lessonOf({ ...base, encrypted: true }, keys),
      unopened: { code: tooLarge ? 'too-large' : 'undecryptable', detail: message },
      ...(!tooLarge && { waiting: { waitsFor: OWN_KEY, seen: seenOwn } }),
      inside: false,
    };
  }
  const { mail, security, inner, warnings, outerMessageId } = opened;
  const from = outer.from[0]?.address;
  const isOpen = security.signature === 'unknown-key' || security.signature === 'invalid';
  const waitsFor = from === undefined || keys.manager.addresses.includes(from) ? OWN_KEY : keyOfPeer(from);
  const seen = waitsFor === OWN_KEY ? seenOwn : (senders.newest(from ?? '') ?? '');
  return {
    mail,
    security: warnings.length > 0 ? { ...security, warnings } : security,
    lesson: await lessonOf({ ...base, ...(inner && (await insideOf(inner, security.signature === 'valid'))) }, keys),
    ...(isOpen && { waiting: { waitsFor, seen } }),
    ...(outerMessageId !== undefined && { outerId: outerMessageId }),
    inside: security.encrypted,
  };
}

/** What the inside of a mail adds. Only what was signed tells about the keys of other people. */
async function insideOf(payload: ParsedMail, signed: boolean): Promise<Partial<KeyMail>> {
  return signed ? { payload, signed, memberKeys: await memberKeysOf(payload) } : { payload };
}

async function lessonOf(mail: KeyMail, keys: AccountKeys): Promise<KeyLesson> {
  const facts = await factsOfMail(mail);
  const [from, ...others] = mail.mail.from;
  const isOwn = from !== undefined && others.length === 0 && keys.manager.addresses.includes(from.address);
  return { facts, ...(isOwn && !mail.spam && { evidence: evidenceOf(mail, facts) }) };
}
