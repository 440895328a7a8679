import { InputError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import { parseAddress } from '../mail/address.js';
import type { ChatMailDraft, DraftAttachment } from '../protocol/chat-mail.js';
import type { GroupDraft } from '../protocol/group-mail.js';
import type { ProfileDraft } from '../protocol/profile-mail.js';
import type { ChatRecord, MessageRecord } from '../store/records.js';
import type { Identity } from '../sync/incoming.js';
import type { MailTokens } from '../sync/trust/tokens-to-send.js';
import { defined, type MessageDraft } from './draft.js';
import { HIDDEN_NAME } from './group-acts.js';
import type { ChatRecipient } from './recipients.js';

/** What a message is composed from. */
export interface Composition {
  readonly identity: Identity;
  readonly chat: ChatRecord;
  readonly replyTo: MessageRecord | undefined;
  /** Own address to write from. */
  readonly from: string;
  readonly recipients: readonly ChatRecipient[];
  /** The mail will be encrypted. If not, nothing may stand in it that was received encrypted. */
  readonly encrypted: boolean;
  /** The name of the chat is known from encrypted mail only. */
  readonly secretName: boolean;
  /** Default of the account: ask for read receipts. */
  readonly requestReceipts: boolean;
  /** Mark as automatic (bots). */
  readonly automatic: boolean;
  /** Set when the text and the files are those of another message. */
  readonly forwarded?: { readonly from?: string };
  /** Tokens of the trusted connection that go along. */
  readonly tokens?: MailTokens;
  /** The own profile goes along. */
  readonly profile?: ProfileDraft;
  readonly now: number;
  /** What the mail says about the group that it goes to. */
  readonly group?: GroupDraft | undefined;
  /** The mail founds the group, in words that the library has chosen. */
  readonly founding?: true | undefined;
  /** The mail is dated no earlier than this: it changes something. */
  readonly notBefore?: number | undefined;
}

/** Makes the mail of a message: who it is from and to, where it belongs, how it looks to a plain mail program. */
export function composeMail(
  draft: MessageDraft,
  attachments: readonly DraftAttachment[],
  { identity, chat, replyTo, from: address, ...composition }: Composition,
): ChatMailDraft {
  const { recipients, automatic, encrypted } = composition;
  const { text, html, markdown, mentions, headers } = draft;
  const requestReceipt =
    recipients.every(({ usesChat }) => usesChat) &&
    !automatic &&
    chat.kind !== 'list' &&
    (draft.requestReceipt ?? composition.requestReceipts);
  const autoSubmitted = draft.autoSubmitted ?? (automatic ? (replyTo ? 'auto-replied' : 'auto-generated') : undefined);
  const references = [chat.firstMessageId, chat.lastMessageId].filter((id) => id !== undefined);
  return {
    from: identity.name === undefined ? { address } : { address, name: identity.name },
    to: recipients.map((recipient) => ({ address: recipient.address })),
    date: Math.max(dateOf(composition.now, Math.max(chat.lastDate, chat.clearedUpTo ?? 0)), composition.notBefore ?? 0),
    ...defined({
      text,
      html,
      markdown,
      mentions,
      headers,
      subject: draft.subject ?? subjectOf(chat, composition),
      autoSubmitted,
      inReplyTo: replyTo?.messageId,
      quote: replyTo && draft.quote !== false ? quoteOf(replyTo, encrypted) : undefined,
      references: references.length > 0 ? references : undefined,
      group: composition.group,
      chatContent: composition.founding ? { value: 'groupinfo' } : undefined,
      groupId: chat.kind === 'group' && !composition.group ? chat.groupId : undefined,
      forwarded: composition.forwarded,
    }),
    ...(composition.tokens && { tokens: composition.tokens }),
    ...(composition.profile && { profile: composition.profile }),
    ...(attachments.length > 0 ? { attachments } : {}),
    ...(requestReceipt ? { requestReceipt } : {}),
  };
}

/** The name of the chat, where it has one that may be told. */
function subjectOf(chat: ChatRecord, how: Pick<Composition, 'encrypted' | 'secretName' | 'group'>): string | undefined {
  if (chat.kind === 'single' || chat.kind === 'self' || chat.name === '' || how.group) return undefined;
  if (how.encrypted || !how.secretName) return chat.name;
  return chat.kind === 'group' ? HIDDEN_NAME : undefined;
}

/**
 * The own address to write from: the one asked for, or the one that this conversation was last held with.
 *
 * @param about The answered message, or the newest one.
 * @throws InputError `INVALID_OPTION` if the one asked for is not an own address.
 */
export function senderOf(asked: string | undefined, identity: Identity, about: MessageRecord | undefined): string {
  if (asked !== undefined) {
    const address = parseAddress(asked);
    if (identity.addresses.has(address)) return address;
    throw new InputError(
      'INVALID_OPTION',
      `from: "${address}" is not an address of this account. Add it to "aliases".`,
    );
  }
  if (!about) return identity.email;
  const candidates = about.fromMe ? [about.from] : [...about.to, ...about.cc];
  return candidates.find(({ address }) => identity.addresses.has(address))?.address ?? identity.email;
}

/**
 * Date of a message that comes after one with the date `last`. Mail knows only whole seconds, and clocks differ: without
 * a distance of a second, messages written at once, or an answer to somebody whose clock is ahead, would end up in
 * another order on other devices.
 */
function dateOf(now: number, last: number): number {
  const second = Math.floor(now / 1000) * 1000;
  const next = Math.floor(last / 1000) * 1000 + 1000;
  return next > second && next - second <= limits.dateLeadMs ? next : now;
}

/** Beginning of the text that is answered; in plain text nothing of what was encrypted. */
function quoteOf(message: MessageRecord, encrypted: boolean): string | undefined {
  if (message.security.encrypted && !encrypted) return undefined;
  const text = message.text.trim();
  if (text === '') return undefined;
  if (text.length <= limits.quoteChars) return text;
  // Cut at a code point, so that no half of a surrogate pair is left.
  const cut = [...text.slice(0, limits.quoteChars)];
  if (/\p{Cs}/u.test(cut.at(-1) ?? '')) cut.pop();
  return `${cut.join('').trimEnd()}…`;
}
