import { limits } from '../core/limits.js';
import { isMention } from './html-links.js';

/** A link of the class `mention`. */
export interface MentionLink {
  /** Its words, without the `@`. */
  readonly name: string;
  /** What the `mailto:` link leads to. */
  readonly href: string;
}

/** Words of a link that are kept: a name, and what may stand around it. */
const MAX_WORDS = 2 * limits.nameChars;

/**
 * The mentions in an HTML text, `<a class="mention" href="mailto:…">@Name</a>`, in their order. Most HTML has none; that is seen without
 * walking through it.
 */
export async function mentionLinks(html: string): Promise<MentionLink[]> {
  const input = html.slice(0, limits.htmlChars);
  if (!/mention/i.test(input)) return [];
  const { Tokenizer } = await import('htmlparser2');
  const links: MentionLink[] = [];
  let open: { readonly href: string; words: string } | undefined;
  let isLink = false;
  let attribute = '';
  let attributes = new Map<string, string>();
  const add = (text: string) => {
    if (open && open.words.length < MAX_WORDS) open.words += text;
  };
  const tokenizer = new Tokenizer(
    { decodeEntities: true },
    {
      ontext: (start, end) => add(input.slice(start, Math.min(end, start + MAX_WORDS))),
      ontextentity: (codepoint) => add(String.fromCodePoint(codepoint)),
      onopentagname(start, end) {
        isLink = input.slice(start, Math.min(end, start + 2)).toLowerCase() === 'a';
        attributes = new Map();
      },
      onattribname(start, end) {
        attribute = isLink ? input.slice(start, Math.min(end, start + 8)).toLowerCase() : '';
      },
      onattribdata(start, end) {
        const known = attributes.get(attribute) ?? '';
        const room = limits.htmlAttributeChars - known.length;
        if (attribute !== '' && room > 0)
          attributes.set(attribute, known + input.slice(start, Math.min(end, start + room)));
      },
      onattribentity(codepoint) {
        const known = attributes.get(attribute) ?? '';
        if (attribute !== '' && known.length < limits.htmlAttributeChars) {
          attributes.set(attribute, known + String.fromCodePoint(codepoint));
        }
      },
      onattribend() {},
      onopentagend() {
        if (!isLink) return;
        const href = mailtoOf(attributes.get('href') ?? '');
        open = isMention(attributes) && href !== undefined ? { href, words: '' } : undefined;
      },
      onselfclosingtag() {},
      onclosetag(start, end) {
        if (!open || input.slice(start, Math.min(end, start + 2)).toLowerCase() !== 'a') return;
        const name = mentionedName(open.words);
        if (name !== '' && links.length < limits.mentions) links.push({ name, href: open.href });
        open = undefined;
      },
      oncdata() {},
      oncomment() {},
      ondeclaration() {},
      onprocessinginstruction() {},
      onend() {},
    },
  );
  tokenizer.write(input);
  tokenizer.end();
  return links;
}

/** How a text without formatting mentions somebody (COI client specification): `@Name:address`, `@"Full Name":address`. */
export function mentionMarkup(name: string, address: string): string {
  return /^[\p{L}\p{M}\p{N}_.+-]+$/u.test(name) ? `@${name}:${address}` : `@"${name.replaceAll('"', "'")}":${address}`;
}

/** The words of a mention as one line without the `@`. */
export function mentionedName(words: string): string {
  return words.replace(/\s+/g, ' ').trim().replace(/^@/, '').trim().slice(0, limits.nameChars);
}

/** The address in a `mailto:` link without its parameters; undefined for other links. */
export function mailtoOf(href: string): string | undefined {
  const address = /^\s*mailto:([^?]+)/i.exec(href)?.[1];
  if (address === undefined) return undefined;
  try {
    return decodeURIComponent(address).trim();
  } catch {
    return address.trim();
  }
}
