import { throwIfAborted } from '../core/abort.js';
import { InputError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import type { MessageRecord } from '../store/records.js';
import { attachmentsOf } from './attachment.js';
import type { AccountContext } from './context.js';
import type { FileDraft } from './draft.js';
import type { Attachment, Chat, Message, SendOptions } from './handles.js';
import { sendDraft } from './send.js';

/**
 * Sends a message on into another chat, with its files.
 *
 * @throws InputError `INVALID_STATE` for what was received encrypted: it would leave in plain text.
 * @throws InputError `ATTACHMENT_TOO_LARGE` before anything is downloaded.
 */
export async function forwardMessage(
  context: AccountContext,
  record: MessageRecord,
  chat: Chat,
  options: SendOptions,
): Promise<Message> {
  context.assertOpen();
  throwIfAborted(options.signal);
  if (record.security.encrypted) {
    throw new InputError('INVALID_STATE', 'A message that was received encrypted is not forwarded in plain text.');
  }
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
  return sendDraft(context, chat, draft, options, from === undefined ? {} : { from });
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
