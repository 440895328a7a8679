import { limits } from '../core/limits.js';

/** Values by property class, such as `p-name`, as they stand in the HTML. */
export type RawCard = Map<string, string[]>;

const PROPERTY = /^(?:(?:p|u|dt)-[a-z][a-z0-9-]{0,60}|x-coi-[a-z0-9-]{1,60})$/;
const VOID = new Set(['area', 'base', 'br', 'col', 'embed', 'hr', 'img', 'input', 'link', 'meta', 'source', 'wbr']);
const NO_TEXT = new Set(['script', 'style', 'template', 'noscript', 'iframe', 'object', 'svg', 'math']);

/** Attribute that holds the value of a property, by element; elsewhere it is the text. */
const VALUE_ATTRIBUTES: ReadonlyMap<string, string> = new Map([
  ['img', 'src'],
  ['a', 'href'],
  ['time', 'datetime'],
  ['data', 'value'],
  ['input', 'value'],
]);

/** Characters of one value: a picture or a key as base64, line breaks included. */
const MAX_VALUE_CHARS = Math.ceil(limits.avatarBytes * 1.4) + 1024;

/** A property whose text is being collected. */
interface OpenProperty {
  readonly classes: readonly string[];
  readonly element: string;
  /** What the text is appended to if the element says nothing better in an attribute. */
  readonly attribute: string | undefined;
  /** Elements of that name open within it and including it. */
  count: number;
  text: string;
}

/**
 * Collects h-group and h-card from the callbacks of htmlparser2's tokenizer. Flat: a card lasts until the next card begins, a
 * property until its end tag or the next property, so that neither missing end tags nor deep nesting matter.
 */
export class HCardWalker {
  readonly #html: string;
  readonly cards: RawCard[] = [];
  group: RawCard | undefined;
  #current: RawCard | undefined;
  #open: OpenProperty | undefined;
  #element = '';
  #attribute = '';
  #value = '';
  #attributes = new Map<string, string>();
  /** The element whose text is not for anybody, and how many of its name are open. */
  #silent: { readonly element: string; count: number } | undefined;

  constructor(html: string) {
    this.#html = html;
  }

  ontext(start: number, end: number): void {
    this.#addText(this.#html.slice(start, end));
  }

  ontextentity(codepoint: number): void {
    this.#addText(String.fromCodePoint(codepoint));
  }

  onopentagname(start: number, end: number): void {
    this.#element = this.#html.slice(start, Math.min(end, start + 32)).toLowerCase();
    this.#attributes = new Map();
  }

  onattribname(start: number, end: number): void {
    this.#attribute = this.#html.slice(start, Math.min(end, start + 16)).toLowerCase();
    this.#value = '';
  }

  onattribdata(start: number, end: number): void {
    const room = MAX_VALUE_CHARS - this.#value.length;
    if (room > 0 && this.#counts(this.#attribute)) this.#value += this.#html.slice(start, Math.min(end, start + room));
  }

  onattribentity(codepoint: number): void {
    if (this.#value.length < MAX_VALUE_CHARS) this.#value += String.fromCodePoint(codepoint);
  }

  onattribend(): void {
    if (this.#counts(this.#attribute) && !this.#attributes.has(this.#attribute)) {
      this.#attributes.set(this.#attribute, this.#value);
    }
  }

  onopentagend(): void {
    this.#openTag(this.#element);
  }

  onselfclosingtag(): void {
    this.#openTag(this.#element);
  }

  onclosetag(start: number, end: number): void {
    const element = this.#html.slice(start, Math.min(end, start + 32)).toLowerCase();
    if (this.#silent?.element === element && --this.#silent.count === 0) this.#silent = undefined;
    if (this.#open?.element === element && --this.#open.count === 0) this.#endProperty();
  }

  oncdata(): void {}
  oncomment(): void {}
  ondeclaration(): void {}
  onprocessinginstruction(): void {}

  onend(): void {
    this.#endProperty();
  }

  #counts(attribute: string): boolean {
    return attribute === 'class' || VALUE_ATTRIBUTES.get(this.#element) === attribute;
  }

  #openTag(element: string): void {
    if (this.#silent !== undefined) {
      if (this.#silent.element === element) this.#silent.count++;
      return;
    }
    if (NO_TEXT.has(element)) {
      this.#silent = { element, count: 1 };
      return;
    }
    if (this.#open?.element === element && !VOID.has(element)) this.#open.count++;
    const classes = (this.#attributes.get('class') ?? '').slice(0, 1000).split(/\s+/);
    if (classes.includes('h-group')) this.#begin('group');
    else if (classes.includes('h-card')) this.#begin('card');
    const properties = classes.filter((name) => PROPERTY.test(name) && name !== 'p-participants').slice(0, 4);
    if (properties.length > 0) this.#beginProperty(element, properties);
    else if (element === 'br') this.#addText('\u2028');
  }

  #begin(kind: 'group' | 'card'): void {
    this.#endProperty();
    const card: RawCard = new Map();
    this.#current = card;
    if (kind === 'group') this.group ??= card;
    else if (this.cards.length < limits.cards) this.cards.push(card);
  }

  #beginProperty(element: string, classes: readonly string[]): void {
    const name = VALUE_ATTRIBUTES.get(element);
    const attribute = name === undefined ? undefined : this.#attributes.get(name);
    if (VOID.has(element)) {
      // It has no text, so that what it stands in goes on.
      this.#keep(classes, attribute ?? '');
      return;
    }
    this.#endProperty();
    this.#open = { classes, element, attribute, count: 1, text: '' };
  }

  #endProperty(): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    const { attribute } = open;
    // A link counts as the value only where it can be one: a name may link to somebody's page.
    const isValue = attribute !== undefined && (open.element !== 'a' || /^\s{0,99}(?:mailto|data):/i.test(attribute));
    this.#keep(open.classes, isValue ? attribute : open.text);
  }

  #keep(classes: readonly string[], value: string): void {
    if (this.#current === undefined) return;
    for (const name of classes) {
      const values = this.#current.get(name) ?? [];
      if (values.length >= limits.cardValues) continue;
      if (values.length === 0 && this.#current.size >= limits.cardProperties) continue;
      values.push(value);
      this.#current.set(name, values);
    }
  }

  #addText(text: string): void {
    if (this.#open === undefined || this.#silent !== undefined) return;
    const room = MAX_VALUE_CHARS - this.#open.text.length;
    // U+2028 is what a <br> becomes here: a line end of the source is a blank.
    if (room > 0) this.#open.text += text.slice(0, room);
  }
}
