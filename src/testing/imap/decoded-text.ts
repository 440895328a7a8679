import type { MimePart } from '../mime.js';

/** Decodes RFC 2047 words, so that SEARCH finds what people read (RFC 9051 6.4.4). */
export function decodeWords(value: string): string {
  const joined = value.replace(/(=\?[^?\s]{1,40}\?[BbQq]\?[^?\s]*\?=)\s+(?==\?)/g, '$1');
  return joined.replace(
    /=\?([^?\s]{1,40})\?([BbQq])\?([^?\s]*)\?=/g,
    (word, charset: string, kind: string, text: string) => {
      const bytes = kind.toUpperCase() === 'B' ? Buffer.from(text, 'base64') : quotedPrintable(text.replace(/_/g, ' '));
      return decode(bytes, charset) ?? word;
    },
  );
}

/** The readable text of all text parts. */
export function bodyText(mail: MimePart): string {
  const texts: string[] = [];
  const queue: MimePart[] = [mail];
  for (const part of queue) {
    queue.push(...part.children);
    if (part.message) queue.push(part.message);
    if (part.type.value.startsWith('text/')) texts.push(partText(part));
  }
  return texts.join('\n');
}

function partText(part: MimePart): string {
  const encoding = part.header('content-transfer-encoding')?.toLowerCase();
  let bytes = part.body;
  if (encoding === 'base64') bytes = Buffer.from(part.body.toString('latin1'), 'base64');
  else if (encoding === 'quoted-printable') bytes = quotedPrintable(part.body.toString('latin1'));
  return decode(bytes, part.type.params.get('charset') ?? 'utf-8') ?? bytes.toString();
}

function quotedPrintable(text: string): Buffer {
  const unfolded = text.replace(/=[ \t]*\r?\n/g, '');
  return Buffer.from(
    unfolded.replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
}

function decode(bytes: Buffer, charset: string): string | undefined {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return undefined;
  }
}
