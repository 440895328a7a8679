/** Plain text as lines, and format=flowed (RFC 3676), where a blank at the end of a line means that the paragraph goes on. */

/** A line (flowed: a whole paragraph) of plain text. */
export interface TextLine {
  /** How many `>` stood before it. 0: the writer's own words. */
  readonly depth: number;
  /** Without the quote marks. */
  readonly text: string;
}

/** The line that separates a signature (RFC 3676 4.3). It never flows. */
export const SIGNATURE_LINE = '-- ';

/** Lines are at most this long including the blank at the end (RFC 3676 4.2 recommends 78). */
const MAX_LINE = 78;

/** Splits plain text that is not flowed into lines; leading `>` marks become the depth. */
export function fixedLines(text: string): TextLine[] {
  return splitLines(text).map((line) => {
    const depth = quoteDepth(line);
    return { depth: depth.marks, text: line.slice(depth.end) };
  });
}

/**
 * Joins flowed lines to paragraphs and undoes space-stuffing.
 *
 * @param delSp `delsp=yes` (RFC 3676 4.5): the blank at the end of a line belongs to the wrapping, not to the text.
 */
export function flowedLines(text: string, delSp = false): TextLine[] {
  const lines: TextLine[] = [];
  let open: { readonly depth: number; readonly pieces: string[] } | undefined;
  const close = () => {
    if (open) lines.push({ depth: open.depth, text: open.pieces.join('') });
    open = undefined;
  };
  for (const line of splitLines(text)) {
    let depth = 0;
    while (line[depth] === '>') depth++;
    const content = line.slice(line[depth] === ' ' ? depth + 1 : depth);
    // A paragraph cannot go on in another depth, and a signature separator never continues one (RFC 3676 4.5).
    if (open && (open.depth !== depth || content === SIGNATURE_LINE)) close();
    const soft = content.endsWith(' ') && content !== SIGNATURE_LINE;
    open ??= { depth, pieces: [] };
    open.pieces.push(soft && delSp ? content.slice(0, -1) : content);
    if (!soft) close();
  }
  close();
  return lines;
}

/** Decodes format=flowed to text with LF line ends; quoted paragraphs keep their marks as `> `. */
export function decodeFlowed(text: string, delSp = false): string {
  return linesToText(flowedLines(text, delSp));
}

/** Lines as text, quoted ones marked with `> ` for each level. */
export function linesToText(lines: readonly TextLine[]): string {
  return lines.map(({ depth, text }) => quoteMark(depth) + text).join('\n');
}

/**
 * Encodes text as format=flowed without delsp, with CRLF line ends and none after the last line. What comes back from
 * decoding is the text with LF line ends and without blanks at the ends of its lines (a blank there would mean that the
 * line goes on); nothing else is lost, lines that begin with `>`, a blank or `From ` included.
 *
 * @param depth Writes it as a quote of that depth.
 */
export function encodeFlowed(text: string, depth = 0): string {
  const out: string[] = [];
  const marks = '>'.repeat(depth);
  for (const line of splitLines(text)) {
    for (const piece of wrap(trimBlanks(line), MAX_LINE - depth - 1)) out.push(marks + stuff(piece, depth > 0));
  }
  return out.join('\r\n');
}

/** Splits at LF, CRLF and CR. */
export function splitLines(text: string): string[] {
  return text.split(/\r\n|\n|\r/);
}

/** Not by a regular expression: those take quadratic time for many blanks that are not at the end. */
function trimBlanks(line: string): string {
  let end = line.length;
  while (end > 0 && line[end - 1] === ' ') end--;
  return line.slice(0, end);
}

function stuff(piece: string, quoted: boolean): string {
  if (quoted) return piece === '' ? '' : ` ${piece}`;
  return piece.startsWith(' ') || piece.startsWith('>') || piece.startsWith('From ') ? ` ${piece}` : piece;
}

/** Pieces of a line; all but the last end in a blank. Words longer than a line stay whole. */
function wrap(line: string, width: number): string[] {
  const pieces: string[] = [];
  let start = 0;
  while (line.length - start > width) {
    const end = breakAt(line, start, width);
    if (end < 0) break;
    pieces.push(line.slice(start, end));
    start = end;
  }
  pieces.push(line.slice(start));
  return pieces;
}

/** Where the next line begins: behind the last blank that fits, else behind the next one. -1 if there is none. */
function breakAt(line: string, start: number, width: number): number {
  const last = line.lastIndexOf(' ', start + width - 1);
  let blank = last > start ? last : line.indexOf(' ', Math.max(last + 1, start + 1));
  // A line of just "-- " would be read as the signature separator.
  while (blank >= 0 && line.slice(start, blank + 1) === SIGNATURE_LINE) blank = line.indexOf(' ', blank + 1);
  return blank < 0 || blank + 1 >= line.length ? -1 : blank + 1;
}

/** `> > text` and `>>text` are both of depth 2. */
function quoteDepth(line: string): { readonly marks: number; readonly end: number } {
  let marks = 0;
  let end = 0;
  for (let i = 0; i < line.length; i++) {
    if (line[i] === '>') {
      marks++;
      end = i + 1;
    } else if (line[i] !== ' ' || marks === 0 || i > end) break;
  }
  if (marks > 0 && line[end] === ' ') end++;
  return { marks, end };
}

function quoteMark(depth: number): string {
  return depth === 0 ? '' : `${'>'.repeat(depth)} `;
}
