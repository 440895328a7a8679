import { InputError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import { readAddress } from '../mail/address.js';
import { mentionLinks, mentionMarkup } from '../mail/html-mentions.js';

/** Somebody whom a text names with an `@`. */
export interface Mention {
  /** As it stands in the text after the `@`. */
  readonly name: string;
  /** Normalised; undefined if everybody is meant (`@all`). */
  readonly address?: string;
  /** Where it stands in the text: index of the `@`, in UTF-16 units as JavaScript counts. */
  readonly start: number;
  /** Length with the `@`, in UTF-16 units. */
  readonly length: number;
}

/** Somebody to mention in a message that is to be written. */
export interface MentionDraft {
  readonly address: string;
  /** As it stands in the text after the `@`. Default: the address. */
  readonly name?: string | undefined;
}

/** A {@link MentionDraft} that can be written. */
export interface CheckedMention {
  readonly address: string;
  readonly name: string;
}

/** A text as people read it, and whom it mentions, in the order in which they stand there. */
export interface MentionText {
  readonly text: string;
  readonly mentions: readonly Mention[];
}

/** Everything is bounded, so that no text takes more than linear time. The last letter of an address is no punctuation. */
const ADDRESS = String.raw`[\p{L}\p{N}!#$%&'*+/=?^_{|}~.-]{1,64}@[\p{L}\p{N}](?:[\p{L}\p{N}.-]{0,253}[\p{L}\p{N}])?`;
const NAMED = String.raw`@(?:"(?<quoted>[^"\n]{1,255})"|(?<bare>[\p{L}\p{M}\p{N}_.+-]{1,255})):(?<address>${ADDRESS})`;
const EVERYBODY = String.raw`@(?<all>all)(?![\p{L}\p{M}\p{N}_@-]|[.:][\p{L}\p{N}])`;
/** No mention begins within a word: that is the middle of an e-mail address, or of a path on another machine. */
const MENTION = new RegExp(String.raw`(?<![\p{L}\p{M}\p{N}_.+@-])(?:${NAMED}|${EVERYBODY})`, 'giu');

/**
 * Finds `@Name:address`, `@"Full Name":address` and `@all` (COI client specification, "Mentions in Group Messages"), and takes
 * the addresses out of the text: they are for programs. A link of the class `mention` in the HTML of the same message counts
 * where its words stand in the text: what a reader cannot see mentions nobody. An address in running text is no mention.
 */
export async function readMentions(text: string, html: string | undefined): Promise<MentionText> {
  if (!text.includes('@')) return { text, mentions: [] };
  const mentions: Mention[] = [];
  const pieces: string[] = [];
  let from = 0;
  let length = 0;
  const add = (piece: string) => {
    pieces.push(piece);
    length += piece.length;
  };
  for (const match of text.matchAll(MENTION)) {
    if (mentions.length >= limits.mentions) break;
    const { quoted, bare, all, address: raw } = match.groups ?? {};
    const name = all ?? bare ?? quoted?.trim();
    const address = raw === undefined ? undefined : readAddress(raw);
    if (name === undefined || name === '' || (all === undefined && address === undefined)) continue;
    add(text.slice(from, match.index));
    mentions.push({ name, ...(address !== undefined && { address }), start: length, length: name.length + 1 });
    add(`@${name}`);
    from = match.index + match[0].length;
  }
  add(text.slice(from));
  const shown = pieces.join('');
  return { text: shown, mentions: withLinks(shown, mentions, html === undefined ? [] : await mentionLinks(html)) };
}

/** Mentions of the HTML text whose words are in the plain text without address. */
function withLinks(
  text: string,
  mentions: readonly Mention[],
  links: readonly { readonly name: string; readonly href: string }[],
): readonly Mention[] {
  const found = [...mentions];
  const taken = new Set(mentions.map(({ start }) => start));
  for (const { name, href } of links) {
    const address = readAddress(href);
    if (found.length >= limits.mentions) break;
    if (address === undefined || found.some((mention) => mention.name === name && mention.address === address))
      continue;
    const start = indexOfName(text, name, (at) => !taken.has(at));
    if (start < 0) continue;
    taken.add(start);
    found.push({ name, address, start, length: name.length + 1 });
  }
  return found.sort((a, b) => a.start - b.start);
}

/**
 * Writes the addresses into a text that names people with `@Name`.
 *
 * @throws InputError `INVALID_OPTION` if one of them is not in the text, or cannot be written as a mention.
 */
export function writeMentions(text: string, mentions: readonly CheckedMention[]): string {
  // Longer names first: `@Ann` must not be found in `@Ann Lee`.
  const sorted = [...mentions].sort((a, b) => b.name.length - a.name.length);
  const places: { readonly start: number; readonly name: string; readonly address: string }[] = [];
  const inside = (at: number) => places.some(({ start, name }) => at >= start && at <= start + name.length);
  for (const { name, address } of sorted) {
    const before = places.length;
    for (let from = 0; ; ) {
      const start = indexOfName(text, name, (at) => !inside(at), from);
      if (start < 0 || places.length >= limits.mentions) break;
      places.push({ start, name, address });
      from = start + name.length + 1;
    }
    if (places.length === before) {
      throw new InputError('INVALID_OPTION', `mentions: the text has no "@${name}". Write it where it should stand.`);
    }
  }
  let written = text;
  for (const { start, name, address } of places.sort((a, b) => b.start - a.start)) {
    written = `${written.slice(0, start)}${mentionMarkup(name, address)}${written.slice(start + name.length + 1)}`;
  }
  return written;
}

/** True if an address can be written into a text so that its end is found again. */
export function canBeMentioned(address: string): boolean {
  return new RegExp(`^${ADDRESS}$`, 'iu').test(address);
}

/** Where `@name` stands as a word of its own. */
function indexOfName(text: string, name: string, isFree: (at: number) => boolean, from = 0): number {
  const words = `@${name}`;
  for (let at = text.indexOf(words, from); at >= 0; at = text.indexOf(words, at + 1)) {
    const before = text.slice(Math.max(0, at - 2), at);
    const after = text.slice(at + words.length, at + words.length + 2);
    const isWord = !/[\p{L}\p{M}\p{N}_.+@-]$/u.test(before) && !/^[\p{L}\p{M}\p{N}_]/u.test(after);
    if (isWord && isFree(at)) return at;
  }
  return -1;
}
