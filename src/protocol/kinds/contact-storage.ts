import { limits } from '../../core/limits.js';
import { readAddress } from '../../mail/address.js';
import { concatBytes } from '../../mail/bytes.js';
import { composeMime, type MimeHeaderValue } from '../../mail/compose/mime.js';
import type { MailHeaders, ParsedMail } from '../../mail/parsed-mail.js';
import { addressHash } from '../address-hash.js';
import { formatChatContent, parseChatContent } from '../chat-content.js';
import type { WrittenMail } from '../chat-mail.js';
import { defined } from '../defined.js';
import { type HCard, readCards } from '../h-card.js';
import { isReservedHeader } from '../header-names.js';
import { type HCardDraft, hCardHtml } from '../write-h-card.js';
import { htmlPage, htmlPartOf } from './storage-html.js';

/** A client token in a storage message; `address` says whose, where the contact has several addresses. */
export interface StoredToken {
  readonly token: string;
  readonly address?: string;
}

/** Contact storage message (COI client specification): what one user's devices tell each other about a contact. */
export interface ContactStorage {
  /** Milliseconds since 1970, whole seconds. */
  readonly date: number;
  /** Hashes of `COI-From-Hash`, hex. */
  readonly hashes: readonly string[];
  /** Names, picture, addresses and what else the h-card says. */
  readonly card: HCardDraft & Pick<HCard, 'emails'>;
  readonly blocked: boolean;
  /** The contact was deleted. */
  readonly deleted: boolean;
  /** `COI-ClientTokenIn`: tokens granted to the contact. */
  readonly granted: readonly StoredToken[];
  /** `COI-ClientTokenOut`: tokens held from the contact. */
  readonly held: readonly StoredToken[];
  /** `COI-ClientTokenRevoked`: tokens created up to then are void; seconds since 1970. */
  readonly revoked: readonly { readonly until: number; readonly address?: string }[];
  /** `COI-TokenIn` and `COI-TokenOut`: a server's own. */
  readonly serverTokenIn?: string;
  readonly serverTokenOut?: string;
  /** Other header fields that programs put there (`COI-…`, `X-…`), kept as they are. */
  readonly unknown: readonly (readonly [name: string, value: string])[];
}

/** How a storage message is written. */
export interface StorageWriteOptions {
  readonly from: string;
  /** Without angle brackets. */
  readonly messageId: string;
  /** Hashes also in the form that the Dovecot plugin reads. Default false. */
  readonly bothHashes?: boolean;
}

/**
 * Reads a contact storage message; undefined if the mail is none. Whether it may be believed is not looked at. `outside` are the fields that
 * stand outside of the encryption: the only ones in which a server can put its tokens.
 */
export async function readContactStorage(
  mail: ParsedMail,
  outside: MailHeaders = mail.headers,
): Promise<ContactStorage | undefined> {
  const { headers } = mail;
  if (parseChatContent(headers.get('Chat-Content'))?.value !== 'contact') return undefined;
  const html = htmlPartOf(mail.root)?.text() ?? '';
  const [card] = (await readCards(html)).cards;
  const hashes = headers
    .getAll('COI-From-Hash')
    .slice(0, 2 * limits.cardAddresses)
    .flatMap(hexOf);
  const token = (name: string) => {
    const value = (outside.get(name) ?? headers.get(name))?.trim();
    // Half a token is none.
    return value === undefined || value.length > limits.cardTokenChars || !TOKEN.test(value) ? undefined : value;
  };
  const tokens = (name: string) =>
    headers
      .getAll(name)
      .slice(0, limits.cardTokens * limits.cardAddresses)
      .flatMap((value) => storedToken(value));
  return {
    date: mail.date ?? 0,
    hashes: [...new Set(hashes)],
    card: { ...card, emails: (card?.emails ?? []).slice(0, limits.cardAddresses) },
    blocked: headers.get('COI-Blocked') !== undefined,
    deleted: headers.get('COI-Deleted') !== undefined,
    granted: tokens('COI-ClientTokenIn'),
    held: tokens('COI-ClientTokenOut'),
    revoked: tokens('COI-ClientTokenRevoked').flatMap(({ token: until, ...rest }) =>
      /^\d{1,11}$/.test(until) ? [{ until: Number(until), ...rest }] : [],
    ),
    ...defined({ serverTokenIn: token('COI-TokenIn'), serverTokenOut: token('COI-TokenOut') }),
    unknown: unknownFields(mail),
  };
}

/** Writes a contact storage message: the same octets for the same contents. */
export async function writeContactStorage(
  storage: ContactStorage,
  { from, messageId, bothHashes = false }: StorageWriteOptions,
): Promise<WrittenMail> {
  const fields: (readonly [string, string])[] = [
    ...storage.card.emails
      .flatMap((address) => {
        const { hex, base64 } = addressHash(address);
        return bothHashes ? [hex, base64] : [hex];
      })
      .map((hash) => ['COI-From-Hash', hash] as const),
    ...(storage.blocked ? [['COI-Blocked', 'yes'] as const] : []),
    ...(storage.deleted ? [['COI-Deleted', 'yes'] as const] : []),
    ...storage.granted.map((token) => ['COI-ClientTokenIn', tokenValue(token)] as const),
    ...storage.held.map((token) => ['COI-ClientTokenOut', tokenValue(token)] as const),
    ...storage.revoked.map(
      ({ until, ...rest }) => ['COI-ClientTokenRevoked', tokenValue({ token: String(until), ...rest })] as const,
    ),
    ...(storage.serverTokenIn === undefined ? [] : [['COI-TokenIn', storage.serverTokenIn] as const]),
    ...(storage.serverTokenOut === undefined ? [] : [['COI-TokenOut', storage.serverTokenOut] as const]),
    ...storage.unknown,
  ];
  const headers = storageHeaders({ from, messageId, date: storage.date, subject: 'Contact', chatContent: 'contact' });
  const content = htmlPage(hCardHtml(storage.card));
  const bytes = await composeMime({ contentType: 'text/html', headers, content });
  return {
    bytes: concatBytes([Buffer.from(fields.map(fieldLine).join(''), 'latin1'), bytes]),
    messageId,
    recipients: [from],
  };
}

/** The fields of a contact storage message that stand outside of the encryption as well, where servers look for them. */
export function outsideFields(
  storage: Pick<ContactStorage, 'blocked' | 'serverTokenIn' | 'serverTokenOut'> & {
    readonly card: Pick<HCard, 'emails'>;
  },
  bothHashes: boolean,
): (readonly [name: string, value: string])[] {
  const hashes = storage.card.emails.flatMap((address) => {
    const { hex, base64 } = addressHash(address);
    return bothHashes ? [hex, base64] : [hex];
  });
  return [
    ...hashes.map((hash) => ['COI-From-Hash', hash] as const),
    ...(storage.blocked ? [['COI-Blocked', 'yes'] as const] : []),
    ...(storage.serverTokenIn === undefined ? [] : [['COI-TokenIn', storage.serverTokenIn] as const]),
    ...(storage.serverTokenOut === undefined ? [] : [['COI-TokenOut', storage.serverTokenOut] as const]),
  ];
}

/** The fields that every storage message has. */
export function storageHeaders(about: {
  readonly from: string;
  readonly messageId: string;
  readonly date: number;
  readonly subject: string;
  readonly chatContent: string;
}): (readonly [name: string, value: MimeHeaderValue])[] {
  return [
    ['Chat-Version', '1.0'],
    ['From', [{ address: about.from }]],
    ['To', [{ address: about.from }]],
    ['Date', { date: about.date }],
    ['Message-ID', about.messageId],
    ['Subject', about.subject],
    ['Chat-Content', { structured: formatChatContent({ value: about.chatContent }) }],
  ];
}

/** Hash in hex, from either form. */
function hexOf(value: string): string[] {
  const text = value.trim();
  if (/^[0-9a-f]{64}$/i.test(text)) return [text.toLowerCase()];
  return /^[A-Za-z0-9+/]{43}=?$/.test(text) ? [Buffer.from(text, 'base64').toString('hex')] : [];
}

/** What can stand in a field of ASCII, on one line. */
const TOKEN = /^[\x20-\x7e]{1,1000}$/;
const TOKEN_VALUE = /^([\x21-\x3a\x3c-\x7e]{1,1000})(?:;\s{0,9}addr=([\x21-\x3a\x3c-\x7e]{1,1000}))?$/;

function storedToken(value: string): StoredToken[] {
  const match = TOKEN_VALUE.exec(value.slice(0, 2 * limits.cardTokenChars).trim());
  if (!match?.[1]) return [];
  const address = match[2] === undefined ? undefined : readAddress(percentDecoded(match[2]));
  return [{ token: match[1], ...(address !== undefined && { address }) }];
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The address is percent-encoded: it may hold what separates fields and parameters. */
function tokenValue({ token, address }: StoredToken): string {
  return address === undefined ? token : `${token}; addr=${encodeURIComponent(address).replaceAll('%40', '@')}`;
}

/** UTF-8 (RFC 6532) seen as the octets that the mail is made of. */
function fieldLine([name, value]: readonly [string, string]): string {
  return `${name}: ${Buffer.from(value).toString('latin1')}\r\n`;
}

const KEPT_FIELD = /^(?:COI|X)-[A-Za-z0-9-]{1,100}$/i;

function unknownFields({ headers }: ParsedMail): (readonly [string, string])[] {
  const kept: (readonly [string, string])[] = [];
  for (const [name, value] of headers.entries()) {
    if (kept.length >= limits.cardUnknown) break;
    if (KEPT_FIELD.test(name) && !isReservedHeader(name) && value.length <= limits.cardValueChars) {
      kept.push([name, value]);
    }
  }
  return kept;
}
