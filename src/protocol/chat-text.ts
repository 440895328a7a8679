import { encodeFlowed, linesToText, SIGNATURE_LINE, splitLines, type TextLine } from '../mail/flowed.js';
import { type Forwarded, forwardLines, readForwardBanner } from './kinds/forward.js';

/** The text of a message, taken apart. */
export interface ChatText {
  /** The sender's own words. */
  readonly text: string;
  /** The answered text that stood above, without `>` marks. */
  readonly quote?: string;
  readonly signature?: string;
  readonly forwarded?: Forwarded;
}

/** A zero width space between the dashes keeps mail programs from taking the user's own `--` line for a signature separator (chatmail's way). */
const ESCAPED_DASHES = '-\u200b-';

/**
 * Writes text as chat programs do: forwarding banner, quote, an empty line, own words; format=flowed (RFC 3676), CRLF.
 *
 * Reading gives the same text back except for: line ends (`\n`), blanks at the ends of lines, and empty lines at both ends.
 */
export function flowedChatText(draft: ChatText): string {
  const blocks = [
    ...(draft.forwarded === undefined ? [] : [encodeFlowed(forwardLines(draft.forwarded).join('\n'))]),
    ...(draft.quote === undefined ? [] : [`${encodeFlowed(escapeDashes(trimBlankLines(draft.quote)), 1)}\r\n`]),
    encodeFlowed(escapeDashes(trimBlankLines(draft.text))),
  ];
  return blocks.join('\r\n');
}

/**
 * Takes apart the text of a mail that a chat program wrote: what such programs put above the words is known exactly, and
 * whatever else looks like a quote belongs to the words. (For other mail see `mail/split-text.ts`.)
 */
export function readChatText(lines: readonly TextLine[]): ChatText {
  const banner = readForwardBanner(lines.slice(0, 3).map(({ depth, text }) => (depth === 0 ? text : '>')));
  const start = banner?.rest ?? 0;
  let end = start;
  while ((lines[end]?.depth ?? 0) > 0) end++;
  const quote = lines.slice(start, end).map((line) => ({ ...line, depth: line.depth - 1 }));
  const separator = lines.findIndex((line, i) => i >= end && line.depth === 0 && line.text === SIGNATURE_LINE);
  const words = lines.slice(end, separator < 0 ? lines.length : separator);
  const signature = separator < 0 ? '' : trimBlankLines(linesToText(lines.slice(separator + 1)));
  return {
    text: unescapeDashes(trimBlankLines(linesToText(words))),
    ...(quote.length === 0 ? {} : { quote: unescapeDashes(trimBlankLines(linesToText(quote))) }),
    ...(signature === '' ? {} : { signature }),
    ...(banner === undefined ? {} : { forwarded: banner.forwarded }),
  };
}

/** Removes the empty lines at both ends. */
function trimBlankLines(text: string): string {
  const lines = splitLines(text);
  let start = 0;
  let end = lines.length;
  while (start < end && lines[start]?.trim() === '') start++;
  while (end > start && lines[end - 1]?.trim() === '') end--;
  return lines.slice(start, end).join('\n');
}

function escapeDashes(text: string): string {
  return text.replace(/^-- *$/gm, ESCAPED_DASHES);
}

function unescapeDashes(text: string): string {
  return text.replace(/^-\u200b-/gm, '--');
}
