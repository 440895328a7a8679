/**
 * A mail as RFC 5322 and MIME see it: header fields and a tree of parts, nothing interpreted. Made from the raw bytes
 * (`read-mail.ts`) or, for a mail that was fetched in pieces, from an IMAP BODYSTRUCTURE plus some parts.
 */

/** An address with the name that a header gave it. */
export interface MailAddress {
  /** Normalised: see `address.ts`. */
  readonly address: string;
  /** Decoded, cleaned of control and bidi characters, cut to `limits.nameChars`. */
  readonly name?: string;
}

/** Header fields, unfolded, in order. Names are looked up without regard to case. */
export interface MailHeaders {
  /** The first field of that name, unfolded, *not* RFC 2047 decoded. */
  get(name: string): string | undefined;
  /** All fields of that name, topmost first. */
  getAll(name: string): readonly string[];
  /** The first field of that name with RFC 2047 words decoded and control characters removed. */
  text(name: string): string | undefined;
  /** All fields as [name as written, unfolded value]. */
  entries(): Iterable<readonly [string, string]>;
}

/** A part of a mail. */
export interface MailPart {
  /** IMAP part number (RFC 9051 6.4.5): `1`, `2.1`; the root multipart is `''`, a single-part mail's body is `1`. */
  readonly path: string;
  /** Lower case `type/subtype`; `text/plain` if missing or invalid. */
  readonly contentType: string;
  /** Content-Type parameters, RFC 2231 decoded, names in lower case. */
  readonly params: ReadonlyMap<string, string>;
  /** Lower case disposition (`inline`, `attachment`, `reaction`, …), if any. */
  readonly disposition?: string;
  /** Content-Disposition parameters, RFC 2231 decoded, names in lower case. */
  readonly dispositionParams: ReadonlyMap<string, string>;
  /** Content-ID without angle brackets. */
  readonly contentId?: string;
  /** Lower case Content-Transfer-Encoding; `7bit` if missing. */
  readonly encoding: string;
  /** Octets as encoded in the mail. */
  readonly encodedSize: number;
  /** Header fields of the part (of the mail for the root). Empty if the part was fetched without. */
  readonly headers: MailHeaders;
  readonly children: readonly MailPart[];
  /** The transfer-decoded octets, or undefined if they were not fetched. Never throws: bad base64 gives what could be decoded. Do not call it on multiparts. */
  content(): Uint8Array | undefined;
  /** Header and body of the part exactly as in the mail, as signatures are made over them (RFC 1847 2.1); undefined if the mail was not fetched whole. */
  raw?(): Uint8Array | undefined;
  /** The content as text, by its charset (unknown or lying ones are guessed), cut to `limits.textChars`. */
  text(): string | undefined;
}

/** What could not be read as it should; the rest of the mail is there. */
export interface MailProblem {
  readonly code: 'unreadable' | 'too-large' | 'limit' | 'undecryptable';
  /** For people. */
  readonly detail: string;
}

/** A mail, read. */
export interface ParsedMail {
  readonly headers: MailHeaders;
  /** All addresses of From; usually one. Empty if missing or unreadable. */
  readonly from: readonly MailAddress[];
  readonly sender?: MailAddress;
  readonly to: readonly MailAddress[];
  readonly cc: readonly MailAddress[];
  readonly replyTo: readonly MailAddress[];
  /** Without angle brackets; `X-Microsoft-Original-Message-ID` where a server rewrote the id. Undefined if there is none. */
  readonly messageId?: string;
  /** Without angle brackets. */
  readonly inReplyTo: readonly string[];
  /** Without angle brackets, in order, at most `limits.references` (the first and the last ones are kept). */
  readonly references: readonly string[];
  /** Date header in milliseconds since 1970, if there is a readable one. */
  readonly date?: number;
  /** Decoded Subject. */
  readonly subject?: string;
  readonly root: MailPart;
  /** Octets of the whole mail. */
  readonly size: number;
  /** Hex SHA-256 of the body, line ends normalised and trailing blank lines dropped; undefined if the mail was fetched in pieces. */
  readonly bodyHash?: string;
  /** Hex SHA-256 of the structure and the text parts: the same whether the mail was fetched whole or in pieces. */
  readonly shapeHash: string;
  readonly problems: readonly MailProblem[];
}
