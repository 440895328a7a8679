import { InputError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import { refuseUnknownOptions } from '../core/options.js';
import { parseAddress } from '../mail/address.js';
import type { MailAddress } from '../mail/parsed-mail.js';
import { isChatContentParam, isExtensionChatContent, isKnownChatContent } from './chat-content.js';
import type { ChatMailDraft } from './chat-mail.js';
import { checkGroup, checkGroupId, groupContent } from './check-group.js';
import { defined } from './defined.js';
import { type CheckedAttachment, checkAttachment } from './draft-attachment.js';
import { checkLine, checkOneOf, checkText, isObject } from './draft-values.js';
import { isReservedHeader } from './header-names.js';
import { checkProfile } from './kinds/profile.js';
import { type CheckedMention, canBeMentioned } from './mentions.js';
import { isWritableMessageId } from './threads.js';

/** Names of all options, so that a typo is refused by name. The type says if one is missing. */
const DRAFT_OPTIONS = Object.keys({
  from: true,
  to: true,
  cc: true,
  text: true,
  html: true,
  markdown: true,
  mentions: true,
  attachments: true,
  inReplyTo: true,
  references: true,
  quote: true,
  forwarded: true,
  subject: true,
  groupId: true,
  group: true,
  profile: true,
  chatContent: true,
  messageId: true,
  date: true,
  requestReceipt: true,
  autoSubmitted: true,
  expires: true,
  tokens: true,
  headers: true,
} satisfies Record<keyof ChatMailDraft, true>);

/** A draft that can be written: addresses normalised, texts with `\n` line ends, types of files known. */
export interface CheckedDraft extends ChatMailDraft {
  readonly cc: readonly MailAddress[];
  readonly mentions: readonly CheckedMention[];
  readonly attachments: readonly CheckedAttachment[];
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Checks everything about a draft before anything happens, so that what `writeChatMail` starts it can finish.
 *
 * @throws InputError
 *   `UNKNOWN_OPTION` for a key that does not exist; `INVALID_OPTION` for a value of the wrong type or form;
 *   `INVALID_ADDRESS`; `INVALID_HEADER` for line breaks and other control characters in anything that goes into a header, and for
 *   own header fields that the protocol writes; `EMPTY_MESSAGE`; `TEXT_TOO_LONG`; `ATTACHMENT_TOO_LARGE`; `TOO_MANY_RECIPIENTS`.
 */
export async function validateDraft(draft: ChatMailDraft): Promise<CheckedDraft> {
  if (!isObject(draft))
    throw new InputError('INVALID_OPTION', 'The draft must be an object such as { from, to, text }.');
  refuseUnknownOptions('draft', draft, DRAFT_OPTIONS);
  const from = checkAddress(draft.from, 'from');
  const to = checkAddresses(draft.to, 'to');
  const cc = draft.cc === undefined ? [] : checkAddresses(draft.cc, 'cc');
  if (to.length === 0) throw new InputError('INVALID_ADDRESS', 'to: name at least one recipient.');
  if (to.length + cc.length > limits.sendRecipients) {
    throw new InputError(
      'TOO_MANY_RECIPIENTS',
      `The message has ${to.length + cc.length} recipients; at most ${limits.sendRecipients} are possible.`,
    );
  }
  const attachments = await checkAttachments(draft.attachments, draft.html !== undefined);
  const checked: CheckedDraft = {
    from,
    to,
    cc,
    mentions: checkMentions(draft.mentions, draft.text),
    attachments,
    headers: checkHeaders(draft.headers),
    ...defined({
      text: checkWords(draft.text, 'text'),
      html: checkWords(draft.html, 'html'),
      markdown: checkWords(draft.markdown, 'markdown'),
      quote: checkWords(foreignText(draft.quote), 'quote'),
      subject: draft.subject === undefined ? undefined : checkLine(draft.subject, 'subject', limits.sendHeaderChars),
      forwarded: draft.forwarded === undefined ? undefined : checkForwarded(draft.forwarded),
      inReplyTo: draft.inReplyTo === undefined ? undefined : checkForeignId(draft.inReplyTo, 'inReplyTo'),
      references: draft.references === undefined ? undefined : checkReferences(draft.references),
      messageId: draft.messageId === undefined ? undefined : checkOwnId(draft.messageId),
      groupId: draft.groupId === undefined ? undefined : checkGroupId(draft.groupId, 'groupId'),
      profile: draft.profile === undefined ? undefined : checkProfile(draft.profile),
      group: draft.group === undefined ? undefined : checkGroup(draft.group),
      chatContent: draft.chatContent === undefined ? undefined : checkChatContent(draft.chatContent),
      date: draft.date === undefined ? undefined : checkDate(draft.date),
      requestReceipt:
        draft.requestReceipt === undefined ? undefined : checkBoolean(draft.requestReceipt, 'requestReceipt'),
      expires: draft.expires === undefined ? undefined : checkDate(draft.expires),
      tokens: draft.tokens === undefined ? undefined : checkTokens(draft.tokens, to.length + cc.length),
      autoSubmitted:
        draft.autoSubmitted === undefined
          ? undefined
          : checkOneOf(draft.autoSubmitted, 'autoSubmitted', ['auto-generated', 'auto-replied'] as const),
    }),
  };
  checkContent(checked);
  const { group } = checked;
  return group === undefined ? checked : { ...checked, groupId: group.id, subject: checked.subject ?? group.name };
}

/** What only several options together can get wrong. */
function checkContent(draft: CheckedDraft): void {
  const words = [draft.text, draft.html, draft.markdown].some((text) => text !== undefined);
  if (!words && draft.attachments.length === 0) {
    throw new InputError(
      'EMPTY_MESSAGE',
      'The message is empty: give it a text, html, markdown or at least one attachment.',
    );
  }
  if (!words && draft.chatContent !== undefined && isExtensionChatContent(draft.chatContent.value)) {
    throw new InputError(
      'EMPTY_MESSAGE',
      'An extension message needs a text that people without the extension can read.',
    );
  }
  if (draft.group !== undefined) {
    if (draft.groupId !== undefined && draft.groupId !== draft.group.id) {
      throw new InputError('INVALID_OPTION', 'groupId contradicts group.id; give group alone.');
    }
    if (draft.chatContent !== undefined && groupContent(draft.group) !== undefined) {
      throw new InputError(
        'INVALID_OPTION',
        'chatContent cannot be given where the group needs it to say what changes.',
      );
    }
  } else if (draft.groupId !== undefined && !draft.subject) {
    throw new InputError('INVALID_OPTION', "subject: a group message needs the group's name as its subject.");
  }
}

/** Text of others may be broken, and has to be answered all the same. */
function foreignText(text: unknown): unknown {
  return typeof text === 'string' ? text.replace(/\p{Cs}/gu, '\ufffd') : text;
}

/** Blank text counts as none. */
function checkWords(text: unknown, where: string): string | undefined {
  const checked = text === undefined ? '' : checkText(text, where);
  return checked.trim() === '' ? undefined : checked;
}

function checkAddresses(list: unknown, where: string): MailAddress[] {
  if (!Array.isArray(list)) {
    throw new InputError('INVALID_ADDRESS', `${where} must be an array of { address, name? }.`);
  }
  return list.map((entry: unknown, i) => checkAddress(entry, `${where}[${i}]`));
}

function checkAddress(given: unknown, where: string): MailAddress {
  if (!isObject(given)) throw new InputError('INVALID_ADDRESS', `${where} must be an object { address, name? }.`);
  refuseUnknownOptions(where, given, ['address', 'name']);
  const { address, name } = given;
  if (typeof address !== 'string') throw new InputError('INVALID_ADDRESS', `${where}.address must be a string.`);
  const normal = parseAddress(address);
  const checkedName = name === undefined ? '' : checkLine(name, `${where}.name`, limits.nameChars);
  return checkedName === '' ? { address: normal } : { address: normal, name: checkedName };
}

function checkMentions(list: unknown, text: unknown): CheckedMention[] {
  if (list === undefined) return [];
  if (!Array.isArray(list)) throw new InputError('INVALID_OPTION', 'mentions must be an array of { address, name? }.');
  if (list.length > limits.mentions) {
    throw new InputError('INVALID_OPTION', `mentions: at most ${limits.mentions} people fit into one message.`);
  }
  if (list.length > 0 && text === undefined) {
    throw new InputError('INVALID_OPTION', 'mentions go with a text. In HTML, write links of the class "mention".');
  }
  return list.map((entry: unknown, i) => {
    const where = `mentions[${i}]`;
    const { address, name = address } = checkAddress(entry, where);
    if (!canBeMentioned(address) || /["\n]/.test(name)) {
      throw new InputError(
        'INVALID_OPTION',
        `${where}: neither a quote in the name nor one in the address can be written.`,
      );
    }
    return { address, name };
  });
}

async function checkAttachments(list: unknown, hasHtml: boolean): Promise<CheckedAttachment[]> {
  if (list === undefined) return [];
  if (!Array.isArray(list)) throw new InputError('INVALID_OPTION', 'attachments must be an array.');
  if (list.length > limits.sendAttachments) {
    throw new InputError(
      'INVALID_OPTION',
      `attachments: at most ${limits.sendAttachments} files fit into one message.`,
    );
  }
  const checked: CheckedAttachment[] = [];
  for (const [i, file] of list.entries()) checked.push(await checkAttachment(file, `attachments[${i}]`, hasHtml));
  const octets = checked.reduce(
    (sum, file) => sum + file.content.byteLength + (file.preview?.content.byteLength ?? 0),
    0,
  );
  if (octets > limits.sendAttachmentBytes) {
    throw new InputError(
      'ATTACHMENT_TOO_LARGE',
      `The attachments have ${octets} octets together; at most ${limits.sendAttachmentBytes} are possible.`,
    );
  }
  return checked;
}

function checkHeaders(headers: unknown): Record<string, string> {
  if (headers === undefined) return {};
  if (!isObject(headers)) throw new InputError('INVALID_OPTION', 'headers must be an object of names and values.');
  const checked: Record<string, string> = {};
  const seen = new Set<string>();
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,75}$/.test(name)) {
      throw new InputError('INVALID_HEADER', `headers: ${JSON.stringify(name)} is no name of a header field.`);
    }
    if (isReservedHeader(name)) {
      throw new InputError(
        'INVALID_HEADER',
        `headers: "${name}" is written by the protocol or by servers; use the option for it.`,
      );
    }
    if (seen.has(name.toLowerCase())) throw new InputError('INVALID_HEADER', `headers: "${name}" is there twice.`);
    seen.add(name.toLowerCase());
    checked[name] = checkLine(value, `headers["${name}"]`, limits.sendHeaderChars);
  }
  return checked;
}

function checkForwarded(given: unknown): { readonly from?: string } {
  if (!isObject(given)) throw new InputError('INVALID_OPTION', 'forwarded must be an object { from? }.');
  refuseUnknownOptions('forwarded', given, ['from']);
  const from = given.from === undefined ? '' : checkLine(given.from, 'forwarded.from', limits.nameChars);
  return from === '' ? {} : { from };
}

/** Ids of others may be anything; what cannot stand in a header is left out, so that every message can be answered. */
function checkForeignId(id: unknown, where: string): string | undefined {
  const line = checkLine(id, where, limits.sendHeaderChars);
  return isWritableMessageId(line) ? line : undefined;
}

function checkReferences(ids: unknown): string[] {
  if (!Array.isArray(ids)) throw new InputError('INVALID_OPTION', 'references must be an array of message-ids.');
  return ids.flatMap((id: unknown, i) => checkForeignId(id, `references[${i}]`) ?? []);
}

function checkOwnId(id: unknown): string {
  const line = checkLine(id, 'messageId', limits.messageIdChars);
  if (isWritableMessageId(line) && /^[^@]+@[^@]+$/.test(line)) return line;
  throw new InputError(
    'INVALID_HEADER',
    'messageId must have the form unique@domain, without angle brackets or blanks.',
  );
}

function checkChatContent(given: unknown): NonNullable<ChatMailDraft['chatContent']> {
  if (!isObject(given)) throw new InputError('INVALID_OPTION', 'chatContent must be an object { value, params? }.');
  refuseUnknownOptions('chatContent', given, ['value', 'params']);
  const { value, params = {} } = given;
  const known =
    typeof value === 'string' && value !== 'reaction' && (isKnownChatContent(value) || isExtensionChatContent(value));
  if (!known) {
    throw new InputError(
      'INVALID_OPTION',
      'chatContent.value must be a value of the protocol, or a reverse domain name such as "com.example.app.Game".',
    );
  }
  if (!isObject(params))
    throw new InputError('INVALID_OPTION', 'chatContent.params must be an object of names and values.');
  const checked: Record<string, string> = {};
  for (const [name, param] of Object.entries(params)) {
    if (!isChatContentParam(name)) {
      throw new InputError('INVALID_HEADER', `chatContent.params: ${JSON.stringify(name)} is no name of a parameter.`);
    }
    const line = checkLine(param, `chatContent.params["${name}"]`, limits.nameChars);
    if (/[^\x20-\x7e]/.test(line)) {
      throw new InputError(
        'INVALID_HEADER',
        `chatContent.params["${name}"] must be ASCII; put other text into the message.`,
      );
    }
    checked[name] = line;
  }
  return { value, params: checked };
}

function checkDate(date: unknown): number {
  // RFC 5322 has years of four digits.
  if (typeof date === 'number' && date >= 0 && date < Date.UTC(10_000, 0)) return Math.floor(date);
  throw new InputError('INVALID_OPTION', 'date must be milliseconds since 1970, such as Date.now().');
}

function checkTokens(given: unknown, recipients: number): { readonly granted?: string; readonly presented?: string } {
  if (!isObject(given)) throw new InputError('INVALID_OPTION', 'tokens must be an object { granted?, presented? }.');
  refuseUnknownOptions('tokens', given, ['granted', 'presented']);
  if (recipients !== 1) throw new InputError('INVALID_OPTION', 'tokens: they belong into mail to a single recipient.');
  const token = (name: 'granted' | 'presented') => {
    const value = given[name];
    if (value === undefined) return undefined;
    if (typeof value === 'string' && value.length <= limits.tokenChars && /^[\x21-\x7e]+$/.test(value)) return value;
    throw new InputError('INVALID_HEADER', `tokens.${name} must be a token: printable ASCII without blanks.`);
  };
  return defined({ granted: token('granted'), presented: token('presented') });
}

function checkBoolean(value: unknown, where: string): boolean {
  if (typeof value === 'boolean') return value;
  throw new InputError('INVALID_OPTION', `${where} must be true or false.`);
}
