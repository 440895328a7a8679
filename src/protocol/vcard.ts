import { limits } from '../core/limits.js';
import { readAddress } from '../mail/address.js';
import { cleanName } from '../mail/text-clean.js';
import { defined } from './defined.js';
import { birthdayOf, isPhotoType, pictureType } from './profile-values.js';
import { bytesOf, parseLine, piecesOf, textOf, unfoldedLines, type VCardLine } from './vcard-lines.js';

/** A contact as a vCard has it (RFC 6350; RFC 2426 and vCard 2.1 are read as well). */
export interface VCard {
  /** `FN`, or what can be made of `N`. */
  readonly name?: string;
  /** `NICKNAME`. */
  readonly nickname?: string;
  /** `EMAIL`, normalised, each once, preferred ones first. */
  readonly emails: readonly string[];
  /** `PHOTO`, where the picture itself is in it. */
  readonly photo?: { readonly contentType: string; readonly content: Uint8Array };
  /** `BDAY`: `1990-12-09`, or `--12-09` without the year. */
  readonly birthday?: string;
  /** `CATEGORIES`. */
  readonly categories: readonly string[];
  /** `KEY`: octets of an OpenPGP public key, not looked at. */
  readonly key?: Uint8Array;
}

/**
 * Reads the cards of a file one after the other; what is no card is passed over. A card that is not finished, or is larger than
 * `limits.vcardChars`, is left out: what would it be without its end?
 */
export function* readVCards(text: string): Generator<VCard> {
  let lines: VCardLine[] | undefined;
  let depth = 0;
  let chars = 0;
  for (const folded of unfoldedLines(text)) {
    const line = parseLine(folded);
    if (line === undefined) continue;
    const about = line.value.trim().toUpperCase();
    if (line.name === 'BEGIN' && about === 'VCARD') {
      depth += 1;
      if (depth === 1) lines = [];
      chars = 0;
    } else if (line.name === 'END' && about === 'VCARD') {
      depth = Math.max(0, depth - 1);
      if (depth === 0 && lines !== undefined) {
        yield cardOfLines(lines);
        lines = undefined;
      }
    } else if (depth === 1 && lines !== undefined) {
      // Version 2.1 nests cards (AGENT); the inner ones are other people's.
      chars += folded.length;
      if (chars > limits.vcardChars || lines.length >= limits.vcardLines) lines = undefined;
      else lines.push(line);
    }
  }
}

function cardOfLines(lines: readonly VCardLine[]): VCard {
  const first = (name: string) => lines.find((line) => line.name === name);
  const text = (name: string) => {
    const line = first(name);
    return line && (cleanName(textOf(line)) || undefined);
  };
  const nicknames = first('NICKNAME');
  const birthday = first('BDAY');
  return {
    emails: emailsOf(lines),
    categories: lines
      .filter(({ name }) => name === 'CATEGORIES')
      .flatMap((line) => piecesOf(line, ','))
      .map((word) => cleanName(word.replaceAll(',', ' ')))
      .filter((word, i, all) => word !== '' && all.indexOf(word) === i)
      .slice(0, limits.cardValues),
    ...defined({
      name: text('FN') ?? nameOf(first('N')),
      nickname: nicknames && (cleanName(piecesOf(nicknames, ',')[0] ?? '') || undefined),
      birthday: birthday && birthdayOf(textOf(birthday)),
      photo: photoOf(lines),
      key: keyOf(lines),
    }),
  };
}

function emailsOf(lines: readonly VCardLine[]): string[] {
  const emails = lines.flatMap((line) => {
    if (line.name !== 'EMAIL') return [];
    const address = readAddress(
      textOf(line)
        .replace(/^\s*mailto:/i, '')
        .trim(),
    );
    if (address === undefined) return [];
    const isPreferred = line.params.get('TYPE')?.some((type) => type.toUpperCase() === 'PREF') ?? false;
    const rank = Number(line.params.get('PREF')?.[0] ?? (isPreferred ? 1 : 101));
    return [{ address, rank: Number.isFinite(rank) ? rank : 101 }];
  });
  const sorted = emails.sort((a, b) => a.rank - b.rank).map(({ address }) => address);
  return [...new Set(sorted)].slice(0, limits.cardAddresses);
}

/** `N` is family name, given name, further names, prefixes, suffixes. */
function nameOf(line: VCardLine | undefined): string | undefined {
  if (line === undefined) return undefined;
  const [family = '', given = '', more = '', prefix = '', suffix = ''] = piecesOf(line, ';');
  return cleanName([prefix, given, more, family, suffix].filter((part) => part.trim() !== '').join(' ')) || undefined;
}

function photoOf(lines: readonly VCardLine[]): VCard['photo'] {
  for (const line of lines) {
    if (line.name !== 'PHOTO') continue;
    const found = bytesOf(line);
    const contentType = found && pictureType(found.bytes);
    if (found && contentType !== undefined && found.bytes.length <= limits.avatarBytes)
      return { contentType, content: found.bytes };
  }
  return undefined;
}

function keyOf(lines: readonly VCardLine[]): Uint8Array | undefined {
  for (const line of lines) {
    if (line.name !== 'KEY') continue;
    const found = bytesOf(line);
    if (found && found.bytes.length > 0 && found.bytes.length <= limits.cardKeyBytes) return found.bytes;
  }
  return undefined;
}

/** A contact to be written. */
export type VCardDraft = Partial<VCard> & Pick<VCard, 'emails'>;

/** Writes a vCard of version 4.0 (RFC 6350), or of 3.0 (RFC 2426) for older programs. Lines are folded at 75 octets. */
export function writeVCard(card: VCardDraft, version: '3.0' | '4.0' = '4.0'): string {
  const { name, nickname, emails, photo, birthday, categories, key } = card;
  const lines = ['BEGIN:VCARD', `VERSION:${version}`];
  const fullName = name ?? nickname ?? emails[0] ?? '';
  lines.push(`FN:${escaped(fullName)}`);
  // 3.0 wants one; whole names cannot be taken apart, so all of it is the given name.
  if (version === '3.0') lines.push(`N:;${escaped(fullName)};;;`);
  if (nickname !== undefined) lines.push(`NICKNAME:${escaped(nickname)}`);
  for (const email of emails) lines.push(`EMAIL:${escaped(email)}`);
  if (birthday !== undefined) lines.push(`BDAY:${version === '4.0' ? birthday.replace(/(?<=\d)-/g, '') : birthday}`);
  if (categories !== undefined && categories.length > 0) lines.push(`CATEGORIES:${categories.map(escaped).join(',')}`);
  if (photo !== undefined && isPhotoType(photo.contentType)) {
    const type = photo.contentType.slice('image/'.length).toUpperCase();
    const data = base64(photo.content);
    lines.push(
      version === '4.0' ? `PHOTO:data:${photo.contentType};base64,${data}` : `PHOTO;ENCODING=b;TYPE=${type}:${data}`,
    );
  }
  if (key !== undefined) {
    const data = base64(key);
    lines.push(version === '4.0' ? `KEY:data:application/pgp-keys;base64,${data}` : `KEY;ENCODING=b;TYPE=PGP:${data}`);
  }
  return `${[...lines, 'END:VCARD'].map(foldedLine).join('\r\n')}\r\n`;
}

function escaped(text: string): string {
  return text.replace(/[\\,;]/g, '\\$&').replace(/\r\n?|\n/g, '\\n');
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** At most 75 octets to a line, and no character torn apart. */
function foldedLine(line: string): string {
  if (line.length <= 25) return line;
  const pieces: string[] = [];
  let piece = '';
  let octets = 0;
  for (const char of line) {
    const size = char.length === 1 && char < '\x80' ? 1 : Buffer.byteLength(char);
    if (octets + size > 74) {
      pieces.push(piece);
      piece = '';
      octets = 0;
    }
    piece += char;
    octets += size;
  }
  return [...pieces, piece].join('\r\n ');
}
