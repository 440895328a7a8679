import { fixedLines, flowedLines } from '../mail/flowed.js';
import { splitHtml } from '../mail/html-to-text.js';
import type { MailPart } from '../mail/parsed-mail.js';
import { splitTextLines } from '../mail/split-text.js';
import type { TextBlock } from './body.js';
import { type ChatText, readChatText } from './chat-text.js';
import { defined } from './defined.js';
import { stripForwardHtml } from './kinds/forward.js';
import { escapeHtml, stripQuoteHtml } from './kinds/quote.js';

/** The text of a mail in all forms that it has, the sender's own words apart from the rest. */
export interface MessageText extends ChatText {
  readonly html?: string;
  readonly markdown?: string;
}

/** One stretch of text with the forms that were there. */
interface BlockText extends ChatText {
  readonly html?: string;
  readonly markdown?: string;
}

/**
 * Reads the text of a mail: text/plain where there is one, else HTML turned into text, else text/markdown. Several
 * stretches of text are joined by empty lines.
 *
 * @param byChatProgram A chat program wrote it, so its quotes stand only where such programs put them.
 */
export async function readMessageText(blocks: readonly TextBlock[], byChatProgram: boolean): Promise<MessageText> {
  const read: BlockText[] = [];
  for (const block of blocks) read.push(await readBlock(block, byChatProgram));
  const hasHtml = read.some(({ html }) => html !== undefined);
  return {
    text: join(read.map(({ text }) => text)) ?? '',
    ...defined({
      quote: join(read.map(({ quote }) => quote)),
      signature: join(read.map(({ signature }) => signature)),
      forwarded: read.find(({ forwarded }) => forwarded !== undefined)?.forwarded,
      html: hasHtml ? join(read.map(htmlOf), '\n') : undefined,
      markdown: join(read.map(({ markdown }) => markdown)),
    }),
  };
}

async function readBlock(block: TextBlock, byChatProgram: boolean): Promise<BlockText> {
  const html = join(contents(block.html), '\n');
  const markdown = join(contents(block.markdown));
  const plain = block.plain.map((part) => readPlain(part, byChatProgram));
  const written = plain.some(isNotEmpty) ? merge(plain) : undefined;
  // Some programs leave the text/plain part empty.
  const words: ChatText = written ?? (html === undefined ? { text: markdown ?? '' } : await splitHtml(html));
  return {
    text: words.text,
    ...defined({
      quote: words.quote,
      signature: words.signature,
      forwarded: words.forwarded,
      html: html !== undefined && byChatProgram ? stripQuoteHtml(stripForwardHtml(html)) : html,
      markdown,
    }),
  };
}

function readPlain(part: MailPart, byChatProgram: boolean): ChatText {
  const text = part.text() ?? '';
  const isFlowed = part.params.get('format')?.toLowerCase() === 'flowed';
  const lines = isFlowed ? flowedLines(text, part.params.get('delsp')?.toLowerCase() === 'yes') : fixedLines(text);
  return byChatProgram ? readChatText(lines) : splitTextLines(lines);
}

function contents(parts: readonly MailPart[]): string[] {
  return parts.flatMap((part) => part.text() ?? []).map((text) => text.replace(/\r\n?/g, '\n').trimEnd());
}

function merge(texts: readonly ChatText[]): ChatText {
  return {
    text: join(texts.map(({ text }) => text)) ?? '',
    ...defined({
      quote: join(texts.map(({ quote }) => quote)),
      signature: join(texts.map(({ signature }) => signature)),
      forwarded: texts.find(({ forwarded }) => forwarded !== undefined)?.forwarded,
    }),
  };
}

/** Formatted text of a stretch; one that came as plain text only is escaped. */
function htmlOf(block: BlockText): string {
  return block.html ?? (block.text === '' ? '' : `<div>${escapeHtml(block.text)}</div>`);
}

function join(texts: readonly (string | undefined)[], between = '\n\n'): string | undefined {
  const given = texts.filter((text) => text !== undefined && text !== '');
  return given.length === 0 ? undefined : given.join(between);
}

function isNotEmpty(text: ChatText): boolean {
  return text.text !== '' || text.quote !== undefined || text.forwarded !== undefined;
}
