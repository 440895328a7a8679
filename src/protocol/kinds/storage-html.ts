import type { MailPart } from '../../mail/parsed-mail.js';

/** A whole HTML document around cards. */
export function htmlPage(content: string): string {
  return `<!DOCTYPE html>\n<html>\n<head><meta charset="utf-8"></head>\n<body>\n${content}\n</body>\n</html>\n`;
}

/** The first HTML part. */
export function htmlPartOf(part: MailPart): MailPart | undefined {
  if (part.contentType === 'text/html') return part;
  for (const child of part.children) {
    const found = htmlPartOf(child);
    if (found !== undefined) return found;
  }
  return undefined;
}
