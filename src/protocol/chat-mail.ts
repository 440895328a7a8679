import type { MailAddress, MailProblem } from '../mail/parsed-mail.js';
import type { GroupDraft, GroupMail } from './group-mail.js';
import type { Mention, MentionDraft } from './mentions.js';
import type { ProfileDraft, ProfileMail } from './profile-mail.js';

/** Value of a `Chat-Content` header. */
export interface ChatContent {
  /** Lower case for the values the specification knows, as written for extensions. */
  readonly value: string;
  readonly params: ReadonlyMap<string, string>;
}

/** A file of a chat mail. */
export interface ChatAttachment {
  /** IMAP part number of the part. */
  readonly part: string;
  /** Never empty; safe as a file name. */
  readonly filename: string;
  readonly contentType: string;
  /** Octets after decoding, exact if `content` is there. */
  readonly size: number;
  /** Content-Transfer-Encoding of the part. */
  readonly encoding: string;
  /** The decoded octets; undefined if the mail was read without them. */
  readonly content?: Uint8Array;
  readonly contentId?: string;
  /** Shown within the HTML text. */
  readonly inline: boolean;
  /** `Chat-Voice-Message: 1`. */
  readonly voice: boolean;
  /** `Chat-Duration`, milliseconds. */
  readonly durationMs?: number;
  /** `Chat-Content: preview`: only stands in for the attachment with that part number. */
  readonly previewOf?: string;
  /** `Chat-Content: sticker`. */
  readonly sticker: boolean;
}

/** What every kind of chat mail has. */
export interface ChatMailBase {
  /** True if one of the three marks of a chat message is there (protocol 1). */
  readonly isChat: boolean;
  /** Which marks were found. */
  readonly marks: readonly ('chat-version' | 'message-id' | 'references')[];
  /** `1.0`, without parameters. */
  readonly chatVersion?: string;
  readonly chatContent?: ChatContent;
  /** Without angle brackets; undefined if the mail has none. */
  readonly messageId?: string;
  /** The first From address; undefined if there is no readable one. */
  readonly from?: MailAddress;
  /** From has several addresses: such a mail updates no contact and no key. */
  readonly severalFrom: boolean;
  readonly to: readonly MailAddress[];
  readonly cc: readonly MailAddress[];
  readonly replyTo: readonly MailAddress[];
  /** Date header, milliseconds since 1970. */
  readonly date?: number;
  readonly subject?: string;
  readonly inReplyTo?: string;
  readonly references: readonly string[];
  /** Chat group id found in the headers, in the order of protocol 7. */
  readonly groupId?: string;
  /** The sender's own profile (`Chat-Content: profile`, or chatmail's `Chat-User-Avatar`). */
  readonly profile?: ProfileMail;
  /** The sender asks for our profile (`Chat-Content: profilerequest`). */
  readonly asksProfile?: boolean;
  /** What the mail says about that group. */
  readonly group?: GroupMail;
  /** List-Id of a mailing list (RFC 2919), or the Mailing-List / List-Post address where that is missing. */
  readonly listId?: string;
  /** Auto-Submitted other than `no`, Precedence bulk / junk / auto_reply, X-Auto-Response-Suppress: nobody wrote it by hand; never answer it automatically. */
  readonly automatic: boolean;
  /** Client tokens of the trusted connection (protocol 10), as they stand in the mail; worth nothing before they are judged. */
  readonly tokens?: { readonly granted?: string; readonly presented?: string };
  /** Address that asks for a read receipt (Disposition-Notification-To or chatmail's inner form). */
  readonly receiptRequestedBy?: string;
  readonly size: number;
  readonly problems: readonly MailProblem[];
  readonly bodyHash?: string;
  readonly shapeHash: string;
}

/** Text, media and files that a person (or a bot) wrote. Also mail of plain mail programs and unknown `Chat-Content` values. */
export interface ChatTextMail extends ChatMailBase {
  readonly kind: 'message';
  /** The sender's own words: quote, signature and forwarding banner are split off. Mentions stand in it as `@Name`. */
  readonly text: string;
  /** Whom the text mentions, in the order in which they stand there; left out if nobody. */
  readonly mentions?: readonly Mention[];
  readonly html?: string;
  readonly markdown?: string;
  /** Quoted text that was split off, without the `>` marks. */
  readonly quote?: string;
  /** Signature block that was split off. */
  readonly signature?: string;
  /** Set if the text began with the forwarding banner. */
  readonly forwarded?: { readonly from?: string };
  readonly attachments: readonly ChatAttachment[];
}

/** Fate of one recipient in a delivery report. */
export interface DeliveryStatus {
  readonly recipient: string;
  readonly action: 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded';
  /** Enhanced status code, such as `5.1.1` (RFC 3463). */
  readonly status?: string;
  /** Diagnostic-Code without its type, or the sentence of a free-form bounce. */
  readonly reason?: string;
}

/** A bounce or another delivery report (RFC 3464), or one of the common free-form ones. */
export interface DeliveryReportMail extends ChatMailBase {
  readonly kind: 'delivery-report';
  /** Message-ID of the mail it is about, where it could be found. */
  readonly originalMessageId?: string;
  readonly statuses: readonly DeliveryStatus[];
  /** The words for people. */
  readonly text: string;
}

/** A read or delivery receipt (RFC 8098). */
export interface ReceiptMail extends ChatMailBase {
  readonly kind: 'receipt';
  /** Message-IDs that it is about (Original-Message-ID and chatmail's Additional-Message-IDs). */
  readonly originalMessageIds: readonly string[];
  /** `displayed`: read; `processed`: arrived; others (deleted, dispatched, …) as written, lower case. */
  readonly disposition: string;
  readonly text: string;
}

/** What a mail is, in the terms of chat. Told apart by `kind`. */
export type ChatMail = ChatTextMail | DeliveryReportMail | ReceiptMail;

/** A file to send. */
export interface DraftAttachment {
  readonly filename?: string;
  /** Guessed from the file name if left out. */
  readonly contentType?: string;
  readonly content: Uint8Array;
  readonly contentId?: string;
  readonly inline?: boolean;
  readonly voice?: boolean;
  readonly durationMs?: number;
  readonly sticker?: boolean;
  /** A small image that stands in for this file until it is loaded. */
  readonly preview?: { readonly content: Uint8Array; readonly contentType: string };
}

/** A chat mail to be written. See `writeChatMail`. */
export interface ChatMailDraft {
  readonly from: MailAddress;
  readonly to: readonly MailAddress[];
  readonly cc?: readonly MailAddress[];
  readonly text?: string;
  /** Formatted text; a text part is made from it if `text` is missing. */
  readonly html?: string;
  readonly markdown?: string;
  /** People whom the text mentions; for each, `@` and the name stand in the text. Everybody is mentioned by `@all`. */
  readonly mentions?: readonly MentionDraft[];
  readonly attachments?: readonly DraftAttachment[];
  /** Without angle brackets. The message this one answers. */
  readonly inReplyTo?: string;
  /** First message of the conversation and the last one; only those two are written. */
  readonly references?: readonly string[];
  /** Text of the answered message, quoted above the answer. */
  readonly quote?: string;
  readonly forwarded?: { readonly from?: string };
  /** Default: the name of the group, else `Chat: ` and the first 40 characters of the text. Required with `groupId`. */
  readonly subject?: string;
  /** Id of the group, for a message that says no more about it; see `group`. */
  readonly groupId?: string;
  /** The own profile, as it is meant for the recipient: a part for programs, behind the words for people. */
  readonly profile?: ProfileDraft;
  /** Id and name of the group, and what changes in it. */
  readonly group?: GroupDraft;
  readonly chatContent?: { readonly value: string; readonly params?: Readonly<Record<string, string>> };
  /** Default: a new one. Without angle brackets. */
  readonly messageId?: string;
  /** Milliseconds since 1970. Default: now. */
  readonly date?: number;
  /** Writes Disposition-Notification-To. Default false. */
  readonly requestReceipt?: boolean;
  /** Writes Expires: after this time (milliseconds since 1970) the mail is of no use. */
  readonly expires?: number;
  /** Marks the mail as automatic (RFC 3834). */
  readonly autoSubmitted?: 'auto-generated' | 'auto-replied';
  /** Client tokens of the trusted connection: what we grant the recipient, and what we hold from them. Only in mail to one person. */
  readonly tokens?: { readonly granted?: string | undefined; readonly presented?: string | undefined };
  /** Further header fields (X-…); those that the protocol writes are refused. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A chat mail, written. */
export interface WrittenMail {
  /** RFC 5322 octets with CRLF line ends. */
  readonly bytes: Uint8Array;
  /** Without angle brackets. */
  readonly messageId: string;
  /** Envelope recipients, normalised, each once. */
  readonly recipients: readonly string[];
}
