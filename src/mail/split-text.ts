import { fixedLines, linesToText, SIGNATURE_LINE, type TextLine } from './flowed.js';
import { attributionStart, headerBlockEnd, isForwardDivider, isOriginalDivider, isRule } from './quote-marks.js';

/** A text, taken apart. No line is lost: each is in one of the pieces. */
export interface SplitText {
  /**
   * The writer's own words. Where they answer a quote piece by piece, the quotes between them stay, marked with `> `.
   */
  readonly text: string;
  /** What was quoted above or below, without its `>` marks. */
  readonly quote?: string;
  /** What introduced the quote: `On … wrote:`, a divider, a header block. */
  readonly attribution?: string;
  /** Without its `-- ` line. */
  readonly signature?: string;
  /** Set if the text began with the forwarding banner of chat programs. */
  readonly forwarded?: { readonly from?: string };
}

/** First line of a forwarded message; `From: ` and a name, then an empty line follow. */
const BANNER = '---------- Forwarded message ----------';

/** {@link splitTextLines} for plain text that is not flowed. */
export function splitText(text: string): SplitText {
  return splitTextLines(fixedLines(text));
}

/**
 * Takes the text of a mail apart: forwarding banner, own words, quotes above and below, signature. Knows top-posting with
 * or without `>` marks, Outlook's header blocks, and answers between the lines. Linear in the number of lines.
 */
export function splitTextLines(all: readonly TextLine[]): SplitText {
  const banner = readBanner(all);
  const lines = all.slice(banner?.rest ?? 0);
  const plain = lines.map(({ depth, text }) => (depth === 0 ? text : ''));
  const forward = lines.findIndex(({ depth, text }) => depth === 0 && isForwardDivider(text));
  // What somebody forwards is meant to be read, with all its quotes.
  const limit = forward < 0 ? lines.length : forward;
  const tail = unmarkedQuote(lines, plain, limit);
  const segments = toSegments(lines.slice(0, tail?.start ?? limit), plain);
  if (forward >= 0 && tail === undefined) segments.push({ kind: 'own', lines: lines.slice(forward), kept: true });

  const signatures = takeSignatures(segments);
  const pieces = dropBlank(segments);
  const quotes: Segment[] = [];
  if (tail)
    quotes.push({ kind: 'quote', lines: lines.slice(tail.quote), attribution: lines.slice(tail.start, tail.quote) });
  takeQuotes(pieces, quotes);

  return {
    text: textOf(pieces.flatMap((piece) => [...(piece.attribution ?? []), ...piece.lines])),
    ...optional('quote', quotes.map(quoteText).filter(isNotEmpty).join('\n\n')),
    ...optional(
      'attribution',
      quotes
        .map(({ attribution }) => textOf(attribution ?? []))
        .filter(isNotEmpty)
        .join('\n'),
    ),
    ...optional('signature', signatures.map(textOf).filter(isNotEmpty).join('\n\n')),
    ...(banner && { forwarded: banner.forwarded }),
  };
}

interface Segment {
  readonly kind: 'own' | 'quote';
  readonly lines: readonly TextLine[];
  readonly attribution?: readonly TextLine[];
  /** Not to be searched for a signature. */
  readonly kept?: boolean;
}

function readBanner(lines: readonly TextLine[]): { forwarded: { from?: string }; rest: number } | undefined {
  const [first, second, third] = lines;
  if (first?.depth !== 0 || first.text.trimEnd() !== BANNER || second?.depth !== 0) return undefined;
  if (second.text.trim() === '') return { forwarded: {}, rest: 2 };
  if (!second.text.startsWith('From:') || (third !== undefined && (third.depth > 0 || third.text.trim() !== '')))
    return undefined;
  const from = second.text.slice('From:'.length).trim();
  return { forwarded: from === '' ? {} : { from }, rest: 3 };
}

/**
 * A quote without `>` marks reaches to the end of the text. There have to be own words above it: a text that begins
 * with a header block is something forwarded.
 */
function unmarkedQuote(
  lines: readonly TextLine[],
  plain: readonly string[],
  limit: number,
): { start: number; quote: number } | undefined {
  let own = false;
  for (let i = 0; i < limit; i++) {
    const line = lines[i];
    if (line === undefined || line.depth > 0 || line.text.trim() === '') continue;
    const found = own ? introduction(lines, plain, i) : undefined;
    if (found) return found;
    if (!isRule(line.text)) own = true;
  }
  return undefined;
}

function introduction(
  lines: readonly TextLine[],
  plain: readonly string[],
  i: number,
): { start: number; quote: number } | undefined {
  const text = plain[i] ?? '';
  if (isOriginalDivider(text)) {
    const next = nextNonBlank(plain, i + 1);
    return { start: i, quote: headerBlockEnd(plain, next) ?? i + 1 };
  }
  const block = headerBlockEnd(plain, i);
  if (block !== undefined) return { start: ruleAbove(plain, i), quote: block };
  const start = attributionStart(plain, i, true);
  if (start === undefined || start === 0) return undefined;
  // With marks below, it is the introduction of a quote that does have marks.
  const next = lines[nextNonBlank(plain, i + 1, lines)];
  return next === undefined || next.depth > 0 ? undefined : { start, quote: i + 1 };
}

/** Index of the next line with something on it; with `lines`, quoted lines count as well. Looks a few lines ahead only. */
function nextNonBlank(plain: readonly string[], from: number, lines?: readonly TextLine[]): number {
  let i = from;
  while (i < from + 4 && (plain[i] ?? 'end').trim() === '' && (lines?.[i]?.depth ?? 0) === 0) i++;
  return i;
}

function ruleAbove(plain: readonly string[], start: number): number {
  for (let i = start - 1; i >= Math.max(0, start - 3); i--) {
    if (isRule(plain[i] ?? '')) return i;
    if ((plain[i] ?? '').trim() !== '') return start;
  }
  return start;
}

/** Cuts the text where quotes begin and end; a quote takes its introduction along. */
function toSegments(lines: readonly TextLine[], plain: readonly string[]): Segment[] {
  const segments: Segment[] = [];
  let start = 0;
  for (let i = 0; i < lines.length; ) {
    if (lines[i]?.depth === 0) {
      i++;
      continue;
    }
    const quote = i;
    const above = lastNonBlank(plain, quote - 1, start);
    const attribution =
      above === undefined
        ? undefined
        : attributionStart(plain.slice(Math.max(start, above - 3), above + 1), Math.min(3, above - start), false);
    const own = attribution === undefined || above === undefined ? quote : Math.max(start, above - 3) + attribution;
    i = quoteEnd(lines, quote);
    if (own > start) segments.push({ kind: 'own', lines: lines.slice(start, own) });
    segments.push({ kind: 'quote', lines: lines.slice(quote, i), attribution: lines.slice(own, quote) });
    start = i;
  }
  if (start < lines.length) segments.push({ kind: 'own', lines: lines.slice(start) });
  return segments;
}

/** Blank lines within a quote belong to it. */
function quoteEnd(lines: readonly TextLine[], start: number): number {
  let end = start;
  for (let i = start; i < lines.length; i++) {
    const line = lines[i];
    if (line === undefined) break;
    if (line.depth > 0) end = i + 1;
    else if (line.text.trim() !== '') break;
  }
  return end;
}

function lastNonBlank(plain: readonly string[], from: number, min: number): number | undefined {
  for (let i = from; i >= Math.max(min, from - 2); i--) if ((plain[i] ?? '').trim() !== '') return i;
  return undefined;
}

/** A signature reaches from its separator to the next quote. */
function takeSignatures(segments: Segment[]): (readonly TextLine[])[] {
  const signatures: (readonly TextLine[])[] = [];
  for (const [index, segment] of segments.entries()) {
    if (segment.kind !== 'own' || segment.kept) continue;
    const separator = segment.lines.findIndex(({ text }) => text === SIGNATURE_LINE);
    if (separator < 0) continue;
    signatures.push(segment.lines.slice(separator + 1));
    segments[index] = { kind: 'own', lines: segment.lines.slice(0, separator) };
  }
  return signatures;
}

function dropBlank(segments: readonly Segment[]): Segment[] {
  return segments.filter(({ kind, lines }) => kind === 'quote' || lines.some(({ text }) => text.trim() !== ''));
}

/**
 * Moves the quotes that stand apart from the own words: the last one, and the first one if a single answer follows it.
 * Whatever is left between own words is part of the answer.
 */
function takeQuotes(pieces: Segment[], quotes: Segment[]): void {
  while (pieces.at(-1)?.kind === 'quote') quotes.unshift(...pieces.splice(-1));
  const answersOne = pieces[0]?.kind === 'quote' && pieces.slice(1).every(({ kind }) => kind === 'own');
  if (answersOne) quotes.unshift(...pieces.splice(0, 1));
}

function quoteText(quote: Segment): string {
  const outer =
    quote.lines.some(({ depth }) => depth > 0) &&
    !quote.lines.some(({ depth, text }) => depth === 0 && text.trim() !== '');
  return textOf(outer ? quote.lines.map(({ depth, text }) => ({ depth: Math.max(0, depth - 1), text })) : quote.lines);
}

/** Without blank lines at both ends. */
function textOf(lines: readonly TextLine[]): string {
  const isBlank = (line: TextLine | undefined) => line !== undefined && line.depth === 0 && line.text.trim() === '';
  let start = 0;
  let end = lines.length;
  while (start < end && isBlank(lines[start])) start++;
  while (end > start && isBlank(lines[end - 1])) end--;
  return linesToText(lines.slice(start, end));
}

function isNotEmpty(text: string): boolean {
  return text !== '';
}

function optional<Key extends string>(key: Key, value: string): { readonly [K in Key]?: string } {
  return value === '' ? {} : ({ [key]: value } as { [K in Key]: string });
}
