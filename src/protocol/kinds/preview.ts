import type { MimeLeaf } from '../../mail/compose/mime.js';
import type { MailHeaders } from '../../mail/parsed-mail.js';
import { safeFilename } from '../../mail/text-clean.js';
import { parseChatContent } from '../chat-content.js';
import type { ChatAttachment, DraftAttachment } from '../chat-mail.js';

/** True if a part only stands in for the large file that follows it (`Chat-Content: preview`). */
export function isPreview(headers: MailHeaders): boolean {
  return parseChatContent(headers.get('Chat-Content'))?.value === 'preview';
}

/** The part to write before the file of that name, which it stands for. */
export function previewPart(preview: NonNullable<DraftAttachment['preview']>, filename: string): MimeLeaf {
  const stem = filename.replace(/\.[^.]*$/, '').replaceAll('.', '_');
  return {
    contentType: preview.contentType,
    headers: [['Chat-Content', 'preview']],
    content: preview.content,
    disposition: 'inline',
    filename: safeFilename(`${stem}-preview`, preview.contentType),
  };
}

/** Tells each preview which file it stands for: the next one in the order of the parts. A preview with none after it is a file like any other. */
export function linkPreviews(
  files: readonly { readonly file: ChatAttachment; readonly preview: boolean }[],
): ChatAttachment[] {
  const linked: ChatAttachment[] = [];
  let next: string | undefined;
  for (const { file, preview } of [...files].reverse()) {
    if (!preview) next = file.part;
    linked.push(preview && next !== undefined ? { ...file, previewOf: next } : file);
  }
  return linked.reverse();
}
