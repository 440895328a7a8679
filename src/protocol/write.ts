import { type RandomBytes, secureRandom } from '../core/random.js';
import { domainOf } from '../mail/address.js';
import { composeMime, type MimeHeaderValue, type MimePart } from '../mail/compose/mime.js';
import { newMessageId } from '../mail/message-id.js';
import { formatChatContent } from './chat-content.js';
import type { ChatMailDraft, WrittenMail } from './chat-mail.js';
import { groupContent } from './check-group.js';
import { groupHeaders } from './kinds/write-group.js';
import { messageParts } from './kinds/write-message.js';
import { chatSubject } from './subject.js';
import { referencesToWrite } from './threads.js';
import { type CheckedDraft, validateDraft } from './validate-draft.js';

/** Options of {@link writeChatMail}. The defaults are right except in tests. */
export interface WriteOptions {
  /** Source of the Message-ID and the multipart boundaries; inject one for repeatable output. Default: cryptographic. */
  readonly random?: RandomBytes;
  /** The time for a draft without `date`, milliseconds since 1970. Default: `Date.now`. */
  readonly now?: () => number;
  /**
   * The mail will be encrypted: its Message-ID, which stands outside as well, does not name the group, and the wish for a read receipt is
   * also written as chatmail programs look for it inside. Default false.
   */
  readonly encrypted?: boolean;
}

/**
 * Writes a chat mail: the octets to hand to an SMTP server, its Message-ID and its envelope recipients.
 *
 * A COI client, a chatmail client and a plain mail program can all read the result. What it does not do: encrypt,
 * remember, or send.
 *
 * @throws InputError if anything about the draft is wrong; see `validateDraft` for the codes. Nothing has happened then.
 */
export async function writeChatMail(draft: ChatMailDraft, options: WriteOptions = {}): Promise<WrittenMail> {
  const checked = await validateDraft(draft);
  const random = options.random ?? secureRandom;
  const { encrypted = false } = options;
  const groupId = encrypted ? undefined : checked.groupId;
  const messageId =
    checked.messageId ??
    newMessageId(domainOf(checked.from.address), { random, ...(groupId === undefined ? {} : { groupId }) });
  const body = await messageParts(checked);
  const subject = checked.subject ?? chatSubject(body.subjectText, checked.attachments[0]?.filename);
  const date = checked.date ?? (options.now ?? Date.now)();
  const headers = mailHeaders(checked, { messageId, subject, date, encrypted });
  const root: MimePart = { ...body.root, headers: [...headers, ...body.mailHeaders, ...(body.root.headers ?? [])] };
  return {
    bytes: await composeMime(root, { random }),
    messageId,
    recipients: [...new Set([...checked.to, ...checked.cc].map(({ address }) => address))],
  };
}

function mailHeaders(
  draft: CheckedDraft,
  about: { readonly messageId: string; readonly subject: string; readonly date: number; readonly encrypted: boolean },
): (readonly [name: string, value: MimeHeaderValue])[] {
  const { messageId, subject, date, encrypted } = about;
  const headers: (readonly [string, MimeHeaderValue])[] = [
    ['Chat-Version', '1.0'],
    ['From', [draft.from]],
    ['To', draft.to],
  ];
  if (draft.cc.length > 0) headers.push(['Cc', draft.cc]);
  headers.push(['Date', { date }], ['Message-ID', messageId]);
  if (draft.inReplyTo !== undefined) headers.push(['In-Reply-To', draft.inReplyTo]);
  const references = referencesToWrite(draft);
  if (references.length > 0) headers.push(['References', references.map((id) => `<${id}>`).join(' ')]);
  headers.push(['Subject', subject]);
  // The same address as From, and nothing that tells more than it.
  if (draft.requestReceipt) {
    const asking = [{ address: draft.from.address }];
    headers.push(['Disposition-Notification-To', asking]);
    if (encrypted) headers.push(['Chat-Disposition-Notification-To', asking]);
  }
  if (draft.group !== undefined) headers.push(...groupHeaders(draft, { encrypted }));
  else if (draft.groupId !== undefined) headers.push(['Chat-Group-ID', draft.groupId], ['Chat-Group-Name', subject]);
  const groupValue = groupContent(draft.group);
  const content = draft.chatContent ?? (groupValue === undefined ? undefined : { value: groupValue });
  if (content !== undefined) headers.push(['Chat-Content', { structured: formatChatContent(content) }]);
  const { granted, presented } = draft.tokens ?? {};
  if (granted !== undefined) headers.push(['COI-MySToken', { structured: granted }]);
  if (presented !== undefined) headers.push(['COI-SToken', { structured: presented }]);
  if (draft.expires !== undefined) headers.push(['Expires', { date: draft.expires }]);
  if (draft.autoSubmitted !== undefined) headers.push(['Auto-Submitted', draft.autoSubmitted]);
  return [...headers, ...Object.entries(draft.headers)];
}
