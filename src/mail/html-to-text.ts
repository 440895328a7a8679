import { limits } from '../core/limits.js';
import { linesToText, SIGNATURE_LINE, type TextLine } from './flowed.js';
import { HtmlWalker } from './html-walker.js';
import { type SplitText, splitTextLines } from './split-text.js';

/**
 * Turns HTML into text: paragraphs, lists, links (`text <url>`), quotes as `> `. No DOM is built, so nesting costs
 * nothing; at most `limits.htmlChars` are looked at and `limits.textChars` come out.
 */
export async function htmlToText(html: string): Promise<string> {
  const lines = await htmlToLines(html);
  return trimBlankEnds(
    linesToText(lines.map((line) => (line.text === SIGNATURE_LINE ? { ...line, text: '--' } : line))),
  );
}

/** The same, taken apart into own words, quotes and signature; knows how the common mail programs mark those. */
export async function splitHtml(html: string): Promise<SplitText> {
  return splitTextLines(await htmlToLines(html));
}

/** The lines of an HTML text; quotes that a mail program made have a depth, others are marked in the text. */
async function htmlToLines(html: string): Promise<TextLine[]> {
  const { Tokenizer } = await import('htmlparser2');
  const input = html.slice(0, limits.htmlChars);
  const walk = (showHidden: boolean): TextLine[] => {
    const walker = new HtmlWalker(input, showHidden);
    const tokenizer = new Tokenizer({ decodeEntities: true }, walker);
    tokenizer.write(input);
    tokenizer.end();
    return walker.finish();
  };
  const lines = walk(false);
  // An element that is hidden and never closed would hide all of the text.
  return lines.some(({ text }) => text.trim() !== '') ? lines : walk(true);
}

function trimBlankEnds(text: string): string {
  return text.replace(/^(?:[ \t]*\n)+/, '').trimEnd();
}
