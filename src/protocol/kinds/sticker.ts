import type { MailHeaders } from '../../mail/parsed-mail.js';
import { parseChatContent } from '../chat-content.js';
import type { DraftAttachment } from '../chat-mail.js';

/** True if the headers of a part, or of the whole mail, say that its image is a sticker (chatmail's `Chat-Content: sticker`). */
export function isSticker(headers: MailHeaders): boolean {
  return parseChatContent(headers.get('Chat-Content'))?.value === 'sticker';
}

/** The header field that marks an image as a sticker. */
export function stickerHeaders(file: Pick<DraftAttachment, 'sticker'>): [name: string, value: string][] {
  return file.sticker ? [['Chat-Content', 'sticker']] : [];
}
