/**
 * The wire format alone: reading and writing chat mail, without an account, a store or a connection.
 *
 * @packageDocumentation
 */

export type { AbortOptions } from '../core/abort.js';
export { CoiError, type CoiErrorCode, InputError } from '../core/errors.js';
export type { RandomBytes } from '../core/random.js';
// Addresses and ids.
export { domainOf, formatAddress, normalizeAddress, parseAddress, sameAddress } from '../mail/address.js';
export { type MessageIdOptions, newMessageId } from '../mail/message-id.js';
export type { MailAddress, MailHeaders, MailPart, MailProblem, ParsedMail } from '../mail/parsed-mail.js';
// Expert: for programs that read mail themselves.
export { readMail } from '../mail/read-mail.js';
export { isAutomatic, listIdOf } from '../protocol/automatic.js';
export {
  coiChatContents,
  formatChatContent,
  isExtensionChatContent,
  isKnownChatContent,
  parseChatContent,
} from '../protocol/chat-content.js';
export type {
  ChatAttachment,
  ChatContent,
  ChatMail,
  ChatMailBase,
  ChatMailDraft,
  ChatTextMail,
  DeliveryReportMail,
  DeliveryStatus,
  DraftAttachment,
  ReceiptMail,
  WrittenMail,
} from '../protocol/chat-mail.js';
export { type ChatMark, type ChatMarkSource, chatMarks, isChatMail } from '../protocol/detection.js';
export { findGroupId, type GroupIdSource, groupIdInMessageId, newGroupId } from '../protocol/group-id.js';
export type { DatedMember, GroupDraft, GroupMail, GroupMemberDraft } from '../protocol/group-mail.js';
export { type CardPhoto, type Cards, type HCard, type HGroup, readCards } from '../protocol/h-card.js';
export { type KnownHeader, knownHeaders } from '../protocol/header-names.js';
export type { Mention, MentionDraft } from '../protocol/mentions.js';
export type { ProfileDraft, ProfileMail } from '../protocol/profile-mail.js';
// Common: a mail in, a mail out.
export { chatMailOf, type RawMail, readChatMail } from '../protocol/read.js';
export { isPlaceholderSubject, stripReplyPrefixes } from '../protocol/subject.js';
export { type WriteOptions, writeChatMail } from '../protocol/write.js';
export { type HCardDraft, type HGroupDraft, hCardHtml, hGroupHtml } from '../protocol/write-h-card.js';
