import type { ImapAttributeList } from 'imapflow/lib/handler/types';
import type { MimePart } from '../mime.js';
import { textOf, textsOf } from './arguments.js';
import { ImapBad } from './errors.js';

/** What stands in the brackets of BODY[…] (RFC 9051 6.4.5, `section-spec`). */
export interface Section {
  /** Part number, e.g. `[1, 2]`. */
  readonly part: readonly number[];
  readonly text: '' | 'HEADER' | 'HEADER.FIELDS' | 'HEADER.FIELDS.NOT' | 'TEXT' | 'MIME';
  /** Names for the two HEADER.FIELDS forms, as written. */
  readonly fields: readonly string[];
}

const texts: readonly Section['text'][] = ['', 'HEADER', 'HEADER.FIELDS', 'HEADER.FIELDS.NOT', 'TEXT', 'MIME'];

/** Reads a section. */
export function parseSection(nodes: ImapAttributeList): Section {
  const [first, second] = nodes;
  if (first === undefined) return { part: [], text: '', fields: [] };
  if (Array.isArray(first)) throw new ImapBad('Invalid section');
  const [, numbers = '', rest = ''] = /^((?:\d{1,9}(?:\.|$))*)(.*)$/.exec(textOf(first)) ?? [];
  const part = numbers.split('.').filter(Boolean).map(Number);
  const text = texts.find((known) => known === rest.toUpperCase());
  const fields = Array.isArray(second) ? textsOf(second) : [];
  const named = text === 'HEADER.FIELDS' || text === 'HEADER.FIELDS.NOT';
  const wrong = text === undefined || part.includes(0) || (text === 'MIME' && part.length === 0);
  if (wrong || named !== fields.length > 0) throw new ImapBad('Invalid section');
  return { part, text, fields };
}

/** The octets of a section; undefined (NIL) if the mail has no such part. */
export function sectionOctets(mail: MimePart, raw: Buffer, section: Section): Buffer | undefined {
  if (section.part.length === 0) return section.text === '' ? raw : ofMessage(mail, section);
  const found = findPart(mail, section.part);
  if (!found) return undefined;
  if (section.text === 'MIME') return found.headerBlock;
  if (section.text === '') return found.body;
  // HEADER and TEXT of a part are those of the mail inside it.
  return found.message && ofMessage(found.message, section);
}

function ofMessage(message: MimePart, section: Section): Buffer {
  if (section.text === 'TEXT') return message.body;
  if (section.text === 'HEADER') return message.headerBlock;
  const names = new Set(section.fields.map((name) => name.toLowerCase()));
  const wanted = section.text === 'HEADER.FIELDS';
  const fields = message.fields.filter((field) => names.has(field.name) === wanted);
  return Buffer.concat([...fields.map((field) => field.raw), Buffer.from('\r\n')]);
}

function findPart(mail: MimePart, path: readonly number[]): MimePart | undefined {
  let current: MimePart | undefined = mail;
  for (const [depth, number] of path.entries()) {
    // Below a message/rfc822 part the numbers are those of the mail inside it.
    const container: MimePart | undefined = depth > 0 && current?.message ? current.message : current;
    if (!container) return undefined;
    if (container.children.length > 0) current = container.children[number - 1];
    // A mail that is no multipart has one part, its body.
    else if (number === 1 && (container === mail || container !== current)) current = container;
    else return undefined;
  }
  return current;
}
