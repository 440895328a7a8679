import type { CardPhoto } from './card-records.js';

/**
 * What an account keeps. Records are plain JSON values (no Date, Map, undefined-only fields), so that any store can
 * hold them; times are milliseconds since 1970, addresses are normalised (see `mail/address.ts`). A field that is called `blob`,
 * at whatever depth, holds the id of a blob: backups find the blobs by it. Where it is elsewhere, `sync/backup/blobs.ts` has to know.
 */

/**
 * How far a message of ours has come: `queued` on this device, `sending` to our server, `sent` (the server has it),
 * `delivered` and `read` as far as the other side confirms it, `failed` with the reasons at its recipients.
 */
export type MessageState = 'queued' | 'sending' | 'sent' | 'delivered' | 'read' | 'failed';

/**
 * Who gets read receipts: nobody (`never`); only people with whom there is a trusted connection (`trusted`); everybody whose request was
 * accepted and who asks for one with a chat program (`always`). People with a plain mail program get them only where their chat or
 * contact itself says `always`.
 */
export type ReceiptPolicy = 'never' | 'trusted' | 'always';

/** A person as a mail names them. */
export interface AddressRecord {
  /** Normalised address. */
  readonly address: string;
  /** Display name from the header, cleaned of control and bidi characters. */
  readonly name?: string;
}

/** What the SMTP server or a bounce said about one recipient. */
export interface RecipientRecord {
  readonly address: string;
  readonly state: 'pending' | 'sent' | 'delivered' | 'read' | 'failed';
  /** When this state was reached. */
  readonly at?: number;
  /** The server's words for `failed`. */
  readonly reason?: string;
  /** SMTP reply or enhanced status code for `failed`, such as `550` or `5.1.1`. */
  readonly status?: string;
}

/** One file of a message. */
export interface AttachmentRecord {
  /** IMAP part number (RFC 9051 6.4.5), `''` if the message itself is the part. */
  readonly part: string;
  /** Safe to show and to use as a file name: no path, no control characters; never empty. */
  readonly filename: string;
  readonly contentType: string;
  /** Octets after decoding; an estimate from the encoded size while the file has not been downloaded. */
  readonly size: number;
  /** Content-Transfer-Encoding of the part, needed to download it alone. */
  readonly encoding?: string;
  /** Content-ID without angle brackets. */
  readonly contentId?: string;
  /** Shown in the text (HTML) rather than beside it. */
  readonly inline?: boolean;
  /** A voice message (protocol: `Chat-Voice-Message`). */
  readonly voice?: boolean;
  /** Duration of audio or video, milliseconds (`Chat-Duration`). */
  readonly durationMs?: number;
  /** This part only stands in for the attachment with that `part`; show one of them (`Chat-Content: preview`). */
  readonly previewOf?: string;
  /** A sticker (`Chat-Content: sticker`). */
  readonly sticker?: boolean;
  /** Id of the blob that holds the decoded bytes, if they are already here. */
  readonly blob?: string;
}

/** Text of another message that this one answers. */
export interface QuoteRecord {
  readonly text: string;
  /** The answered message's Message-ID; `Message.repliedTo` finds that message. */
  readonly messageId?: string;
}

/** Somebody whom a text names with an `@`. */
export interface MentionRecord {
  /** As it stands in the text after the `@`. */
  readonly name: string;
  /** Normalised; undefined if everybody is meant (`@all`). */
  readonly address?: string;
  /** Where it stands in the text: index of the `@`, in UTF-16 units as JavaScript counts. */
  readonly start: number;
  /** Length with the `@`, in UTF-16 units. */
  readonly length: number;
}

/** Outcome of decryption and signature check. */
export interface SecurityRecord {
  readonly encrypted: boolean;
  readonly signature: 'valid' | 'invalid' | 'unknown-key' | 'none';
  /** Fingerprint of the signer, hex. */
  readonly signer?: string;
  /**
   * What else the user should know. `from-mismatch`: inside stands another sender than outside, the outer one is shown;
   * `list-footer`: a mailing list added something that nobody signed and that is not shown; `encrypted-part-ignored`: there is an encrypted
   * part beside others, which was not opened; `signature-unreadable`. Missing: nothing.
   */
  readonly warnings?: readonly ('from-mismatch' | 'list-footer' | 'encrypted-part-ignored' | 'signature-unreadable')[];
}

/** What the topmost Authentication-Results field of a mail says about its DKIM signatures; see `mail/authentication-results.ts`. */
export interface AuthenticationRecord {
  /** Name of the server that wrote it (authserv-id), lower case. */
  readonly server: string;
  readonly dkim: readonly { readonly result: string; readonly domain?: string }[];
}

/** Why a message could not be read as it should. `detail` is for people. */
export interface ProblemRecord {
  readonly code: 'unreadable' | 'too-large' | 'limit' | 'duplicate-id' | 'undecryptable';
  readonly detail: string;
}

/** A picture that is kept as a blob. */
export interface PictureRecord {
  /** Id of the blob with the octets. */
  readonly blob: string;
  readonly contentType: string;
}

/** What a mail says has changed in its group (protocol 7). Whether it counted shows in the chat. */
export type GroupChangeRecord =
  | { readonly kind: 'renamed'; readonly name: string; readonly from: string }
  | { readonly kind: 'description'; readonly description: string }
  | { readonly kind: 'avatar'; readonly removed: boolean }
  | { readonly kind: 'added' | 'removed'; readonly address: string }
  | { readonly kind: 'left' }
  /** The group itself, by a mail that nobody wrote by hand. `members`: all but the sender. */
  | { readonly kind: 'created'; readonly name: string; readonly members: readonly AddressRecord[] };

/** One message of a chat: what the mail said, plus what we know about it. Key: `key`. */
export interface MessageRecord {
  /** Hash of the mail's identity (From, Message-ID); see protocol 2. */
  readonly key: string;
  readonly chatId: string;
  /** Message-ID without angle brackets (a hash of From, Date and body if the mail has none). */
  readonly messageId: string;
  readonly from: AddressRecord;
  readonly fromMe: boolean;
  readonly to: readonly AddressRecord[];
  readonly cc: readonly AddressRecord[];
  /** Effective date (protocol 2): the Date header, unless missing or impossible. */
  readonly date: number;
  /** The Date header as it stood, if it could be read. */
  readonly headerDate?: number;
  /** Smallest INTERNALDATE of the known copies. */
  readonly internalDate?: number;
  /** Which kind of `ChatMail` it was. */
  readonly kind: string;
  /** Written by a chat program, or an answer to one (Chat-Version, `chat$` ids). */
  readonly isChat: boolean;
  /** Written by a chat program itself (Chat-Version, own `chat$` id); an answer of a plain mail program is not. */
  readonly chatClient?: boolean;
  /** Message-ID outside of the encryption, where the one inside is another; servers know the mail by it. */
  readonly outerId?: string;
  /** Address of the sender, if the mail tells something about that contact: no list mail, report or automatic mail, not from us. */
  readonly sender?: string;
  /** Address of the sender of a mail from others that has no `sender`: an index finds it by this. */
  readonly author?: string;
  /** A copy that is surely ours: written here, or found in the folder for sent mail. */
  readonly ownCopy?: boolean;
  /** Automatic mail (Auto-Submitted, Precedence): bots must not answer it. */
  readonly automatic?: boolean;
  readonly subject?: string;
  readonly text: string;
  readonly html?: string;
  readonly markdown?: string;
  /** Whom the text mentions, in the order in which they stand there. */
  readonly mentions?: readonly MentionRecord[];
  /** Signature block that was split off the text. */
  readonly signature?: string;
  readonly quote?: QuoteRecord;
  readonly forwarded?: { readonly from?: string };
  readonly attachments: readonly AttachmentRecord[];
  readonly inReplyTo?: string;
  readonly references: readonly string[];
  /** List-Id of a mailing-list mail (RFC 2919). */
  readonly listId?: string;
  /** Chat group id (protocol 7). */
  readonly groupId?: string;
  /** It only says that its sender is typing. */
  readonly typing?: true;
  /** Client tokens of the trusted connection as they stood in the mail, if it went to one person only. */
  readonly tokens?: { readonly granted?: string; readonly presented?: string };
  /** What its sender changed in that group with it, in the order in which it is told. */
  readonly changes?: readonly GroupChangeRecord[];
  /** Address that asked for a read receipt (Disposition-Notification-To). */
  readonly receiptTo?: string;
  /** What a server says about who sent it. Worth nothing unless that server is our own; see `dkimOutcome` in `model/authentication.ts`. */
  readonly authentication?: AuthenticationRecord;
  /** Name of the server that judged a mail which is surely ours (see `ownCopy`): a candidate for our own server's name. */
  readonly authserv?: string;
  readonly state: MessageState;
  /** Only for our own messages. */
  readonly recipients?: readonly RecipientRecord[];
  /** True once read here or on another device (`\Seen`). */
  readonly seen: boolean;
  /** 1 while unread and from somebody else; an index counts it. */
  readonly unread: 0 | 1;
  /** 1 if it is not to be shown: see `gone`, or a report or receipt, which never is. */
  readonly hidden: 0 | 1;
  /** Hidden because its sender is blocked, or because it lies in the folder for blocked mail. */
  readonly blocked?: true;
  /** All its copies lie in the folder for blocked mail. */
  readonly confined?: true;
  /**
   * Why a tombstone is left: `vanished`: its last copy disappeared from the mailbox (a copy found later revives it silently, as
   * after a move); `deleted`: by the user, here (no late copy brings it back). Text and files are dropped.
   */
  readonly gone?: 'vanished' | 'deleted';
  /** 1 while an acknowledged handler (a bot's) still has to finish with it. */
  readonly pending: 0 | 1;
  readonly security: SecurityRecord;
  /** No copy could be opened yet: `problem` says why, and only what stands outside of the encryption is known. */
  readonly unopened?: true;
  readonly problem?: ProblemRecord;
  /** Hex SHA-256 of the body, where the mail was fetched whole. Tells two mails of the same identity apart. */
  readonly bodyHash?: string;
  /** Hex SHA-256 of structure and text, known for partly fetched mails as well. */
  readonly shapeHash: string;
  /** Size of the mail in octets. */
  readonly size: number;
  /** Text parts beyond the limits are still on the server. */
  readonly partial?: boolean;
}

/** Where a copy of a message lies. Key: `key` = folder, UIDVALIDITY and UID joined by `\n`. */
export interface LocationRecord {
  readonly key: string;
  readonly folder: string;
  readonly uidValidity: string;
  readonly uid: number;
  readonly message: string;
  readonly flags: readonly string[];
  readonly internalDate: number;
  readonly size: number;
  /**
   * A key that this copy could not be opened or its signature not be checked without: `own` for one of ours, `peer:` and the address of
   * the sender. When such a key arrives, the copy is read again.
   */
  readonly waitsFor?: string;
  /** We put this copy there ourselves, of a message that we sent. */
  readonly appended?: true;
  /** It lies in the folder for blocked mail. */
  readonly blocked?: true;
}

/** Sync position in one folder. Key: `path`. */
export interface FolderRecord {
  readonly path: string;
  readonly role: 'inbox' | 'chats' | 'sent' | 'contacts' | 'blocked' | 'other';
  readonly uidValidity: string;
  /** UIDs at or above this one have not been looked at. */
  readonly uidNext: number;
  /** UIDs below this one have not been looked at yet (the first sync goes backwards); 1 when the whole folder is known. */
  readonly uidFrom: number;
  /** UIDs below this one lay there at the very first start: history, not news. */
  readonly historyBelow: number;
  /** HIGHESTMODSEQ (RFC 7162) as decimal string, where the server has it. */
  readonly modSeq?: string;
  /** UIDs below this one need not be considered for filing any more (INBOX). */
  readonly filedBelow?: number;
}

/**
 * What a chat's messages say about encryption, those of others and our own: 0: none was encrypted; 1: one seemed to be, but
 * could not be opened or verified; 2: one was, by the one who it is from.
 */
export interface EncryptionSeen {
  readonly others: 0 | 1 | 2;
  readonly own: 0 | 1 | 2;
}

/** Whether a chat is to be encrypted, as the user chose. */
export interface EncryptionChoice {
  readonly mode: 'auto' | 'require' | 'off';
  /** When it was chosen. */
  readonly at: number;
}

/** Somebody who was a member of a group. */
export interface PastMemberRecord extends AddressRecord {
  /** When they left or were removed. */
  readonly at: number;
  /** They left by themselves: only a mail that adds them later brings them back. */
  readonly left?: true;
}

/** What follows from all that is known about a group; a cache of the fold over its facts. */
export interface GroupStateRecord {
  readonly description?: string;
  readonly avatar?: PictureRecord;
  /** The account itself is a member. */
  readonly selfMember: boolean;
  /** Since when people are members, by address, the account's own included, as far as it is known. */
  readonly since: Readonly<Record<string, number>>;
  readonly pastMembers: readonly PastMemberRecord[];
  /** Nobody told about this group yet: ask with the next message (`GroupDraft.requested`). */
  readonly needsInfo: boolean;
  /** Somebody asked for the group's info, and no member gave it since: give it with the next message (`GroupDraft.members`). */
  readonly infoWanted: boolean;
  /** Time of the newest fact of each register. A new fact is dated a second later at least; see `nextGroupTime`. */
  readonly newest: {
    readonly name?: number;
    readonly description?: number;
    readonly avatar?: number;
    /** Of all additions and removals. */
    readonly members?: number;
  };
}

/** A chat: what the user set, plus a summary that lists are drawn from. Key: `id`. */
export interface ChatRecord {
  readonly id: string;
  readonly kind: 'single' | 'group' | 'adhoc' | 'list' | 'self';
  /** Name by subject or List-Id; empty for 1:1 chats (their title is the contact's name). */
  readonly name: string;
  /** Everyone in it but the account itself. */
  readonly members: readonly AddressRecord[];
  /** Chat group id, List-Id. */
  readonly groupId?: string;
  /** Only of groups. */
  readonly group?: GroupStateRecord;
  /** Effective date of the newest visible message, 0 without one. */
  readonly lastDate: number;
  /** Key of the newest visible message. */
  readonly lastMessage?: string;
  readonly unread: number;
  readonly muted: 0 | 1;
  readonly pinned: 0 | 1;
  readonly archived: 0 | 1;
  /** Missing: the account's default. */
  readonly encryption?: EncryptionChoice;
  /** Missing: no message of it was encrypted. */
  readonly encryptionSeen?: EncryptionSeen;
  /** Draft as the user left it; never sent anywhere. */
  readonly draft?: string;
  /** Who gets read receipts for messages of this chat; undefined: as the account has it. */
  readonly receipts?: ReceiptPolicy;
  /** First message of the conversation (Message-ID), which every later one refers to. */
  readonly firstMessageId?: string;
  /** (effective date, key) of the message that `firstMessageId` comes from. */
  readonly firstAt?: readonly [number, string];
  /** Newest message (Message-ID) of the conversation. */
  readonly lastMessageId?: string;
  /** (effective date, key) of the message that gave a group or ad-hoc chat its name. */
  readonly nameAt?: readonly [number, string];
  /** 1 once we wrote in it. */
  readonly answered?: 1;
  /** Who of the others wrote the first visible message. */
  readonly opener?: string;
  /** (effective date, key) of that message. */
  readonly openerAt?: readonly [number, string];
  /** 1 while it waits for being accepted: opened by somebody whom the user does not know. */
  readonly request?: 1;
  /** 1 while all that there would be to show are messages of blocked people. */
  readonly concealed?: 1;
  /** 1 once deleted by the user; a newer message brings it back. */
  readonly deleted: 0 | 1;
  /** Messages up to this effective date were deleted with the chat. */
  readonly clearedUpTo?: number;
}

/** When a token of the trusted connection was issued (seconds since 1970), and for how long (seconds). */
export interface TokenTimesRecord {
  readonly created: number;
  readonly validity: number;
}

/** What is known about an address. Key: `address`. */
export interface ContactRecord {
  readonly address: string;
  /** Newest name the person used in a From header. */
  readonly name?: string;
  /** (effective date, message-id) that `name` comes from. */
  readonly nameAt?: readonly [number, string];
  /** The newest relevant mail had Chat-Version: the person is known to use a chat client (protocol 2). */
  readonly usesChat: boolean;
  /** (effective date, message-id) that `usesChat` comes from. */
  readonly usesChatAt?: readonly [number, string];
  /** The user blocked the contact, on whatever device; follows from its card. */
  readonly blocked?: true;
  /** What the mail of `usesChatAt` says about its DKIM signatures. */
  readonly authentication?: AuthenticationRecord;
  /** Effective date of the newest mail from them. */
  readonly lastSeen?: number;
  /** What the user entered; derived from the cards. */
  readonly card?: ContactCardRecord;
  /** The newest profile that came from them. */
  readonly profile?: ContactProfileRecord;
  /**
   * The newest token of ours that they have validly presented: in a signed mail, and in one that only DKIM speaks for (which does not count
   * once there was a signed one).
   */
  readonly presented?: {
    readonly signed?: TokenTimesRecord;
    readonly dkim?: TokenTimesRecord;
  };
  /** The trusted connection, as far as it follows from records: see `TrustFacts` of `trust/trust-state.ts`. */
  readonly trust?: {
    readonly granted?: TokenTimesRecord;
    readonly presented?: TokenTimesRecord;
    readonly held?: TokenTimesRecord;
    /** Milliseconds since 1970; 0 if nothing was revoked. */
    readonly revokedUntil: number;
  };
  /** Whether they get read receipts; undefined: as the account has it. */
  readonly receipts?: ReceiptPolicy;
}

/** What the user entered for a contact, as the cards have it. */
export interface ContactCardRecord {
  /** All addresses of the contact, in their order. */
  readonly addresses: readonly string[];
  readonly listed: boolean;
  readonly name?: string;
  readonly nickname?: string;
  readonly photo?: CardPhoto;
  readonly birthday?: string;
  readonly status?: string;
  readonly categories?: readonly string[];
}

/** What a person tells about themselves. */
export interface ContactProfileRecord {
  /** (effective date, message-id) of the mail that it comes from. */
  readonly at: readonly [number, string];
  /** That mail was validly signed. */
  readonly signed: boolean;
  readonly name?: string;
  readonly photo?: { readonly contentType: string; readonly blob: string };
  readonly birthday?: string;
  readonly status?: string;
}

/** A node of the graph of message-ids, for chats that are threads (ad-hoc groups) and for answers. Key: `messageId`. */
export interface ThreadRecord {
  readonly messageId: string;
  /** The connected component, named by the id of the ad-hoc chat that it is if no group claims it. */
  readonly chatId: string;
  /** Chat group whose mails are in this component; `''` if there are several, so that none of them can claim it. */
  readonly group?: string;
  /** Set once a mail with this id is known that went to a group or to several people; true if to two people or more. */
  readonly wide?: boolean;
}

/** A fact about a message that may not have arrived yet: a bounce, later a receipt, an edit, a reaction. Key: `key`. */
export interface FactRecord {
  readonly key: string;
  /** Message-ID of the message that it is about. */
  readonly target: string;
  readonly kind: string;
  readonly from: string;
  readonly date: number;
  /** Depends on `kind`. */
  readonly value: unknown;
}

/** One message on its way out. Key: `id`; ids sort in the order of acceptance. */
export interface OutboxRecord {
  readonly id: string;
  /** Key of the message. */
  readonly message: string;
  readonly chatId: string;
  readonly messageId: string;
  /** `sending` survives a crash: it is tried again, with the same bytes and Message-ID. */
  readonly state: 'queued' | 'sending' | 'filing' | 'failed' | 'done';
  readonly envelopeFrom: string;
  /** Recipients that still have to get it. */
  readonly recipients: readonly string[];
  /** Blob with the bytes as they go over the wire. */
  readonly blob: string;
  readonly size: number;
  readonly acceptedAt: number;
  /** Not before this time (undo delay, back-off). */
  readonly dueAt: number;
  readonly attempts: number;
  readonly lastError?: string;
  /** A copy for the sender may have been appended already: look before doing it again. */
  readonly copyTried?: true;
}

/** Something still to be done on the server, so that it survives being offline. Key: `key` = kind and message joined by `\n`. */
export interface ActionRecord {
  readonly key: string;
  /**
   * `seen`: set \\Seen on all copies; `remove`: delete all copies. Done as soon as no copy needs it any more. `receipt`, `delivery`: tell the
   * sender that it was read, or that it arrived. `release`: move the copies in the folder for blocked mail back.
   */
  readonly kind: 'seen' | 'remove' | 'receipt' | 'delivery' | 'release';
  /** Key of the message. */
  readonly message: string;
  readonly at: number;
}

/** Copies that waited for a key are to be read again, since one has come. Key: `waitsFor`, as in their locations. */
export interface RetryRecord {
  readonly waitsFor: string;
  /** Differs for each time that such a key came. */
  readonly at: number;
  /** (INTERNALDATE, key) of the location that was reached, from the newest down. */
  readonly reached?: readonly [number, string];
}

/** Anything else, by name. Key: `key`. */
export interface SettingRecord {
  readonly key: string;
  readonly value: unknown;
}
