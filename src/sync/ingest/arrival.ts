import { describe } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { authenticationOf } from '../../mail/authentication-results.js';
import { parsedMailFromParts } from '../../mail/body-structure.js';
import type { MailProblem, ParsedMail } from '../../mail/parsed-mail.js';
import { readMail } from '../../mail/read-mail.js';
import { shortHash } from '../../model/identity.js';
import { findEncrypted, findSigned } from '../../openpgp/pgp-mime.js';
import type { ChatMail, ChatTextMail } from '../../protocol/chat-mail.js';
import { chatMailOf } from '../../protocol/read.js';
import type { AuthenticationRecord, SecurityRecord } from '../../store/records.js';
import type { Store } from '../../store/store.js';
import type { IncomingCopy } from '../incoming.js';
import type { AccountKeys } from '../keys/account-keys.js';
import { type KeyLesson, openCopy } from '../keys/open-copy.js';
import { SenderKeys } from '../keys/sender-keys.js';
import type { Waiting } from '../keys/waiting.js';

/** Where a copy lies, and what the server says about it. */
export interface CopyPlace {
  readonly folder: string;
  readonly role: IncomingCopy['role'];
  readonly uidValidity: string;
  readonly uid: number;
  readonly flags: readonly string[];
  /** Milliseconds since 1970. */
  readonly internalDate: number;
  /** Octets. */
  readonly size: number;
}

/** A mail that was read and is to be joined into the state. */
export interface Arrival {
  readonly mail: ChatMail;
  /** Missing for a mail that we have just written. */
  readonly place?: CopyPlace;
  /** True if no `message` event may come of it. */
  readonly history: boolean;
  /** Envelope recipients of a mail that we have just written. */
  readonly sentTo?: readonly string[];
  /** Default: neither encrypted nor signed. */
  readonly security?: SecurityRecord;
  /** What it teaches about keys. */
  readonly lesson?: KeyLesson;
  /** Its encryption could not be opened, so nothing is known but what stands outside. */
  readonly unopened?: boolean;
  /** A key that would tell more about it. */
  readonly waiting?: Waiting;
  /** Message-ID outside of the encryption, if it is another than the one inside. */
  readonly outerId?: string;
  /** What the outer header says about the sender's authentication. */
  readonly authentication?: AuthenticationRecord;
}

/** How many mails are being read at the same time. Reading is mostly computing; more would only hold more of them in memory. */
const CONCURRENCY = 8;

/** What mails are read with. */
export interface ReadingContext {
  readonly store: Store;
  readonly keys: AccountKeys;
}

/** A copy whose mail was taken apart; what went wrong if it could not be. */
interface ParsedCopy {
  readonly copy: IncomingCopy;
  readonly mail?: ParsedMail | undefined;
  readonly failure?: unknown;
}

/**
 * Reads the mails of copies, in their order: takes them apart, opens what is encrypted, and checks signatures. One that cannot be read
 * becomes a message that says so; this never throws because of a mail.
 */
export async function readCopies({ store, keys }: ReadingContext, copies: readonly IncomingCopy[]): Promise<Arrival[]> {
  const parsed = await severalAtOnce(copies, parseCopy);
  const senders = await SenderKeys.load(
    keys,
    store,
    parsed.flatMap(({ mail }) => (mail && isSealed(mail) ? (mail.from[0]?.address ?? []) : [])),
  );
  const files = { left: limits.syncBatchBytes };
  return severalAtOnce(parsed, (one) => readCopy(one, keys, senders, files));
}

/** Does the same with each, some at a time; results in their order. */
async function severalAtOnce<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < items.length; i = next++) results[i] = await work(items[i] as T);
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, items.length) }, worker));
  return results;
}

async function parseCopy(copy: IncomingCopy): Promise<ParsedCopy> {
  try {
    return { copy, mail: await parse(copy) };
  } catch (failure) {
    return { copy, failure };
  }
}

/** True if there may be a signature to check. */
function isSealed(mail: ParsedMail): boolean {
  return (
    mail.root.contentType === 'multipart/signed' || findEncrypted(mail) !== undefined || findSigned(mail) !== undefined
  );
}

async function readCopy(
  { copy, mail, failure }: ParsedCopy,
  keys: AccountKeys,
  senders: SenderKeys,
  files: { left: number },
): Promise<Arrival> {
  const { folder, role, uidValidity, history } = copy;
  const { uid, flags, internalDate, size } = copy.mail;
  const place = { folder, role, uidValidity, uid, flags, internalDate, size };
  try {
    if (failure !== undefined) throw failure;
    if (mail === undefined) return { mail: unreadable(place, 'The server did not hand the mail out.'), place, history };
    const facts = { receivedAt: internalDate, unwanted: role === 'blocked' };
    const { security, lesson, unopened, waiting, outerId, ...opened } = await openCopy(mail, facts, keys, senders);
    const chatMail = await chatMailOf(opened.mail);
    const authentication = authenticationOf(mail);
    return {
      mail: unopened ? closed(chatMail, unopened) : opened.inside ? withFewFiles(chatMail, files) : chatMail,
      ...{ place, history, security, lesson },
      ...(authentication !== undefined && { authentication }),
      ...(unopened && { unopened: true }),
      ...(waiting && { waiting }),
      ...(outerId !== undefined && { outerId }),
    };
  } catch (thrown) {
    return { mail: unreadable(place, describe(thrown)), place, history };
  }
}

/** An encrypted mail that could not be opened: who, when, and what went wrong; its envelope is no text, and its parts no files. */
function closed(mail: ChatMail, { code, detail }: MailProblem): ChatTextMail {
  const { chatContent: _, ...rest } = mail;
  const message: ChatTextMail = { ...rest, kind: 'message', text: '', attachments: [] };
  return { ...withoutText(message), problems: [{ code, detail }, ...mail.problems] };
}

function withoutText({
  html: _h,
  markdown: _m,
  quote: _q,
  signature: _s,
  forwarded: _f,
  mentions: _n,
  ...rest
}: ChatTextMail) {
  return rest;
}

/**
 * Small files from inside an encryption are kept: getting them again means decrypting the mail again. Larger ones would fill memory now
 * and the store for good.
 */
function withFewFiles(mail: ChatMail, budget: { left: number }): ChatMail {
  if (mail.kind !== 'message') return mail;
  const attachments = mail.attachments.map((file) => {
    const bytes = file.content?.length ?? 0;
    if (bytes <= Math.min(limits.sealedFileBytes, budget.left)) {
      budget.left -= bytes;
      return file;
    }
    const { content: _, ...rest } = file;
    return rest;
  });
  return { ...mail, attachments };
}

async function parse({ mail }: IncomingCopy): Promise<ParsedMail | undefined> {
  if (mail.source !== undefined) return readMail(mail.source);
  if (mail.headers === undefined || mail.structure === undefined) return undefined;
  return parsedMailFromParts({
    headers: mail.headers,
    structure: mail.structure,
    parts: mail.parts ?? new Map(),
    size: mail.size,
  });
}

/** Stands for a mail that nothing is known about. */
function unreadable(place: CopyPlace, detail: string): ChatTextMail {
  const hash = shortHash('unreadable', place.folder, place.uidValidity, String(place.uid));
  return {
    kind: 'message',
    isChat: false,
    marks: [],
    messageId: `${hash}@no-id.invalid`,
    severalFrom: false,
    to: [],
    cc: [],
    replyTo: [],
    references: [],
    automatic: true,
    size: place.size,
    problems: [{ code: 'unreadable', detail }],
    shapeHash: hash,
    text: '',
    attachments: [],
  };
}
