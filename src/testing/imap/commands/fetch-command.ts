import type { ImapAttribute, ImapCompileNode } from 'imapflow/lib/handler/types';
import type { StoredMail } from '../../stored-mail.js';
import { type Arguments, textOf, textsOf } from '../arguments.js';
import { bodyStructure } from '../body-structure.js';
import { formatInternalDate } from '../dates.js';
import { envelope } from '../envelope.js';
import { ImapBad } from '../errors.js';
import { parseSection, type Section, sectionOctets } from '../section.js';
import type { ImapCommand, ImapSession } from '../session.js';

/** FETCH and UID FETCH. */
export const fetchCommands: Record<string, ImapCommand> = {
  FETCH: {
    state: 'selected',
    uid: true,
    holdsExpunge: true,
    run: (session, args, { byUid }) => fetch(session, args, byUid),
  },
};

/** One thing to say about a mail. */
interface Item {
  readonly name: string;
  /** For BODY[…]. */
  readonly section?: Section;
  readonly peek: boolean;
  readonly partial?: readonly number[] | undefined;
}

const macros: Record<string, readonly string[]> = {
  ALL: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE'],
  FAST: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE'],
  FULL: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE', 'BODY'],
};

const plain = ['UID', 'FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE', 'BODY', 'BODYSTRUCTURE', 'MODSEQ'];

/** The old names of sections (RFC 3501 6.4.5), and whether they leave \Seen alone. */
const oldNames: Record<string, { readonly section: Section; readonly peek: boolean }> = {
  RFC822: { section: { part: [], text: '', fields: [] }, peek: false },
  'RFC822.HEADER': { section: { part: [], text: 'HEADER', fields: [] }, peek: true },
  'RFC822.TEXT': { section: { part: [], text: 'TEXT', fields: [] }, peek: false },
};

async function fetch(session: ImapSession, args: Arguments, byUid: boolean): Promise<string> {
  const { selected } = session;
  const set = args.text('sequence set');
  const items = readItems(session, args.any('items'));
  const changedSince = readChangedSince(session, args);
  args.end();
  const wanted = items.filter((item) => !(byUid && item.name === 'UID'));
  if (byUid) wanted.unshift({ name: 'UID', peek: true });
  if (changedSince !== undefined && !wanted.some((item) => item.name === 'MODSEQ')) {
    wanted.push({ name: 'MODSEQ', peek: true });
  }
  const reads = !selected.readOnly && wanted.some((item) => !item.peek);
  for (const mail of selected.pick(set, byUid)) {
    if (changedSince !== undefined && mail.modSeq <= changedSince) continue;
    if (selected.isGone(mail)) continue;
    const sequence = selected.sequenceOf(mail);
    const seen = reads && !mail.flags.has('\\Seen');
    if (seen) selected.folder.changeFlags(mail, new Set([...mail.flags, '\\Seen']));
    const row = seen && !wanted.some((item) => item.name === 'FLAGS') ? [...wanted, flagsItem] : wanted;
    if (row.some((item) => item.name === 'FLAGS')) selected.told(mail);
    await session.respond([String(sequence), { type: 'ATOM', value: 'FETCH' }, rowOf(session, mail, row)]);
  }
  return 'Fetched';
}

const flagsItem: Item = { name: 'FLAGS', peek: true };

function rowOf(session: ImapSession, mail: StoredMail, items: readonly Item[]): ImapCompileNode[] {
  return items.flatMap((item) => {
    const { section, partial } = item;
    if (!section) return [{ type: 'ATOM', value: item.name }, itemValue(session, mail, item.name)];
    let octets = sectionOctets(mail.mime, mail.raw, section);
    if (octets && partial) {
      const [offset = 0, length = Number.POSITIVE_INFINITY] = partial;
      octets = octets.subarray(offset, offset + length);
    }
    const name: ImapCompileNode = oldNames[item.name]
      ? { type: 'ATOM', value: item.name }
      : {
          type: 'ATOM',
          value: 'BODY',
          section: sectionNodes(section),
          partial: partial ? [partial[0] ?? 0] : undefined,
        };
    return [name, octets ? { type: 'LITERAL', value: octets } : null];
  });
}

function itemValue(session: ImapSession, mail: StoredMail, name: string): ImapCompileNode {
  const { codec } = session.context;
  switch (name) {
    case 'UID':
      return mail.uid;
    case 'FLAGS':
      return [...mail.flags].map((flag) => ({ type: 'ATOM', value: flag }));
    case 'INTERNALDATE':
      return { type: 'STRING', value: formatInternalDate(mail.internalDate) };
    case 'RFC822.SIZE':
      return mail.raw.length;
    case 'ENVELOPE':
      return envelope(mail.mime, codec.addressparser);
    case 'MODSEQ':
      return [mail.modSeq];
    default:
      return bodyStructure(mail.mime, codec.addressparser, name === 'BODYSTRUCTURE');
  }
}

function sectionNodes(section: Section) {
  const words = [...section.part.map(String), ...(section.text ? [section.text] : [])];
  if (words.length === 0) return [];
  const name = { type: 'ATOM', value: words.join('.') };
  return section.fields.length > 0 ? [name, section.fields.map((field) => ({ type: 'ATOM', value: field }))] : [name];
}

function readItems(session: ImapSession, attribute: ImapAttribute): Item[] {
  const nodes: readonly ImapAttribute[] = Array.isArray(attribute) ? attribute : [attribute];
  const items = nodes.flatMap((node): Item[] => {
    if (Array.isArray(node)) throw new ImapBad('Unexpected list of FETCH items');
    const name = textOf(node).toUpperCase();
    if (node?.section) {
      if (name !== 'BODY' && name !== 'BODY.PEEK') throw new ImapBad(`Unknown FETCH item: ${name}`);
      return [{ name, section: parseSection(node.section), peek: name === 'BODY.PEEK', partial: node.partial }];
    }
    const old = oldNames[name];
    if (old) return [{ name, ...old }];
    return (macros[name] ?? [name]).map((item) => ({ name: item, peek: true }));
  });
  for (const { name, section } of items) {
    if (!section && !plain.includes(name)) throw new ImapBad(`Unknown FETCH item: ${name}`);
    if (name !== 'MODSEQ') continue;
    if (!session.context.capabilities.condstore) throw new ImapBad('No CONDSTORE here');
    session.condstore = true;
  }
  return items;
}

function readChangedSince(session: ImapSession, args: Arguments): number | undefined {
  const modifiers = args.optionalList();
  if (!modifiers) return undefined;
  const [name, value, ...rest] = textsOf(modifiers);
  if (name?.toUpperCase() !== 'CHANGEDSINCE' || !/^\d{1,19}$/.test(value ?? '') || rest.length > 0) {
    throw new ImapBad('Unknown FETCH modifier');
  }
  if (!session.context.capabilities.condstore) throw new ImapBad('No CONDSTORE here');
  session.condstore = true;
  return Number(value);
}
