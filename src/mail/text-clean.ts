import { limits } from '../core/limits.js';

/**
 * Text that strangers chose and that is shown in lists: names and file names. Control characters break terminals and
 * logs, bidi controls make `exe.gpj` out of `jpg.exe` (Unicode TR 36), and path parts leave the download folder.
 */

const CONTROLS = charClass([0x00, 0x1f], [0x7f, 0x9f], [0x2028, 0x2029]);
const INVISIBLE = charClass(
  [0x061c, 0x061c], // Arabic letter mark
  [0x200b, 0x200b], // zero width space; joiners (200c, 200d) stay, emoji and Persian need them
  [0x200e, 0x200f], // left-to-right and right-to-left mark
  [0x202a, 0x202e], // embeddings and overrides
  [0x2060, 0x2064], // word joiner, invisible operators
  [0x2066, 0x2069], // isolates
  [0xfeff, 0xfeff], // byte order mark
  [0xfff9, 0xfffb], // interlinear annotation
);
const PRINTABLE_ASCII = /^[ -~]*$/;
const SPACES = /\s+/g;
const LONE_SURROGATE = /\p{Surrogate}/gu;

/** Windows takes these as devices, with any extension. */
const RESERVED = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i;

/** Characters that no common file system takes, or that shells and URLs give a meaning. */
const UNSAFE_IN_FILENAME = /[<>:"|?*]/g;

/** A few types whose extension people expect; anything else is found through {@link safeFilename}'s caller or ends in `.bin`. */
const EXTENSIONS: ReadonlyMap<string, string> = new Map([
  ['image/jpeg', 'jpg'],
  ['image/png', 'png'],
  ['image/gif', 'gif'],
  ['image/webp', 'webp'],
  ['image/svg+xml', 'svg'],
  ['image/heic', 'heic'],
  ['image/avif', 'avif'],
  ['image/bmp', 'bmp'],
  ['image/tiff', 'tiff'],
  ['audio/mpeg', 'mp3'],
  ['audio/mp4', 'm4a'],
  ['audio/aac', 'aac'],
  ['audio/ogg', 'ogg'],
  ['audio/opus', 'opus'],
  ['audio/wav', 'wav'],
  ['audio/x-wav', 'wav'],
  ['audio/webm', 'weba'],
  ['audio/amr', 'amr'],
  ['video/mp4', 'mp4'],
  ['video/webm', 'webm'],
  ['video/quicktime', 'mov'],
  ['video/3gpp', '3gp'],
  ['text/plain', 'txt'],
  ['text/html', 'html'],
  ['text/markdown', 'md'],
  ['text/csv', 'csv'],
  ['text/calendar', 'ics'],
  ['text/vcard', 'vcf'],
  ['text/x-vcard', 'vcf'],
  ['message/rfc822', 'eml'],
  ['message/global', 'eml'],
  ['application/pdf', 'pdf'],
  ['application/zip', 'zip'],
  ['application/gzip', 'gz'],
  ['application/json', 'json'],
  ['application/xml', 'xml'],
  ['application/rtf', 'rtf'],
  ['application/msword', 'doc'],
  ['application/vnd.ms-excel', 'xls'],
  ['application/vnd.ms-powerpoint', 'ppt'],
  ['application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'docx'],
  ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'xlsx'],
  ['application/vnd.openxmlformats-officedocument.presentationml.presentation', 'pptx'],
  ['application/vnd.oasis.opendocument.text', 'odt'],
  ['application/ms-tnef', 'dat'],
  ['application/pgp-keys', 'asc'],
  ['application/pgp-signature', 'asc'],
  ['application/pgp-encrypted', 'asc'],
]);

/**
 * Removes control, bidi and invisible characters, collapses white space, and cuts.
 *
 * @param maxChars UTF-16 units; default `limits.nameChars`. No surrogate pair is cut in two.
 */
export function cleanName(name: string, maxChars: number = limits.nameChars): string {
  // The first cut bounds the work; it leaves room for what is removed.
  const text = cleanLine(name.slice(0, maxChars * 16), maxChars * 16).replace(SPACES, ' ');
  return cutText(text, maxChars).trimEnd();
}

/** Makes one clean line of a text: like {@link cleanName}, but blanks within it stay as they are. */
export function cleanLine(text: string, maxChars: number): string {
  const clean = PRINTABLE_ASCII.test(text)
    ? text
    : text.replace(CONTROLS, ' ').replace(INVISIBLE, '').replace(LONE_SURROGATE, '\ufffd');
  return cutText(clean.trim(), maxChars);
}

/** Cuts a text to that many UTF-16 units, one less where a surrogate pair would be torn apart. */
export function cutText(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const last = text.charCodeAt(maxChars - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? maxChars - 1 : maxChars);
}

/**
 * A file name that can be shown and written anywhere: the last path part only, without control or bidi characters, not
 * reserved on Windows, at most `limits.nameChars` long with its extension kept, never empty, `.` or `..`.
 *
 * @param name As the mail says; may be missing.
 * @param contentType Gives the extension where the name has none.
 * @param fallback Name without extension where the mail gives none; default `file`.
 */
export function safeFilename(name: string | undefined, contentType: string, fallback = 'file'): string {
  const last = (name ?? '').slice(-limits.nameChars * 16).split(/[\\/]/);
  const raw = last.findLast((part) => part.trim() !== '') ?? '';
  let base = cleanName(raw, limits.nameChars * 16).replace(UNSAFE_IN_FILENAME, '_');
  base = trimDots(base);
  if (base === '') base = fallback;
  if (RESERVED.test(base)) base = `_${base}`;
  const extension = extensionOf(base);
  if (extension === '') return `${cutText(base, limits.nameChars - 8)}.${extensionFor(contentType)}`;
  const stem = base.slice(0, base.length - extension.length - 1);
  return `${cutText(stem, limits.nameChars - extension.length - 1).trimEnd()}.${extension}`;
}

/** Leading dots hide files, trailing dots and blanks vanish on Windows. */
function trimDots(name: string): string {
  let start = 0;
  let end = name.length;
  while (start < end && (name[start] === '.' || name[start] === ' ')) start++;
  while (end > start && (name[end - 1] === '.' || name[end - 1] === ' ')) end--;
  return name.slice(start, end);
}

function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 ? name.slice(dot + 1) : '';
  return extension.length <= 16 && /^[\p{L}\p{N}_+-]+$/u.test(extension) ? extension : '';
}

function extensionFor(contentType: string): string {
  return EXTENSIONS.get(contentType) ?? (contentType.startsWith('text/') ? 'txt' : 'bin');
}

/** A pattern for all characters in these ranges of code points (below U+10000). */
export function charClass(...ranges: ReadonlyArray<readonly [number, number]>): RegExp {
  const hex = (code: number) => `\\u${code.toString(16).padStart(4, '0')}`;
  return new RegExp(`[${ranges.map(([from, to]) => `${hex(from)}-${hex(to)}`).join('')}]`, 'g');
}
