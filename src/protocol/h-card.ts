import { limits } from '../core/limits.js';
import { readAddress } from '../mail/address.js';
import { cleanLine, cleanName } from '../mail/text-clean.js';
import { decodeTransfer } from '../mail/transfer-encoding.js';
import { defined } from './defined.js';
import { HCardWalker, type RawCard } from './h-card-walker.js';

/** A picture within a card. */
export interface CardPhoto {
  /** `image/jpeg`, `image/png`, `image/webp` or `image/gif`. */
  readonly contentType: string;
  readonly content: Uint8Array;
}

/** A person's card: microformats h-card (https://microformats.org/wiki/h-card) with the properties that COI adds. */
export interface HCard {
  /** `p-name`. */
  readonly name?: string;
  /** `p-nickname`. */
  readonly nickname?: string;
  /** `u-email`, normalised, each once; what is no address is left out. */
  readonly emails: readonly string[];
  /** `u-photo`, where it is a `data:` URI; pictures are never fetched from elsewhere. */
  readonly photo?: CardPhoto;
  /** `u-key`: octets of an OpenPGP public key, not looked at. */
  readonly key?: Uint8Array;
  /** `dt-bday` as written: `1990-12-09`, or `--12-09` without the year. */
  readonly birthday?: string;
  /** `p-status` (also `x-coi-status`): what the person is up to. */
  readonly status?: string;
  /** `p-category`: `friend`, `family`, `work`, `partner` or own words. */
  readonly categories: readonly string[];
  /** `p-notification`: settings by name, such as `enabled`, `types`, `sounds`, `filters`. */
  readonly notification?: Readonly<Record<string, string>>;
  /** `p-hash`: hash of the address, lower case. */
  readonly hash?: string;
  /** All other properties (`x-coi-…` and unknown ones) with their values, so that they can be kept when the card is written again. */
  readonly other: Readonly<Record<string, readonly string[]>>;
}

/** A group's description: `h-group` of the COI client specification. */
export interface HGroup {
  /** `p-id`; only in group storage messages. */
  readonly id?: string;
  /** `p-name`. */
  readonly name?: string;
  /** `p-description`; line ends are `\n`. */
  readonly description?: string;
  /** `u-photo`. */
  readonly photo?: CardPhoto;
  /** `p-notification`; only in group storage messages. */
  readonly notification?: Readonly<Record<string, string>>;
  /** All other properties with their values. */
  readonly other: Readonly<Record<string, readonly string[]>>;
  /** The cards of the participants. */
  readonly cards: readonly HCard[];
}

/** The cards in one HTML part. */
export interface Cards {
  /** The first `h-group`, if there is one; all cards are its participants then. */
  readonly group?: HGroup;
  readonly cards: readonly HCard[];
}

const PHOTO = /^data:(image\/(?:jpeg|png|webp|gif))(?:;[^,;]{0,100}){0,4};base64,([A-Za-z0-9+/=]*)$/i;

/**
 * Reads the cards of an HTML part in one pass without building a tree (the COI drafts nest `<p>`, which HTML does not allow, and
 * a tree would lose their cards). Scripts and links to pictures elsewhere are inert. Limits: `limits.cards` and its neighbours.
 */
export async function readCards(html: string): Promise<Cards> {
  const { Tokenizer } = await import('htmlparser2');
  const input = html.slice(0, limits.htmlChars);
  const walker = new HCardWalker(input);
  const tokenizer = new Tokenizer({ decodeEntities: true }, walker);
  tokenizer.write(input);
  tokenizer.end();
  const cards = walker.cards.map(toCard);
  return walker.group === undefined ? { cards } : { group: toGroup(walker.group, cards), cards };
}

function toCard(raw: RawCard): HCard {
  const emails = (raw.get('u-email') ?? []).flatMap((value) => readAddress(emailOf(value)) ?? []);
  return {
    emails: [...new Set(emails)],
    categories: [...new Set((raw.get('p-category') ?? []).flatMap(wordsOf))],
    other: othersOf(raw, CARD_PROPERTIES),
    ...defined({
      name: nameOf(raw, 'p-name'),
      nickname: nameOf(raw, 'p-nickname'),
      photo: photoOf(raw),
      key: keyOf(raw),
      birthday: lineOf(raw, 'dt-bday', 32),
      status: nameOf(raw, 'p-status') ?? nameOf(raw, 'x-coi-status'),
      notification: notificationOf(raw),
      hash: lineOf(raw, 'p-hash', 128)?.toLowerCase(),
    }),
  };
}

function toGroup(raw: RawCard, cards: readonly HCard[]): HGroup {
  return {
    cards,
    other: othersOf(raw, GROUP_PROPERTIES),
    ...defined({
      id: lineOf(raw, 'p-id', 128),
      name: nameOf(raw, 'p-name'),
      description: descriptionOf(raw),
      photo: photoOf(raw),
      notification: notificationOf(raw),
    }),
  };
}

const CARD_PROPERTIES = new Set(
  'p-name p-nickname u-email u-photo u-key dt-bday p-status x-coi-status p-category p-notification p-hash'.split(' '),
);
const GROUP_PROPERTIES = new Set('p-id p-name p-description u-photo p-notification'.split(' '));

function nameOf(raw: RawCard, property: string): string | undefined {
  return cleanName(raw.get(property)?.[0] ?? '') || undefined;
}

function lineOf(raw: RawCard, property: string, maxChars: number): string | undefined {
  return cleanLine((raw.get(property)?.[0] ?? '').replace(/\s+/g, ' '), maxChars) || undefined;
}

/** Text of several lines: `<br>` ends a line, line ends of the source do not. */
function descriptionOf(raw: RawCard): string | undefined {
  const text = raw.get('p-description')?.[0]?.slice(0, limits.cardValueChars);
  return text === undefined ? undefined : cleanDescription(text.replace(/[\t\r\n ]+/g, ' ').replaceAll('\u2028', '\n'));
}

/** A description as it is shown: lines without control and bidi characters, no empty ones at the ends. Empty if nothing is left. */
export function cleanDescription(text: string): string {
  const lines = text.slice(0, limits.cardValueChars).split(/\r\n?|\n/);
  return lines
    .map((line) => cleanLine(line, limits.cardValueChars))
    .join('\n')
    .trim();
}

function emailOf(value: string): string {
  const link = /^\s*mailto:([^?]{1,1000})/i.exec(value.slice(0, 2000));
  if (!link?.[1]) return value.slice(0, 1000).trim();
  try {
    return decodeURIComponent(link[1].trim());
  } catch {
    return link[1].trim();
  }
}

function wordsOf(value: string): string[] {
  const words = value.slice(0, limits.cardValueChars).split(',');
  return words
    .map((word) => cleanName(word))
    .filter((word) => word !== '')
    .slice(0, limits.cardValues);
}

function photoOf(raw: RawCard): CardPhoto | undefined {
  const match = PHOTO.exec((raw.get('u-photo')?.[0] ?? '').replace(/\s+/g, ''));
  if (!match?.[1] || !match[2]) return undefined;
  const content = fromBase64(match[2]);
  if (content.byteLength === 0 || content.byteLength > limits.avatarBytes) return undefined;
  return { contentType: match[1].toLowerCase(), content };
}

/** A picture whose type is found from its first octets, as it stands in chatmail's header fields. */
export function photoFromBase64(text: string): CardPhoto | undefined {
  const dense = text.slice(0, limits.avatarBytes * 2).replace(/\s+/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(dense)) return undefined;
  const content = fromBase64(dense);
  const contentType = imageType(content);
  return contentType === undefined || content.byteLength > limits.avatarBytes ? undefined : { contentType, content };
}

/** Type of a picture by its first octets; undefined if it is none of those that every client takes. */
export function imageType(content: Uint8Array): string | undefined {
  const head = String.fromCharCode(...content.subarray(0, 12));
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (head.startsWith('GIF8')) return 'image/gif';
  return head.startsWith('RIFF') && head.endsWith('WEBP') ? 'image/webp' : undefined;
}

function keyOf(raw: RawCard): Uint8Array | undefined {
  const text = (raw.get('u-key')?.[0] ?? '').replace(/^\s*data:[^,]{0,200},/i, '').replace(/\s+/g, '');
  if (text === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  const key = fromBase64(text);
  return key.byteLength > limits.cardKeyBytes ? undefined : key;
}

function notificationOf(raw: RawCard): Readonly<Record<string, string>> | undefined {
  const value = raw.get('p-notification')?.[0];
  if (value === undefined) return undefined;
  const settings = new Map<string, string>();
  for (const piece of value.slice(0, limits.cardValueChars).split(';').slice(0, limits.cardProperties)) {
    const at = piece.indexOf('=');
    const name = (at < 0 ? piece : piece.slice(0, at)).trim().toLowerCase();
    if (/^[a-z][a-z0-9_-]{0,60}$/.test(name)) settings.set(name, at < 0 ? '' : cleanName(piece.slice(at + 1)));
  }
  return Object.fromEntries(settings);
}

function othersOf(raw: RawCard, known: ReadonlySet<string>): Record<string, readonly string[]> {
  const others: [string, string[]][] = [];
  for (const [name, values] of raw) {
    if (known.has(name)) continue;
    const texts = values.map((value) => cleanDescription(value.replaceAll('\u2028', '\n')));
    others.push([name, texts.filter((text) => text !== '')]);
  }
  return Object.fromEntries(others.filter(([, values]) => values.length > 0));
}

function fromBase64(text: string): Uint8Array {
  return new Uint8Array(decodeTransfer(new TextEncoder().encode(text), 'base64'));
}
