import type { AbortOptions } from '../core/abort.js';
import { limits } from '../core/limits.js';
import { firstAddress } from '../mail/address.js';
import type { ParsedMail } from '../mail/parsed-mail.js';
import { readMail } from '../mail/read-mail.js';
import { isAutomatic, listIdOf } from './automatic.js';
import { parseChatContent } from './chat-content.js';
import type { ChatMail, ChatMailBase } from './chat-mail.js';
import { defined } from './defined.js';
import { chatMarks, chatVersionOf } from './detection.js';
import { findGroupId } from './group-id.js';
import { deliveryReportOf } from './kinds/delivery-report.js';
import { readProfile } from './kinds/profile.js';
import { readGroup } from './kinds/read-group.js';
import { readMessage } from './kinds/read-message.js';
import { receiptOf } from './kinds/receipt.js';

/** A mail as it came: octets, text (taken as UTF-8), or a stream of octets. */
export type RawMail = Uint8Array | string | AsyncIterable<Uint8Array>;

/**
 * Reads a mail in the terms of chat: who wrote what in which conversation. Takes mail of COI clients, chatmail clients
 * and plain mail programs; what is broken in it is listed in `problems` and never thrown.
 *
 * @throws InputError `INVALID_OPTION` if `raw` is no mail at all but, say, an object; AbortedError.
 */
export async function readChatMail(raw: RawMail, options: AbortOptions = {}): Promise<ChatMail> {
  const octets = typeof raw === 'string' ? new TextEncoder().encode(raw) : raw;
  return chatMailOf(await readMail(octets, options));
}

/** The same for a mail whose parts have been read already, all of them or some. */
export async function chatMailOf(mail: ParsedMail): Promise<ChatMail> {
  const plain = chatMailBase(mail);
  const about = await readProfile(mail);
  const own = about === undefined ? plain : { ...plain, ...about };
  const base = plain.groupId === undefined ? own : { ...own, group: await readGroup(mail, plain.groupId) };
  return receiptOf(mail, base) ?? (await deliveryReportOf(mail, base)) ?? readMessage(mail, base);
}

function chatMailBase(mail: ParsedMail): ChatMailBase {
  const { headers } = mail;
  const marks = chatMarks(mail);
  return {
    isChat: marks.length > 0,
    marks,
    severalFrom: mail.from.length > 1,
    to: mail.to,
    cc: mail.cc,
    replyTo: mail.replyTo,
    references: mail.references,
    automatic: isAutomatic(headers),
    size: mail.size,
    problems: mail.problems,
    shapeHash: mail.shapeHash,
    ...defined({
      chatVersion: chatVersionOf(mail),
      chatContent: parseChatContent(headers.get('Chat-Content')),
      messageId: mail.messageId,
      from: mail.from[0],
      date: mail.date,
      subject: mail.subject,
      inReplyTo: mail.inReplyTo[0],
      groupId: findGroupId(mail),
      listId: listIdOf(headers),
      receiptRequestedBy: receiptAddress(mail),
      tokens: tokensOf(mail),
      bodyHash: mail.bodyHash,
    }),
  };
}

function receiptAddress({ headers }: ParsedMail): string | undefined {
  const asked = headers.get('Disposition-Notification-To') ?? headers.get('Chat-Disposition-Notification-To');
  return asked === undefined ? undefined : firstAddress(asked);
}

/** A header field that is there twice could mean either. */
function tokensOf({ headers }: ParsedMail): ChatMailBase['tokens'] {
  const only = (name: string) => {
    const values = headers.getAll(name);
    const value = values.length === 1 ? values[0]?.replace(/\s+/g, '') : undefined;
    return value !== undefined && value !== '' && value.length <= limits.tokenChars ? value : undefined;
  };
  const tokens = defined({ granted: only('COI-MySToken'), presented: only('COI-SToken') });
  return Object.keys(tokens).length === 0 ? undefined : tokens;
}
