/** Start and end of the quote in HTML that we write. The quoted text is escaped, so the first end tag is ours. */
const HTML_OPEN = '<blockquote type="cite" class="chat-quote">';
const HTML_CLOSE = '</blockquote>';

/** Escapes text for HTML, with `<br>` for line ends. */
export function escapeHtml(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/\n/g, '<br>');
}

/** Writes the quoted text above an answer in HTML, for mail programs that show nothing else. */
export function quoteHtml(quote: string): string {
  return `${HTML_OPEN}${escapeHtml(quote)}${HTML_CLOSE}\n`;
}

/** Takes the quote that {@link quoteHtml} wrote off the beginning of HTML. */
export function stripQuoteHtml(html: string): string {
  if (!html.startsWith(HTML_OPEN)) return html;
  const end = html.indexOf(HTML_CLOSE);
  return end < 0 ? html : html.slice(end + HTML_CLOSE.length).replace(/^\r?\n/, '');
}
