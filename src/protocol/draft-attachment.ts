import { InputError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import { refuseUnknownOptions } from '../core/options.js';
import { contentTypeOfFile } from '../mail/compose/content-type.js';
import { safeFilename } from '../mail/text-clean.js';
import type { DraftAttachment } from './chat-mail.js';
import { checkLine, isObject } from './draft-values.js';

/** A file with the name and type that it is written with. */
export interface CheckedAttachment extends DraftAttachment {
  readonly filename: string;
  readonly contentType: string;
}

const ATTACHMENT_OPTIONS = Object.keys({
  filename: true,
  contentType: true,
  content: true,
  contentId: true,
  inline: true,
  voice: true,
  durationMs: true,
  sticker: true,
  preview: true,
} satisfies Record<keyof DraftAttachment, true>);

const TOKEN = "[A-Za-z0-9!#$&'*+.^_`{|}~-]{1,127}";
const CONTENT_TYPE = new RegExp(`^${TOKEN}/${TOKEN}(?: ?; ?${TOKEN}=(?:${TOKEN}|"[^"\\\\]{0,200}")){0,10}$`);

/**
 * Checks one file of a draft and finds its name and type.
 *
 * @throws InputError `UNKNOWN_OPTION`, `INVALID_OPTION`, `INVALID_HEADER`.
 */
export async function checkAttachment(file: unknown, where: string, hasHtml: boolean): Promise<CheckedAttachment> {
  if (!isObject(file)) throw new InputError('INVALID_OPTION', `${where} must be an object { filename, content }.`);
  refuseUnknownOptions(where, file, ATTACHMENT_OPTIONS);
  const content = checkOctets(file.content, `${where}.content`);
  const given = file.filename === undefined ? '' : checkLine(file.filename, `${where}.filename`, limits.nameChars);
  const contentType =
    file.contentType === undefined
      ? await contentTypeOfFile(given)
      : checkContentType(file.contentType, `${where}.contentType`);
  const voice = checkFlag(file.voice, `${where}.voice`);
  const sticker = checkFlag(file.sticker, `${where}.sticker`);
  const inline = checkFlag(file.inline, `${where}.inline`);
  const contentId = file.contentId === undefined ? undefined : checkContentId(file.contentId, `${where}.contentId`);
  if (voice && !contentType.startsWith('audio/')) {
    throw new InputError('INVALID_OPTION', `${where}: a voice message must be audio/…, not ${contentType}.`);
  }
  if (sticker && !contentType.startsWith('image/')) {
    throw new InputError('INVALID_OPTION', `${where}: a sticker must be image/…, not ${contentType}.`);
  }
  if (inline && !(hasHtml && contentId !== undefined)) {
    throw new InputError(
      'INVALID_OPTION',
      `${where}: inline is for files that the html shows by cid: link; it needs html and contentId.`,
    );
  }
  return {
    content,
    contentType,
    filename: safeFilename(given, contentType, contentType.split('/', 1)[0] ?? 'file'),
    ...(contentId === undefined ? {} : { contentId }),
    ...(inline ? { inline } : {}),
    ...(voice ? { voice } : {}),
    ...(sticker ? { sticker } : {}),
    ...(file.durationMs === undefined ? {} : { durationMs: checkDuration(file.durationMs, `${where}.durationMs`) }),
    ...(file.preview === undefined ? {} : { preview: checkPreview(file.preview, `${where}.preview`) }),
  };
}

function checkPreview(preview: unknown, where: string): NonNullable<DraftAttachment['preview']> {
  if (!isObject(preview))
    throw new InputError('INVALID_OPTION', `${where} must be an object { content, contentType }.`);
  refuseUnknownOptions(where, preview, ['content', 'contentType']);
  const contentType = checkContentType(preview.contentType, `${where}.contentType`);
  if (!contentType.startsWith('image/'))
    throw new InputError('INVALID_OPTION', `${where}.contentType must be image/….`);
  return { content: checkOctets(preview.content, `${where}.content`), contentType };
}

function checkOctets(content: unknown, where: string): Uint8Array {
  if (content instanceof Uint8Array) return content;
  const hint =
    typeof content === 'string'
      ? ' Turn text into octets with new TextEncoder().encode(text).'
      : content instanceof ArrayBuffer
        ? ' Wrap the ArrayBuffer: new Uint8Array(buffer).'
        : '';
  throw new InputError('INVALID_OPTION', `${where} must be a Uint8Array (a Buffer is one).${hint}`);
}

function checkContentType(value: unknown, where: string): string {
  const line = checkLine(value, where, limits.sendHeaderChars);
  if (!CONTENT_TYPE.test(line))
    throw new InputError('INVALID_OPTION', `${where} must be a media type such as image/jpeg.`);
  const end = line.indexOf(';');
  return end < 0 ? line.toLowerCase() : line.slice(0, end).trim().toLowerCase() + line.slice(end);
}

function checkContentId(value: unknown, where: string): string {
  const line = checkLine(value, where, limits.nameChars);
  if (/^[\x21-\x7e]+$/.test(line) && !/[<>"]/.test(line)) return line;
  throw new InputError(
    'INVALID_HEADER',
    `${where} must be ASCII without blanks, quotes or angle brackets, such as photo1@example.org.`,
  );
}

function checkDuration(value: unknown, where: string): number {
  if (typeof value === 'number' && value > 0 && value <= 24 * 3600_000) return Math.max(1, Math.round(value));
  throw new InputError('INVALID_OPTION', `${where} must be milliseconds, at most a day.`);
}

function checkFlag(value: unknown, where: string): boolean {
  if (value === undefined) return false;
  if (typeof value === 'boolean') return value;
  throw new InputError('INVALID_OPTION', `${where} must be true or false.`);
}
