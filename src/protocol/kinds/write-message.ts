import type { MimeHeaderValue, MimeLeaf, MimePart } from '../../mail/compose/mime.js';
import { htmlToText } from '../../mail/html-to-text.js';
import { flowedChatText } from '../chat-text.js';
import type { CheckedAttachment } from '../draft-attachment.js';
import { readMentions, writeMentions } from '../mentions.js';
import type { CheckedDraft } from '../validate-draft.js';
import { forwardHtml } from './forward.js';
import { previewPart } from './preview.js';
import { profilePart } from './profile.js';
import { quoteHtml } from './quote.js';
import { stickerHeaders } from './sticker.js';
import { voiceHeaders } from './voice.js';
import { groupInfoPart } from './write-group.js';

/** The body of a message, and what belongs into the header of the mail because of it. */
export interface MessageParts {
  readonly root: MimePart;
  readonly mailHeaders: readonly (readonly [name: string, value: MimeHeaderValue])[];
  /** Words that the Subject may be made of, without addresses of people who are mentioned. */
  readonly subjectText: string | undefined;
}

/**
 * Lays out the body of a message: text/plain (format=flowed), or multipart/alternative of text/plain, text/html and
 * text/markdown; one file without words is the mail itself; everything else is a multipart/mixed.
 */
export async function messageParts(draft: CheckedDraft): Promise<MessageParts> {
  const files = draft.attachments.filter((file) => !file.inline);
  const only = files.length === 1 ? files[0] : undefined;
  // chatmail reads these marks in the header of the mail only; a Chat-Content of the draft's own goes first there.
  const stickerInPart = only?.sticker === true && draft.chatContent !== undefined;
  const mailHeaders = only === undefined ? [] : [...voiceHeaders(only), ...(stickerInPart ? [] : stickerHeaders(only))];

  const text = await plainText(draft);
  const hasWords = text !== undefined || draft.quote !== undefined || draft.forwarded !== undefined;
  if (
    only !== undefined &&
    !hasWords &&
    only.preview === undefined &&
    !stickerInPart &&
    !draft.group?.members &&
    draft.profile === undefined
  ) {
    return { root: filePart(only), mailHeaders, subjectText: undefined };
  }
  // Beside formatted text or files the group's description is a part of its own, else another form of the text.
  const info = dataParts(draft, text);
  const infoApart = draft.html !== undefined || draft.markdown !== undefined || files.length > 0;
  const words = hasWords ? wordsPart(draft, text ?? '', infoApart ? [] : info) : undefined;
  const parts = files.flatMap((file): MimePart[] => {
    const marks = [...voiceHeaders(file), ...stickerHeaders(file)];
    const part = filePart(file, file === only && !stickerInPart ? [] : marks);
    return file.preview === undefined ? [part] : [previewPart(file.preview, file.filename), part];
  });
  if (infoApart) parts.push(...dataParts(draft, undefined));
  const children = words === undefined ? parts : [words, ...parts];
  const root = words !== undefined && parts.length === 0 ? words : { contentType: 'multipart/mixed', children };
  return { root, mailHeaders, subjectText: text === undefined ? text : (await readMentions(text, undefined)).text };
}

/** The words for the text/plain part; those of the other forms if there is no text. */
async function plainText(draft: CheckedDraft): Promise<string | undefined> {
  if (draft.text !== undefined) return writeMentions(draft.text, draft.mentions);
  return draft.html === undefined ? draft.markdown : htmlToText(draft.html);
}

/** Parts that tell programs about the group, and about ourselves. */
function dataParts(draft: CheckedDraft, text: string | undefined): MimeLeaf[] {
  return [groupInfoPart(draft, text), profilePart(draft, text)].filter((part) => part !== undefined);
}

function wordsPart(draft: CheckedDraft, text: string, info: readonly MimeLeaf[]): MimePart {
  const forms: MimePart[] = [
    { contentType: 'text/plain; charset=utf-8; format=flowed', content: flowedChatText({ ...draft, text }) },
  ];
  if (draft.html !== undefined) forms.push(htmlPart(draft, draft.html));
  if (draft.markdown !== undefined)
    forms.push({ contentType: 'text/markdown; charset=utf-8', content: draft.markdown });
  forms.push(...info);
  const [single] = forms;
  return forms.length === 1 && single !== undefined
    ? single
    : { contentType: 'multipart/alternative', children: forms };
}

/** HTML, together with the images that it shows (RFC 2387). */
function htmlPart(draft: CheckedDraft, html: string): MimePart {
  // In front of a whole document there is no place for quote and banner; its text part has them.
  const isFragment = !/<(?:!doctype|html|body)/i.test(html);
  const above = [
    draft.forwarded !== undefined ? forwardHtml(draft.forwarded) : '',
    draft.quote !== undefined ? quoteHtml(draft.quote) : '',
  ].join('');
  const page: MimeLeaf = { contentType: 'text/html; charset=utf-8', content: isFragment ? above + html : html };
  const shown = draft.attachments.filter((file) => file.inline).map((file) => filePart(file));
  return shown.length === 0 ? page : { contentType: 'multipart/related; type="text/html"', children: [page, ...shown] };
}

function filePart(file: CheckedAttachment, marks: readonly (readonly [string, string])[] = []): MimeLeaf {
  // RFC 2046 5.2.1 forbids base64 for message/…, and a multipart is no file: both travel as plain octets.
  const isStructure = /^(?:message|multipart)\//.test(file.contentType);
  return {
    contentType: isStructure ? 'application/octet-stream' : file.contentType,
    headers: [...marks, ...(file.contentId === undefined ? [] : [['Content-ID', file.contentId] as const])],
    content: file.content,
    disposition: 'inline',
    filename: file.filename,
  };
}
