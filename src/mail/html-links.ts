/** Where a link leads; empty for mentions, anchors within the text and scripts, which are of no use to a reader. */
export function linkTarget(attributes: ReadonlyMap<string, string>): string {
  const href = (attributes.get('href') ?? '').trim();
  return !isMention(attributes) && /^(?:https?|mailto|tel|sms|geo|xmpp|ftp):/i.test(href) ? href : '';
}

/** True for a link to somebody whom the text mentions (COI client specification). */
export function isMention(attributes: ReadonlyMap<string, string>): boolean {
  return (attributes.get('class') ?? '').split(/\s+/).includes('mention');
}

/** True if the text says already where the link goes. */
export function sameLink(text: string, href: string): boolean {
  return bareLink(text) === bareLink(href);
}

function bareLink(link: string): string {
  return link
    .trim()
    .toLowerCase()
    .replace(/^(?:https?:\/\/(?:www\.)?|mailto:|tel:)/, '')
    .replace(/\/$/, '');
}
