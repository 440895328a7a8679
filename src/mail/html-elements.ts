/** What HTML elements mean for text. */

/** Begin and end a line. */
export const BLOCKS = new Set(
  'address article aside body center dd details dialog dir div dl dt fieldset figcaption figure footer form header html legend li main menu nav noscript optgroup option section summary table tbody tfoot thead tr'.split(
    ' ',
  ),
);

/** Begin and end a paragraph: an empty line stands before and after. */
export const PARAGRAPHS = new Set('blockquote h1 h2 h3 h4 h5 h6 ol p pre table ul'.split(' '));

/** Have no content and no end tag. */
export const VOID = new Set(
  'area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr'.split(' '),
);

/** Their content is not for readers. */
export const INVISIBLE = new Set(
  'applet audio canvas datalist head iframe math object script select style svg template textarea title video xml'.split(
    ' ',
  ),
);

/** End where the next one begins: their end tag may be left out. */
export const IMPLIED_END = new Set('a dd dt li option p td th tr'.split(' '));

/** Attributes that decide something. */
export const ATTRIBUTES = new Set(['alt', 'class', 'hidden', 'href', 'id', 'src', 'start', 'style', 'type']);

/** Class names and ids that mail programs give to what they quote, besides `<blockquote type="cite">`. */
export const QUOTE_MARKS = new Set([
  'gmail_quote',
  'yahoo_quoted',
  'protonmail_quote',
  'tutanota_quote',
  'moz-cite-quote',
  'chat-quote',
]);

/** Class names and ids of signatures. */
export const SIGNATURE_MARKS = new Set([
  'gmail_signature',
  'moz-signature',
  'applemailsignature',
  'protonmail_signature_block',
  'signature',
  'tutanota_signature',
]);

/** `display: none` and its like, which preheaders of newsletters use. */
export function isHiddenStyle(style: string): boolean {
  return /display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}hidden/i.test(style);
}
