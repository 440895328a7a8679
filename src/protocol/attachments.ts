import type { MailHeaders, MailPart } from '../mail/parsed-mail.js';
import { safeFilename } from '../mail/text-clean.js';
import type { ChatAttachment } from './chat-mail.js';
import { isPreview, linkPreviews } from './kinds/preview.js';
import { isSticker } from './kinds/sticker.js';
import { readVoiceMarks } from './kinds/voice.js';

/** What a file without a name is called; the extension is added by its type. */
const NAMES: readonly (readonly [type: string, name: string])[] = [
  ['image/', 'image'],
  ['audio/', 'audio'],
  ['video/', 'video'],
  ['text/calendar', 'invite'],
  ['text/vcard', 'contact'],
  ['text/html', 'page'],
  ['text/', 'text'],
  ['message/rfc822', 'message'],
  ['message/', 'report'],
];

/**
 * Describes the files of a mail, with previews linked to what they stand for.
 *
 * @param mailHeaders chatmail marks voice messages and stickers in the header of the mail: such a mark goes to the first file it fits
 * @param html the formatted text, to tell which images are shown inside it (RFC 2392 `cid:` links)
 */
export function readAttachments(
  files: readonly MailPart[],
  mailHeaders: MailHeaders,
  html: string | undefined,
): ChatAttachment[] {
  const shown = cidLinks(html);
  const described = files.map((part) => ({ file: describe(part, shown), preview: isPreview(part.headers) }));
  return applyMailMarks(linkPreviews(described), mailHeaders);
}

function describe(part: MailPart, shown: ReadonlySet<string>): ChatAttachment {
  const content = part.content();
  const named = part.dispositionParams.get('filename') ?? part.params.get('name') ?? '';
  const fallback = NAMES.find(([type]) => part.contentType.startsWith(type))?.[1] ?? 'file';
  return {
    part: part.path,
    filename: safeFilename(named, part.contentType, fallback),
    contentType: part.contentType,
    size: content?.byteLength ?? decodedSize(part),
    encoding: part.encoding,
    ...(content === undefined ? {} : { content }),
    ...(part.contentId === undefined ? {} : { contentId: part.contentId }),
    inline: part.contentId !== undefined && shown.has(part.contentId),
    sticker: isSticker(part.headers),
    ...readVoiceMarks(part.headers),
  };
}

/** An estimate: base64 has 57 octets in a line of 76 characters and a line end. */
function decodedSize(part: MailPart): number {
  return part.encoding === 'base64' ? Math.floor((part.encodedSize * 57) / 78) : part.encodedSize;
}

/** Ids of the parts that HTML shows. */
function cidLinks(html: string | undefined): Set<string> {
  const ids = new Set<string>();
  for (const [, id = ''] of html?.matchAll(/cid:([^"'\s<>)]{1,998})/gi) ?? []) {
    ids.add(id);
    try {
      ids.add(decodeURIComponent(id));
    } catch {
      // Not percent-encoded after all: the id as written is there.
    }
  }
  return ids;
}

function applyMailMarks(files: ChatAttachment[], headers: MailHeaders): ChatAttachment[] {
  const marks = readVoiceMarks(headers);
  const sticker = isSticker(headers);
  if (!marks.voice && !sticker && marks.durationMs === undefined) return files;
  const first = (type: RegExp) => files.find((file) => type.test(file.contentType) && file.previewOf === undefined);
  const audio = first(/^audio\//);
  const timed = audio ?? first(/^video\//);
  const image = first(/^image\//);
  return files.map((file) => ({
    ...file,
    ...(marks.voice && file === audio ? { voice: true } : {}),
    ...(marks.durationMs !== undefined && file === timed ? { durationMs: file.durationMs ?? marks.durationMs } : {}),
    ...(sticker && file === image ? { sticker: true } : {}),
  }));
}
