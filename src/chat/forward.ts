import { throwIfAborted } from '../core/abort.js';
import { InputError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import type { MessageRecord } from '../store/records.js';
import { attachmentsOf } from './attachment.js';
import { checkBoolean } from './check-options.js';
import type { AccountContext } from './context.js';
import type { FileDraft } from './draft.js';
import type { Attachment, Chat, ForwardOptions, Message, SendOptions } from './handles.js';
import { sendDraft } from './send.js';

/**
 * Sends a message on into another chat, with its files. What was encrypted goes out encrypted, unless the user says that it need not.
 *
 * @throws InputError `INVALID_STATE`, EncryptionError `MISSING_KEY`: it would leave in plain text.
 * @throws InputError `ATTACHMENT_TOO_LARGE` before anything is downloaded.
 */
export async function forwardMessage(
  context: AccountContext,
  record: MessageRecord,
  chat: Chat,
  { allowPlaintext, ...options }: ForwardOptions,
): Promise<Message> {
  context.assertOpen();
  checkBoolean('allowPlaintext', allowPlaintext);
  throwIfAborted(options.signal);
  const files = attachmentsOf(context, record);
  const size = files.reduce((sum, file) => sum + file.size, 0);
  if (size > limits.sendAttachmentBytes) {
    throw new InputError(
      'ATTACHMENT_TOO_LARGE',
      `The files have about ${size} octets, but only ${limits.sendAttachmentBytes} can be sent. Forward the text alone.`,
    );
  }
  const attachments: FileDraft[] = [];
  for (const file of files) attachments.push(await fileDraft(file, options));
  const { text, html, markdown } = record;
  const draft = { ...(text === '' ? {} : { text }), html, markdown, attachments };
  const from = record.forwarded ? record.forwarded.from : (record.from.name ?? record.from.address);
  const confidential = record.security.encrypted && allowPlaintext !== true;
  return sendDraft(context, chat, draft, options, { confidential, ...(from !== undefined && { from }) });
}

async function fileDraft(file: Attachment, { signal }: SendOptions): Promise<FileDraft> {
  const { filename, contentType, voice, durationMs, sticker, inline, contentId, preview } = file;
  return {
    content: await file.download({ signal }),
    filename,
    contentType,
    durationMs,
    ...(voice ? { voice } : {}),
    ...(sticker ? { sticker } : {}),
    ...(inline && contentId !== undefined ? { contentId } : {}),
    ...(preview ? { preview: { content: await preview.download({ signal }), contentType: preview.contentType } } : {}),
  };
}
