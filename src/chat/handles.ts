/**
 * The objects an application works with. They are thin handles: getters read a record that the open account keeps
 * current, everything that needs the store or the network is a Promise. There is one object per id while it is in use.
 */

import type { AbortOptions } from '../core/abort.js';
import type { DkimOutcome } from '../model/authentication.js';
import type {
  ChatRecord,
  MentionRecord,
  MessageState,
  ProblemRecord,
  QuoteRecord,
  ReceiptPolicy,
  RecipientRecord,
  SecurityRecord,
} from '../store/records.js';
import type { DownloadOptions } from '../sync/engine.js';
import type { ContactDetails } from './contact-details.js';
import type { ContactKey } from './contact-keys.js';
import type { ContactTrust } from './contact-trust.js';
import type { MessageDraft, ReplyDraft } from './draft.js';
import type { ChatEncryption } from './encryption-state.js';
import type { GroupAvatar, GroupChange, GroupOptions, MemberInput, PictureDraft } from './group-values.js';

/** A person as a message or a chat names them. */
export interface Person {
  /** Normalised address. */
  readonly address: string;
  /** Name the person goes by, if it is known. */
  readonly name?: string;
}

/** What is known about an address. Also there for addresses that no mail came from yet. */
export interface Contact extends ContactDetails {
  /** Normalised address. */
  readonly address: string;
  /** What the user calls them, else what their own profile says, else the newest name that they used in a From header. */
  readonly name: string | undefined;
  /** True if the person's newest mail was written by a chat program. */
  readonly usesChat: boolean;
  /** Date of the newest mail from them. */
  readonly lastSeen: Date | undefined;
  /** The trusted connection: both sides know that the other one is real. */
  readonly trust: ContactTrust;
  /** Whether they learn that their messages were read, where that was set for them. */
  readonly receipts: ReceiptPolicy | undefined;
  /**
   * Sets whether they learn that their messages were read; undefined: as the account has it. Where the chat says something else, the more
   * cautious of the two counts. Kept on this device only.
   */
  setReceipts(policy: ReceiptPolicy | undefined): Promise<void>;
  /** Fingerprint of the key that messages to them are encrypted to, lower case hex; from themselves, or else passed on by others. */
  readonly keyFingerprint: string | undefined;
  /** The user has compared this very key with them; see {@link Contact.verify}. */
  readonly verified: boolean;
  /**
   * The user verified another key than the one that is in use now. Nothing is encrypted to it, and what has to be encrypted fails with
   * `KEY_CHANGED`, until it is verified, or {@link Contact.unverify} accepts keys as they come.
   */
  readonly keyChanged: boolean;
  /** The keys that they have announced, oldest first. */
  keys(): Promise<ContactKey[]>;
  /**
   * Compares a fingerprint (typed or pasted), or the content of a QR code that they show (`account.keys.verificationCode()`, or a chatmail
   * program's), with the key in use, and keeps that it was the same, for all devices of this account.
   *
   * @throws EncryptionError `FINGERPRINT_MISMATCH` if it is another one: warn the user; `MISSING_KEY` if none of theirs is known yet
   * @throws InputError `INVALID_OPTION` if it is neither, or the code is for another address
   */
  verify(code: string): Promise<void>;
  /** Takes the verification back: keys are accepted as they come again. */
  unverify(): Promise<void>;
  /** The user blocked them, on whatever device. */
  readonly blocked: boolean;
  /**
   * Blocks them with all their addresses, for all devices: what they wrote is hidden, what they write is moved out of sight without any
   * event, and the trusted connection ends. What they did to groups still counts. They are not told. A new address of theirs is a stranger's.
   *
   * @throws InputError `INVALID_ADDRESS` for an own address.
   */
  block(): Promise<void>;
  /** Takes {@link Contact.block} back: their messages are shown again, silently. Trust has to be built anew. */
  unblock(): Promise<void>;
  /**
   * True if the account's own server found no valid DKIM signature of their domain on their newest mail: somebody else may have written it.
   * False also where that is not known; see {@link Message.authentication}.
   */
  readonly spoofWarning: boolean;
  /** The 1:1 chat with them, made on first use. */
  chat(): Promise<Chat>;
}

/** Options of {@link Chat.send} and {@link Message.reply}. */
export interface SendOptions extends AbortOptions {
  /** Not handed to the server before this many milliseconds: the time in which {@link Message.cancel} can undo it. Default: `undoMs` of the account. */
  readonly undoMs?: number | undefined;
}

/** Options of {@link Message.forward}. */
export interface ForwardOptions extends SendOptions {
  /** Forwards what was encrypted into a chat that is not, in plain text. Ask the user first. Default false. */
  readonly allowPlaintext?: boolean | undefined;
}

/** Which messages of a chat, and in which order. */
export interface MessageRange {
  /** Only messages older than this one (a message, its id, or a date). */
  readonly before?: Message | string | Date | undefined;
  /** Only messages newer than this one. */
  readonly after?: Message | string | Date | undefined;
  /** This message and those around it, `limit` (default 50) in all. Not together with `before` and `after`. */
  readonly around?: Message | string | undefined;
  /** Most messages to return: the ones nearest to `after` if that is given, else the newest ones. Default: all. */
  readonly limit?: number | undefined;
  /** From the newest to the oldest. Default false: in reading order. */
  readonly newestFirst?: boolean | undefined;
}

/** Messages that are read from the store as the loop goes on, a page at a time. */
export interface MessageList extends AsyncIterable<Message> {
  /** All of them at once. Give a `limit`: a chat may have very many. */
  toArray(): Promise<Message[]>;
}

/** A conversation: with one person, with several (ad hoc or as a group), of a mailing list, or with oneself. */
export interface Chat {
  /** Stable while the local store lives. Follows when two chats turn out to be one. */
  readonly id: string;
  readonly kind: ChatRecord['kind'];
  /** Name for lists: the contact's name or address, the subject, the list's name. */
  readonly title: string;
  /** Everyone in it but the account itself. */
  readonly members: readonly Person[];
  /** Unread messages of others. */
  readonly unread: number;
  /** Newest message. */
  readonly lastMessage: Message | undefined;
  /** Date of the newest message. */
  readonly lastDate: Date | undefined;
  /** The user wants no notifications; the library itself does nothing different. */
  readonly muted: boolean;
  /** Stands at the top of the chat list. */
  readonly pinned: boolean;
  /** Left out of the chat list unless asked for. */
  readonly archived: boolean;
  /**
   * Somebody whom the user neither accepted nor ever wrote to opened it. Messages in it come as usual; ask the user before showing their
   * files. Until it is accepted, or answered, nothing automatic goes out: no receipt, no profile, no token.
   */
  readonly request: boolean;
  /** Text that the user has begun to write. Kept on this device only. */
  readonly draft: string | undefined;
  /** True once it was deleted, or its last trace vanished. A new message brings a deleted chat back. */
  readonly deleted: boolean;

  /**
   * Sends a text or a draft to everyone in the chat. Resolves when the message is safely queued on disk: it goes out as
   * soon as there is a connection, also after a crash. Messages of one chat go out in the order of the calls.
   *
   * @throws InputError before anything is stored: `EMPTY_MESSAGE`, `TEXT_TOO_LONG`, `FILE_NOT_FOUND`,
   * `ATTACHMENT_TOO_LARGE`, `INVALID_HEADER`, `UNKNOWN_OPTION`, `INVALID_STATE` (a list without a known address).
   * @throws EncryptionError where it must be encrypted and cannot be, also before anything is stored: `MISSING_KEY` and `KEY_CHANGED` naming
   * the contacts (`RecipientKeyError`), `KEY_IMPORT_NEEDED`, `KEY_UNUSABLE`. It never goes out in plain text then.
   */
  send(message: string | MessageDraft, options?: SendOptions): Promise<Message>;
  /** Messages of the chat; see {@link MessageRange}. */
  messages(range?: MessageRange): MessageList;
  /** A message of this chat by its id; undefined if there is none. */
  message(id: string): Promise<Message | undefined>;
  /** The oldest unread message: where a reader goes on. */
  firstUnread(): Promise<Message | undefined>;
  /** Marks everything up to and including this message as read (default: all), here and on the server. */
  markRead(upTo?: Message | string): Promise<void>;
  /**
   * Whether the next message will be encrypted, and why. The answer can change with every mail that comes in: ask again when the chat
   * changes (event `chat`).
   */
  encryption(): Promise<ChatEncryption>;
  /**
   * What the user wants: `auto`: encrypt where it works for everybody, and always once encrypted messages went both ways;
   * `require`: encrypt or do not send; `off`: plain text, also in a chat that was encrypted before. Only the user changes this: it holds until it
   * is set again, whatever comes in. Kept on this device. Without it the account's `encryption` counts.
   */
  setEncryption(mode: 'auto' | 'require' | 'off'): Promise<void>;
  /** Sets or, with `false`, removes the mark {@link Chat.muted}. */
  mute(on?: boolean): Promise<void>;
  /** Puts the chat at the top of the chat list, or back to its place with `false`. */
  pin(on?: boolean): Promise<void>;
  /** Takes the chat out of the chat list, or puts it back with `false`. It stays archived when a message comes. */
  archive(on?: boolean): Promise<void>;
  /**
   * Tells the other side that the user is typing; call it with every key, most calls send nothing. Only in a 1:1 chat with somebody with whom
   * there is a trusted connection, encrypted, at most once in 10 seconds; otherwise nothing happens.
   *
   * @throws InputError `INVALID_STATE` unless the account was opened with `typing: true`.
   */
  typing(): Promise<void>;
  /** Who learns that messages of this chat were read, where that was set for it. */
  readonly receipts: ReceiptPolicy | undefined;
  /** Sets who learns that messages of this chat were read; undefined: as the account has it. Kept on this device only. */
  setReceipts(policy: ReceiptPolicy | undefined): Promise<void>;
  /** Accepts the {@link Chat.request} that it is, for all devices; writing in it does so, too. Does nothing otherwise. */
  accept(): Promise<void>;
  /**
   * Makes a group of its members and others. The group is a new conversation; this chat stays as it is.
   *
   * @throws as `Account.createGroup`, and InputError `INVALID_STATE` for a mailing list.
   */
  toGroup(name: string, others?: readonly MemberInput[], options?: GroupOptions): Promise<Group>;
  /** Keeps what the user has begun to write; an empty text or undefined removes it. */
  setDraft(text: string | undefined): Promise<void>;
  /**
   * Removes all its messages for this user, the chat stays in the list. Messages still waiting to be sent are taken back.
   * With `server` the mailbox's copies are deleted as well; without, they stay there.
   */
  clear(options?: RemoveOptions): Promise<void>;
  /** {@link Chat.clear}, and out of the list. A message that comes later brings the chat back, without the old ones. */
  delete(options?: RemoveOptions): Promise<void>;
}

/**
 * A group: a chat with a name and members of its own, whatever its messages say. All members have the same rights: each can
 * add and remove others (and be removed), and change what the group is called. Two groups can have the same members.
 *
 * Each change is a message to all members, in words that people with a plain mail program can read, too. The methods resolve with that
 * message when it is safely queued, or with undefined if there was nothing to change. They throw `NOT_A_MEMBER` once the account has
 * left the group or was removed, and what {@link Chat.send} throws.
 */
export interface Group extends Chat {
  readonly kind: 'group';
  /** Empty as long as nobody has said it (this group was found through a message that does not name it). */
  readonly name: string;
  readonly description: string | undefined;
  readonly avatar: GroupAvatar | undefined;
  /** Everyone in it but the account itself, in no order of rank. Empty in a group with oneself alone. */
  readonly members: readonly Person[];
  /** The account is in it. False once it has left or was removed: messages stay readable, but none can be sent. */
  readonly isMember: boolean;
  /**
   * Adds people; those who are members already are left out. They get the name, the members and the picture with that message, and in an
   * encrypted group the keys of all.
   *
   * @throws EncryptionError `MISSING_KEY` in an encrypted group if somebody's key is not known.
   */
  add(members: MemberInput | readonly MemberInput[]): Promise<Message | undefined>;
  /** Removes people; those who are no members are left out. They get that one message and none after it. */
  remove(members: MemberInput | readonly MemberInput[]): Promise<Message | undefined>;
  /** Gives the group another name. */
  rename(name: string): Promise<Message | undefined>;
  /** Sets the description; an empty text or undefined removes it. */
  setDescription(description: string | undefined): Promise<Message | undefined>;
  /** Sets the picture; undefined removes it. */
  setAvatar(picture: PictureDraft | undefined): Promise<Message | undefined>;
  /** Leaves the group. Only another member can bring the account back. */
  leave(): Promise<Message | undefined>;
}

/** Options of everything that removes messages. */
export interface RemoveOptions {
  /** Also deletes every copy in the mailbox, for all devices of this user. Never reaches the other side. Default false. */
  readonly server?: boolean | undefined;
}

/** What one recipient confirmed. A read message has arrived, too. */
export interface MessageReceipt {
  /** Normalised address. */
  readonly address: string;
  readonly state: 'delivered' | 'read';
  /** When, by the clock of the other side. */
  readonly date: Date;
}

/** A message of a chat. */
export interface Message {
  /** Stable identifier, the same on all devices of the account. */
  readonly id: string;
  /** Message-ID of the mail, without angle brackets. */
  readonly messageId: string;
  readonly chat: Chat;
  readonly from: Person;
  /** Written by this account, on whatever device. */
  readonly fromMe: boolean;
  /** The sender's own words: quote, signature and forwarding banner are split off. Mentions stand in it as `@Name`. */
  readonly text: string;
  /**
   * What it changes in its group, if it was written for that, by a chat program: a system message. `text` says the same in words (option
   * `strings` of the account); chat programs show those in the middle of the chat. Empty for other messages.
   */
  readonly changes: readonly GroupChange[];
  /** Whom the text mentions and where, in the order in which they stand there. */
  readonly mentions: readonly MentionRecord[];
  /** Somebody else mentions the account's user here, by an own address or with `@all`. */
  readonly mentionsMe: boolean;
  /**
   * The user should be told of it: it is unread, and the chat is not muted or it mentions the user ({@link Message.mentionsMe}).
   * Only a hint: the library shows nothing.
   */
  readonly shouldNotify: boolean;
  /** Formatted text as it came: hostile until sanitised. */
  readonly html: string | undefined;
  readonly markdown: string | undefined;
  /** Subject of the mail, if it had one. */
  readonly subject: string | undefined;
  /** When it was written, as far as the mail can be believed. */
  readonly date: Date;
  /** How far a message of ours has come. What came in is `delivered`, and `read` once it is {@link Message.seen}. */
  readonly state: MessageState;
  /** For our own messages: what became of it, recipient by recipient. */
  readonly recipients: readonly RecipientRecord[];
  /**
   * For our own messages: who confirmed that it arrived or was read, and when, in the order of time. Receipts are claims of the other
   * side's program; only those of people that the message went to count, and only if it asked for them.
   */
  readonly receipts: readonly MessageReceipt[];
  readonly attachments: readonly Attachment[];
  /** Text that it answers, as it stood in the mail. */
  readonly quote: QuoteRecord | undefined;
  /** Set if it was forwarded; `from` names the original author as the mail does. */
  readonly forwarded: { readonly from?: string } | undefined;
  readonly security: SecurityRecord;
  /**
   * Whether the sender's domain signed it (DKIM), as the account's own server found (`authservId` of the account): `pass`; `fail`: the
   * signature is wrong; `none`: it did not; `unknown`: the server did not say, or nobody knows which server is ours. It says nothing about
   * who at that domain wrote it; a valid signature in {@link Message.security} does.
   */
  readonly authentication: DkimOutcome;
  /** Why it could not be read as it should; the rest is there. */
  readonly problem: ProblemRecord | undefined;
  /** Read here or on another device; always true for our own. */
  readonly seen: boolean;
  /** Written by a chat program rather than a plain mail program. */
  readonly isChat: boolean;
  /** Nobody wrote it by hand (auto-reply, newsletter, bot): never answer it automatically. */
  readonly automatic: boolean;
  /** Removed here or everywhere. */
  readonly deleted: boolean;

  /**
   * Answers in the same chat, from the address that was written to. The mail names the answered message and, unless
   * `quote: false`, quotes the beginning of its text. An answer to an encrypted message is encrypted, or fails (`MISSING_KEY`).
   */
  reply(message: string | ReplyDraft, options?: SendOptions): Promise<Message>;
  /**
   * The message that this one answers (In-Reply-To); undefined if it answers none, or one that is not here. It may be in another
   * chat: a private answer to a message of a group.
   */
  repliedTo(): Promise<Message | undefined>;
  /**
   * Sends the text and the files on into another chat, marked as forwarded. Downloads what is not here yet. What was encrypted leaves encrypted
   * only, unless `allowPlaintext` is set.
   *
   * @throws InputError `INVALID_STATE` if that chat is set to plain text, EncryptionError `MISSING_KEY` if a key is missing there.
   */
  forward(chat: Chat, options?: ForwardOptions): Promise<Message>;
  /** Marks this one message as read, here and on the server. */
  markRead(): Promise<void>;
  /** Removes it for this user; with `server` also from the mailbox. A message that still waits to be sent is taken back. */
  delete(options?: RemoveOptions): Promise<void>;
  /** Tries to send a failed or waiting message again, now. */
  retry(): Promise<void>;
  /**
   * Takes a message back that no server has yet. Its text goes with it: keep what an undo should bring back to the editor.
   *
   * @throws InputError `INVALID_STATE` if it is too late, `NOT_FOUND` if it was taken back or removed before.
   */
  cancel(): Promise<void>;
  /** Resolves when our server has taken the message; rejects with the server's words if it was refused. */
  sent(options?: AbortOptions): Promise<void>;
  /**
   * Resolves when a recipient's side confirmed that it arrived (a read message arrived, too); rejects if it bounced. Plain
   * mail programs confirm nothing: pass a `signal`.
   */
  delivered(options?: AbortOptions): Promise<void>;
  /** Resolves when a recipient confirmed to have read it. Not everybody does: pass a `signal`. */
  read(options?: AbortOptions): Promise<void>;
}

/** A file of a message. */
export interface Attachment {
  /** Safe to show and as a file name; never empty. */
  readonly filename: string;
  readonly contentType: string;
  /** Octets; an estimate until it is here. */
  readonly size: number;
  /** A voice message. */
  readonly voice: boolean;
  /** Duration of audio or video, milliseconds. */
  readonly durationMs: number | undefined;
  readonly sticker: boolean;
  /** Shown within the HTML text, which refers to it by `contentId`. */
  readonly inline: boolean;
  readonly contentId: string | undefined;
  /** Small image that stands in for this file. */
  readonly preview: Attachment | undefined;
  /** True if the octets are here, so that no download is needed. */
  readonly downloaded: boolean;
  /** The octets, from here or from the server. */
  download(options?: DownloadOptions): Promise<Uint8Array>;
  /** The octets piece by piece, for what should not be in memory as a whole. */
  stream(options?: DownloadOptions): AsyncIterable<Uint8Array>;
  /** Downloads into a file (Node only). An existing file is left alone unless `overwrite` is set. */
  saveTo(path: string, options?: DownloadOptions & { readonly overwrite?: boolean | undefined }): Promise<void>;
}
