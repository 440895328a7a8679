import { escapeHtml } from './quote.js';

/** First line of a forwarded message, chatmail's form. `From: ` and a name may follow; an empty line ends the banner. */
const FORWARD_BANNER = '---------- Forwarded message ----------';

const HTML_OPEN = '<p class="chat-forwarded">';
const HTML_CLOSE = '</p>';

/** The mark that a message was forwarded, and whose it was. */
export interface Forwarded {
  readonly from?: string;
}

/** The lines to write above a forwarded text. */
export function forwardLines(forwarded: Forwarded): string[] {
  return [FORWARD_BANNER, ...(forwarded.from === undefined ? [] : [`From: ${forwarded.from}`]), ''];
}

/** The same for HTML. */
export function forwardHtml(forwarded: Forwarded): string {
  return `${HTML_OPEN}${escapeHtml(forwardLines(forwarded).join('\n').trimEnd())}${HTML_CLOSE}\n`;
}

/** Takes what {@link forwardHtml} wrote off the beginning of HTML. */
export function stripForwardHtml(html: string): string {
  if (!html.startsWith(HTML_OPEN)) return html;
  const end = html.indexOf(HTML_CLOSE);
  return end < 0 ? html : html.slice(end + HTML_CLOSE.length).replace(/^\r?\n/, '');
}

/** Recognises the banner at the beginning of a text's lines. `rest` is the index of the first line after it. */
export function readForwardBanner(lines: readonly string[]): { forwarded: Forwarded; rest: number } | undefined {
  if (lines[0]?.trimEnd() !== FORWARD_BANNER) return undefined;
  const second = lines[1] ?? '';
  if (second.trim() === '') return { forwarded: {}, rest: 2 };
  if (!second.startsWith('From: ') || (lines[2] ?? '').trim() !== '') return undefined;
  const from = second.slice('From: '.length).trim();
  return { forwarded: from === '' ? {} : { from }, rest: 3 };
}
