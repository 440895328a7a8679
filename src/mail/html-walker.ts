import { limits } from '../core/limits.js';
import { SIGNATURE_LINE, type TextLine } from './flowed.js';
import {
  ATTRIBUTES,
  BLOCKS,
  IMPLIED_END,
  INVISIBLE,
  isHiddenStyle,
  PARAGRAPHS,
  QUOTE_MARKS,
  SIGNATURE_MARKS,
  VOID,
} from './html-elements.js';
import { isMention, linkTarget, sameLink } from './html-links.js';
import { mailtoOf, mentionedName, mentionMarkup } from './html-mentions.js';
import { cutText } from './text-clean.js';

/** An element that means something until its end tag. */
interface OpenElement {
  readonly name: string;
  readonly role: 'hidden' | 'cite' | 'quote' | 'list' | 'pre' | 'link' | 'signature';
  /** Elements of this name that are open within it and including it. */
  count: number;
  /** Number of the next item of an ordered list. */
  item?: number;
  readonly href?: string;
  /** Address of somebody whom the text mentions. */
  readonly mentions?: string | undefined;
  /** Where the text of a link begins. */
  readonly textFrom?: number;
}

/**
 * Collects text from the callbacks of htmlparser2's tokenizer. Flat: instead of a tree there is a short list of open
 * elements that matter, each with a count of its namesakes, so that any nesting costs constant time per tag.
 */
export class HtmlWalker {
  readonly #html: string;
  readonly #showHidden: boolean;
  readonly #lines: TextLine[] = [];
  readonly #open: OpenElement[] = [];
  #line: string[] = [];
  #lineChars = 0;
  #total = 0;
  #depth = 0;
  #hidden = 0;
  #pre = 0;
  /** A blank is due before the next word, an empty line before the next text. */
  #blank = false;
  #gap = false;
  #inLineParagraph = false;
  #prefix = '';
  #name = '';
  #attribute = '';
  #value = '';
  #attributes = new Map<string, string>();

  constructor(html: string, showHidden: boolean) {
    this.#html = html;
    this.#showHidden = showHidden;
  }

  /** The lines, when all input was walked. */
  finish(): TextLine[] {
    this.#endLine();
    return this.#lines;
  }

  ontext(start: number, end: number): void {
    if (this.#hidden === 0 && !this.#full) this.#addText(this.#html.slice(start, end));
  }

  ontextentity(codepoint: number): void {
    if (this.#hidden === 0 && !this.#full) this.#addText(String.fromCodePoint(codepoint));
  }

  onopentagname(start: number, end: number): void {
    this.#name = this.#html.slice(start, Math.min(end, start + 32)).toLowerCase();
    this.#attributes = new Map();
  }

  onattribname(start: number, end: number): void {
    this.#attribute = this.#html.slice(start, Math.min(end, start + 16)).toLowerCase();
    this.#value = '';
  }

  onattribdata(start: number, end: number): void {
    if (this.#value.length < limits.htmlAttributeChars && ATTRIBUTES.has(this.#attribute)) {
      this.#value += this.#html.slice(start, Math.min(end, start + limits.htmlAttributeChars));
    }
  }

  onattribentity(codepoint: number): void {
    if (this.#value.length < limits.htmlAttributeChars) this.#value += String.fromCodePoint(codepoint);
  }

  onattribend(): void {
    if (ATTRIBUTES.has(this.#attribute) && !this.#attributes.has(this.#attribute)) {
      this.#attributes.set(this.#attribute, this.#value);
    }
  }

  onopentagend(): void {
    this.#openTag(this.#name, this.#attributes);
  }

  onselfclosingtag(): void {
    // HTML ignores the slash but for void elements; Office writes <o:p/>, which must not stay open.
    this.#openTag(this.#name, this.#attributes);
    if (this.#name.includes(':')) this.#closeTag(this.#name);
  }

  onclosetag(start: number, end: number): void {
    this.#closeTag(this.#html.slice(start, Math.min(end, start + 32)).toLowerCase());
  }

  oncdata(): void {}
  oncomment(): void {}
  ondeclaration(): void {}
  onprocessinginstruction(): void {}
  onend(): void {}

  get #full(): boolean {
    return this.#total >= limits.textChars;
  }

  #openTag(name: string, attributes: ReadonlyMap<string, string>): void {
    if (name === 'body') this.#endHead();
    if (IMPLIED_END.has(name)) this.#endImplied(name);
    for (const element of this.#open) if (element.name === name && !VOID.has(name)) element.count++;
    if (this.#hidden > 0) return;
    if (VOID.has(name)) {
      this.#voidTag(name, attributes);
      return;
    }
    this.#layout(name, attributes);
    const role = this.#roleOf(name, attributes);
    if (role !== undefined && this.#open.length < limits.htmlDepth) this.#enter({ name, role, count: 1 }, attributes);
  }

  #voidTag(name: string, attributes: ReadonlyMap<string, string>): void {
    if (name === 'br') this.#breakLine();
    else if (name === 'hr') this.#rule();
    else if (name === 'img' && !(attributes.get('src') ?? '').startsWith('cid:'))
      this.#addText(attributes.get('alt') ?? '');
  }

  /** Outlook writes every line as a paragraph of that class. */
  #layout(name: string, attributes: ReadonlyMap<string, string>): void {
    // Whether the end tag, which has no class, ends a line or a paragraph.
    const isLine = name === 'p' && /\bMso(?:Normal|PlainText|ListParagraph)/.test(attributes.get('class') ?? '');
    if (name === 'p') this.#inLineParagraph = isLine;
    if (PARAGRAPHS.has(name) && !isLine) this.#endParagraph(name);
    else if (BLOCKS.has(name) || isLine) this.#endLine();
    if (name === 'li') this.#item();
    else if ((name === 'td' || name === 'th') && this.#lineChars > 0) this.#blank = true;
  }

  #roleOf(name: string, attributes: ReadonlyMap<string, string>): OpenElement['role'] | undefined {
    if (INVISIBLE.has(name)) return 'hidden';
    const hidden = attributes.has('hidden') || isHiddenStyle(attributes.get('style') ?? '');
    if (hidden && !this.#showHidden) return 'hidden';
    if (name === 'a') return 'link';
    if (name === 'ul' || name === 'ol') return 'list';
    if (name === 'pre') return 'pre';
    const marks = `${attributes.get('class') ?? ''} ${attributes.get('id') ?? ''}`.toLowerCase().split(/\s+/);
    const cited = marks.some((mark) => QUOTE_MARKS.has(mark));
    if (name === 'blockquote') return cited || attributes.get('type')?.toLowerCase() === 'cite' ? 'cite' : 'quote';
    // Gmail's div of that class holds the introduction as well; the blockquote in it is the quote.
    if (cited && !marks.includes('gmail_quote')) return 'cite';
    return marks.some((mark) => SIGNATURE_MARKS.has(mark)) ? 'signature' : undefined;
  }

  #enter(element: OpenElement, attributes: ReadonlyMap<string, string>): void {
    const { role, name } = element;
    if (role === 'hidden') this.#hidden++;
    else if (role === 'pre') this.#pre++;
    else if (role === 'cite' || role === 'quote') {
      // The empty line between a text and a quote belongs to neither.
      this.#endLine();
      this.#closeGap();
      if (role === 'cite') this.#depth++;
    } else if (role === 'signature') this.#signature();
    const start = Number.parseInt(attributes.get('start') ?? '1', 10);
    this.#open.push({
      ...element,
      ...(name === 'ol' && { item: Number.isSafeInteger(start) ? start : 1 }),
      ...(role === 'link' && {
        href: linkTarget(attributes),
        textFrom: this.#line.length,
        mentions: isMention(attributes) ? mailtoOf(attributes.get('href') ?? '') : undefined,
      }),
    });
  }

  #closeTag(name: string): void {
    for (const element of this.#open) if (element.name === name) element.count--;
    const index = this.#open.findIndex(({ count }) => count <= 0);
    if (index >= 0) this.#leaveFrom(index);
    if (this.#hidden > 0) return;
    if (name === 'p' && this.#inLineParagraph) this.#endLine();
    else if (PARAGRAPHS.has(name)) this.#endParagraph(name);
    else if (BLOCKS.has(name)) this.#endLine();
  }

  /** Whatever is open within an element ends with it. */
  #leaveFrom(index: number): void {
    while (this.#open.length > index) {
      const element = this.#open.at(-1);
      if (!element) return;
      if (element.role === 'hidden') this.#hidden--;
      else if (element.role === 'link') this.#endLink(element);
      else if (element.role !== 'list') this.#endLine();
      if (element.role === 'pre') this.#pre--;
      else if (element.role === 'cite') this.#depth--;
      this.#open.pop();
    }
  }

  #endImplied(name: string): void {
    const index = this.#open.findIndex((element) => element.name === name && element.role !== 'list');
    if (index >= 0 && !this.#open.slice(index).some(({ role }) => role === 'list')) this.#leaveFrom(index);
  }

  #endHead(): void {
    const index = this.#open.findIndex(({ name }) => name === 'head');
    if (index >= 0) this.#leaveFrom(index);
  }

  #endLink({ href, textFrom = 0, mentions }: OpenElement): void {
    if (mentions !== undefined) this.#endMention(mentions, textFrom);
    if (href === undefined || href === '') return;
    const text = this.#line.slice(textFrom).join('').trim();
    if (!sameLink(text, href)) this.#addText(text === '' && this.#lineChars === 0 ? `<${href}>` : ` <${href}>`);
  }

  /** As a text without formatting would have it. */
  #endMention(address: string, textFrom: number): void {
    const words = this.#line.splice(textFrom).join('');
    this.#lineChars -= words.length;
    const name = mentionedName(words);
    if (name !== '') this.#append(`${words.startsWith(' ') ? ' ' : ''}${mentionMarkup(name, address)}`);
  }

  #item(): void {
    const lists = this.#open.filter(({ role }) => role === 'list');
    const list = lists.at(-1);
    const indent = '  '.repeat(Math.max(0, lists.length - 1));
    this.#prefix = list?.item === undefined ? `${indent}- ` : `${indent}${list.item++}. `;
  }

  #signature(): void {
    this.#endLine();
    this.#closeGap();
    const last = this.#lines.findLast(({ text }) => text !== '');
    if (last?.text !== SIGNATURE_LINE) this.#push(SIGNATURE_LINE);
  }

  #rule(): void {
    this.#endLine();
    if (!this.#full) this.#push('---');
  }

  #addText(text: string): void {
    if (this.#pre > 0) {
      this.#addPreformatted(text);
      return;
    }
    // The collapsing of CSS: blanks and line ends are one blank, a no-break space is text.
    for (const [index, word] of text.split(/[ \t\n\r\f]+/).entries()) {
      if (index > 0) this.#blank = true;
      if (word !== '') this.#addWord(word.replaceAll('\u00a0', ' '));
    }
  }

  #addPreformatted(text: string): void {
    for (const [index, line] of text.split(/\r\n|\n|\r/).entries()) {
      if (index > 0) this.#breakLine();
      if (line !== '') this.#append(line);
    }
  }

  #addWord(word: string): void {
    if (this.#blank && this.#lineChars > 0) this.#append(' ');
    this.#blank = false;
    this.#append(word);
  }

  #append(text: string): void {
    if (this.#full) return;
    this.#closeGap();
    const short = cutText(text, limits.textChars - this.#total);
    this.#line.push(short);
    this.#lineChars += short.length;
    this.#total += short.length;
  }

  #closeGap(): void {
    if (this.#gap && this.#lines.length > 0 && this.#lines.at(-1)?.text !== '') this.#push('');
    this.#gap = false;
  }

  /** `<br>`: ends the line even if it is empty. */
  #breakLine(): void {
    if (this.#lineChars > 0) this.#endLine();
    else if (!this.#full) this.#push('');
    this.#blank = false;
  }

  #endLine(): void {
    this.#blank = false;
    if (this.#lineChars === 0) return;
    const text = this.#line.join('');
    const line = this.#prefix + (this.#pre > 0 ? text : text.trim());
    this.#line = [];
    this.#lineChars = 0;
    this.#total += this.#prefix.length;
    this.#prefix = '';
    if (line !== '--') this.#push(line);
    else if (this.#lines.at(-1)?.text !== SIGNATURE_LINE) this.#push(SIGNATURE_LINE);
  }

  #endParagraph(name: string): void {
    this.#endLine();
    const nestedList = (name === 'ul' || name === 'ol') && this.#open.some(({ role }) => role === 'list');
    if (!nestedList) this.#gap = true;
  }

  #push(text: string): void {
    const quotes = this.#open.reduce((sum, { role }) => sum + (role === 'quote' ? 1 : 0), 0);
    this.#lines.push({ depth: this.#depth, text: quotes > 0 ? `${'> '.repeat(quotes)}${text}`.trimEnd() : text });
    this.#total += 1 + 2 * (quotes + this.#depth);
  }
}
