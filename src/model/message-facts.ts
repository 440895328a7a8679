import { limits } from '../core/limits.js';
import type { MailAddress } from '../mail/parsed-mail.js';
import type { ChatAttachment, ChatMail } from '../protocol/chat-mail.js';
import { CHAT_ID_PREFIX } from '../protocol/detection.js';
import type { AddressRecord, AttachmentRecord, MessageRecord } from '../store/records.js';
import { claimsPass, joinAuthentication } from './authentication.js';
import { groupChangesOf } from './group-note.js';
import { messageIdOf, UNKNOWN_ADDRESS } from './identity.js';

const HEAD_FIELDS = [
  'messageId',
  'outerId',
  'from',
  'fromMe',
  'to',
  'cc',
  'headerDate',
  'kind',
  'isChat',
  'chatClient',
  'automatic',
  'subject',
  'inReplyTo',
  'references',
  'listId',
  'groupId',
  'changes',
  'receiptTo',
  'tokens',
  'typing',
  'authentication',
] as const;

const CONTENT_FIELDS = [
  'text',
  'html',
  'markdown',
  'mentions',
  'signature',
  'quote',
  'forwarded',
  'attachments',
  'problem',
  'bodyHash',
  'shapeHash',
  'size',
  'partial',
] as const;

/** What the header of a mail says about its message. */
export type MessageHead = Pick<MessageRecord, (typeof HEAD_FIELDS)[number]>;

/** What the body of a mail says about its message. */
export type MessageContent = Pick<MessageRecord, (typeof CONTENT_FIELDS)[number]>;

/** Everything in a message that does not come from the mail itself: what we, the servers and other devices did with it. */
export type MessageStatus = Omit<MessageRecord, keyof MessageHead | keyof MessageContent>;

/** Reads the header facts of a mail. `own`: the account's addresses; `authentication`: what the outer header says about the sender. */
export function headOf(
  mail: ChatMail,
  own: ReadonlySet<string>,
  authentication?: MessageRecord['authentication'],
): MessageHead {
  const from = mail.from === undefined ? { address: UNKNOWN_ADDRESS } : addressRecord(mail.from);
  const fromMe = own.has(from.address);
  const changes = mail.group === undefined ? [] : groupChangesOf(mail.group, from.address);
  return {
    messageId: messageIdOf(mail),
    from,
    fromMe,
    to: mail.to.map(addressRecord),
    cc: mail.cc.map(addressRecord),
    ...(mail.date !== undefined && { headerDate: mail.date }),
    kind: mail.kind,
    isChat: mail.isChat,
    ...(mail.chatVersion !== undefined && { chatClient: true }),
    ...(mail.automatic && { automatic: true }),
    ...(mail.subject !== undefined && { subject: mail.subject }),
    ...(mail.inReplyTo !== undefined && { inReplyTo: mail.inReplyTo }),
    references: mail.references,
    ...(mail.listId !== undefined && { listId: mail.listId }),
    ...(mail.groupId !== undefined && { groupId: mail.groupId }),
    ...(changes.length > 0 && { changes }),
    ...(mail.receiptRequestedBy !== undefined && { receiptTo: mail.receiptRequestedBy }),
    ...(isTyping(mail) && isBetweenTwo(mail) && { typing: true as const }),
    ...(mail.tokens !== undefined && isBetweenTwo(mail) && { tokens: mail.tokens }),
    ...(authentication !== undefined && { authentication }),
  };
}

/**
 * Address of the sender if the mail tells something about that contact: its name, and whether it uses a chat program. List
 * mail, reports, automatic mail, mail with several authors and our own does not. Of several copies one that does is enough.
 */
export function tellingSenderOf(mail: ChatMail, own: ReadonlySet<string>): string | undefined {
  const telling = mail.kind === 'message' && !mail.severalFrom && !mail.automatic && mail.listId === undefined;
  return telling && mail.from !== undefined && !own.has(mail.from.address) ? mail.from.address : undefined;
}

/** Reads the content of a mail; `key` is the message's, which names the blobs of its files. */
export function contentOf(mail: ChatMail, key: string): MessageContent {
  const [problem] = mail.problems;
  const common = {
    ...(problem !== undefined && { problem: { code: problem.code, detail: problem.detail } }),
    ...(mail.bodyHash !== undefined && { bodyHash: mail.bodyHash }),
    shapeHash: mail.shapeHash,
    size: mail.size,
    ...(mail.bodyHash === undefined && problem?.code === 'too-large' && { partial: true }),
  };
  if (mail.kind !== 'message') return { text: mail.text, attachments: [], ...common };
  return {
    text: mail.text,
    ...(mail.html !== undefined && { html: mail.html }),
    ...(mail.markdown !== undefined && { markdown: mail.markdown }),
    ...(mail.mentions !== undefined && { mentions: mail.mentions }),
    ...(mail.signature !== undefined && { signature: mail.signature }),
    ...(mail.quote !== undefined && {
      quote: { text: mail.quote, ...(mail.inReplyTo !== undefined && { messageId: mail.inReplyTo }) },
    }),
    ...(mail.forwarded !== undefined && { forwarded: mail.forwarded }),
    attachments: mail.attachments.map((attachment) => attachmentRecord(attachment, key)),
    ...common,
  };
}

/** Id of the blob that keeps a file of a message. */
export function attachmentBlobId(key: string, part: string): string {
  return `part:${key}:${part}`;
}

/** The header facts in a record. */
export function headIn(record: MessageRecord): MessageHead {
  return pick(record, HEAD_FIELDS);
}

/** The content in a record. */
export function contentIn(record: MessageRecord): MessageContent {
  return pick(record, CONTENT_FIELDS);
}

/** A record made of its three parts. */
export function assemble(head: MessageHead, content: MessageContent, status: MessageStatus): MessageRecord {
  // Spreading this many fields of three objects takes V8 twenty times as long, for every mail.
  return Object.assign({}, head, content, status);
}

/** All of a record that is neither header facts nor content. */
export function statusIn(record: MessageRecord): MessageStatus {
  const rest: Partial<Record<keyof MessageRecord, unknown>> = { ...record };
  for (const field of [...HEAD_FIELDS, ...CONTENT_FIELDS]) delete rest[field];
  return rest as MessageStatus;
}

/**
 * Header facts of two copies of one mail. They are nearly always equal; a copy that came through a mailing list wins over one that did
 * not, then one whose sender is said to be authentic, otherwise the choice is arbitrary but always the same. What is said about the sender
 * goes with the header that it was said of.
 */
export function joinHeads(a: MessageHead, b: MessageHead): MessageHead {
  if ((a.listId === undefined) !== (b.listId === undefined)) return a.listId === undefined ? b : a;
  const { authentication: _a, ...plainA } = a;
  const { authentication: _b, ...plainB } = b;
  if (JSON.stringify(plainA) === JSON.stringify(plainB)) return joinAuthentication(a, b);
  if (claimsPass(a) !== claimsPass(b)) return claimsPass(a) ? a : b;
  return smaller(a, b);
}

/** Content of two copies of one mail: one that was fetched whole says more than one fetched in pieces. */
export function joinContents(a: MessageContent, b: MessageContent): MessageContent {
  if ((a.bodyHash === undefined) !== (b.bodyHash === undefined)) return a.bodyHash === undefined ? b : a;
  return smaller(a, b);
}

/** True if two mails of the same identity have the same content, as far as both are known. */
export function sameContent(
  a: Pick<MessageRecord, 'bodyHash' | 'shapeHash'>,
  b: Pick<MessageRecord, 'bodyHash' | 'shapeHash'>,
): boolean {
  if (a.bodyHash !== undefined && b.bodyHash !== undefined) return a.bodyHash === b.bodyHash;
  return a.shapeHash === b.shapeHash;
}

/** Content that is left of a message that is gone: nothing but what recognises another copy of it. */
export function strippedContent(content: MessageContent): MessageContent {
  const { shapeHash, size, bodyHash, problem } = content;
  return {
    text: '',
    attachments: [],
    ...(problem !== undefined && { problem }),
    ...(bodyHash !== undefined && { bodyHash }),
    shapeHash,
    size,
  };
}

/** True if the mail comes from a plain mail program, be it an answer to a chat message. */
export function isPlain(message: Pick<MessageRecord, 'chatClient' | 'messageId'>): boolean {
  return message.chatClient !== true && !message.messageId.startsWith(CHAT_ID_PREFIX);
}

function smaller<T extends object>(a: T, b: T): T {
  return JSON.stringify(a) <= JSON.stringify(b) ? a : b;
}

function addressRecord(address: MailAddress): AddressRecord {
  return address.name === undefined ? { address: address.address } : { address: address.address, name: address.name };
}

function attachmentRecord(file: ChatAttachment, key: string): AttachmentRecord {
  return {
    part: file.part,
    filename: file.filename,
    contentType: file.contentType,
    size: file.size,
    encoding: file.encoding,
    ...(file.contentId !== undefined && { contentId: file.contentId }),
    ...(file.inline && { inline: true }),
    ...(file.voice && { voice: true }),
    ...(file.durationMs !== undefined && { durationMs: file.durationMs }),
    ...(file.previewOf !== undefined && { previewOf: file.previewOf }),
    ...(file.sticker && { sticker: true }),
    ...(file.content !== undefined && { blob: attachmentBlobId(key, file.part) }),
  };
}

function pick<K extends keyof MessageRecord>(record: MessageRecord, fields: readonly K[]): Pick<MessageRecord, K> {
  const picked: Partial<Pick<MessageRecord, K>> = {};
  for (const field of fields) if (record[field] !== undefined) picked[field] = record[field];
  return picked as Pick<MessageRecord, K>;
}

/** Tokens are worth nothing in a mail that others get as well: they could be copied from there. */
function isBetweenTwo(mail: ChatMail): boolean {
  const alone = mail.to.length + mail.cc.length === 1 && !mail.severalFrom;
  return alone && mail.listId === undefined && mail.groupId === undefined;
}

/** One short text and nothing else: whatever says more is shown, so that nothing can hide in it. */
function isTyping(mail: ChatMail): boolean {
  if (mail.kind !== 'message' || mail.chatContent?.value !== 'typing' || !mail.automatic) return false;
  const more = [mail.html, mail.markdown, mail.quote, mail.signature, mail.forwarded].some(
    (part) => part !== undefined,
  );
  return !more && mail.attachments.length === 0 && Buffer.byteLength(mail.text) <= limits.typingOctets;
}
