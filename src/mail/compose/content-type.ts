const FALLBACK = 'application/octet-stream';

/** Where the library's table has nothing, or an unregistered name for what chat clients exchange daily. */
const CHAT_TYPES: ReadonlyMap<string, string> = new Map([
  ['aac', 'audio/aac'],
  ['avif', 'image/avif'],
  ['flac', 'audio/flac'],
  ['gz', 'application/gzip'],
  ['heic', 'image/heic'],
  ['m4a', 'audio/mp4'],
  ['md', 'text/markdown'],
  ['mkv', 'video/x-matroska'],
  ['ogg', 'audio/ogg'],
  ['opus', 'audio/ogg'],
  ['vcf', 'text/vcard'],
  ['xdc', 'application/webxdc+zip'],
]);

/** The media type that a file name's extension stands for; `application/octet-stream` for unknown ones. */
export async function contentTypeOfFile(filename: string): Promise<string> {
  const dot = filename.lastIndexOf('.');
  const extension = dot < 0 ? '' : filename.slice(dot + 1).toLowerCase();
  if (!/^[a-z0-9+-]{1,20}$/.test(extension)) return FALLBACK;
  const chatType = CHAT_TYPES.get(extension);
  if (chatType !== undefined) return chatType;
  const { detectMimeType } = await import('nodemailer/lib/mime-funcs');
  return detectMimeType(extension);
}
