import { describe } from '../../core/errors.js';
import { authenticationOf } from '../../mail/authentication-results.js';
import { parsedMailFromParts } from '../../mail/body-structure.js';
import type { ParsedMail } from '../../mail/parsed-mail.js';
import { readMail } from '../../mail/read-mail.js';
import { shortHash } from '../../model/identity.js';
import type { ChatMail, ChatTextMail } from '../../protocol/chat-mail.js';
import { chatMailOf } from '../../protocol/read.js';
import type { AuthenticationRecord, SecurityRecord } from '../../store/records.js';
import type { IncomingCopy } from '../incoming.js';

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
  /** What the outer header says about the sender's authentication. */
  readonly authentication?: AuthenticationRecord;
}

/** How many mails are being read at the same time. Reading is mostly computing; more would only hold more of them in memory. */
const CONCURRENCY = 8;

/** Reads the mails of copies, in their order. One that cannot be read becomes a message that says so; this never throws. */
export async function readCopies(copies: readonly IncomingCopy[]): Promise<Arrival[]> {
  const arrivals: Arrival[] = [];
  for (let i = 0; i < copies.length; i += CONCURRENCY) {
    arrivals.push(...(await Promise.all(copies.slice(i, i + CONCURRENCY).map(readCopy))));
  }
  return arrivals;
}

async function readCopy(copy: IncomingCopy): Promise<Arrival> {
  const { folder, role, uidValidity, history, mail } = copy;
  const { uid, flags, internalDate, size } = mail;
  const place = { folder, role, uidValidity, uid, flags, internalDate, size };
  try {
    const parsed = await parse(copy);
    if (parsed === undefined)
      return { mail: unreadable(place, 'The server did not hand the mail out.'), place, history };
    const authentication = authenticationOf(parsed);
    return { mail: await chatMailOf(parsed), place, history, ...(authentication !== undefined && { authentication }) };
  } catch (thrown) {
    return { mail: unreadable(place, describe(thrown)), place, history };
  }
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
