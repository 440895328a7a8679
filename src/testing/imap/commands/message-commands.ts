import type { HostFolder } from '../../folder.js';
import type { StoredMail } from '../../stored-mail.js';
import { type Arguments, flagsOf, textsOf } from '../arguments.js';
import { parseInternalDate } from '../dates.js';
import { ImapBad, ImapNo } from '../errors.js';
import { formatSequenceSet } from '../sequence-set.js';
import type { ImapCommand, ImapSession } from '../session.js';

/** APPEND, COPY, MOVE, STORE, EXPUNGE. */
export const messageCommands: Record<string, ImapCommand> = {
  APPEND: { state: 'user', run: append },
  COPY: {
    state: 'selected',
    uid: true,
    run(session, args, { byUid }) {
      const mails = pick(session, args, byUid);
      const target = targetFolder(session, args);
      args.end();
      const code = copyUid(session, target, mails, copy(target, mails));
      return `${code}Copied`;
    },
  },
  MOVE: {
    state: 'selected',
    needs: 'move',
    uid: true,
    run(session, args, { byUid }) {
      writable(session);
      const mails = pick(session, args, byUid);
      const target = targetFolder(session, args);
      args.end();
      const code = copyUid(session, target, mails, copy(target, mails));
      // Before the EXPUNGE responses, so that the client can still map them (RFC 6851 4.3).
      if (code) session.line(`* OK ${code}Moved`);
      session.selected.folder.remove(new Set(mails));
      return 'Moved';
    },
  },
  STORE: {
    state: 'selected',
    uid: true,
    holdsExpunge: true,
    run: (session, args, { byUid }) => store(session, args, byUid),
  },
  EXPUNGE: {
    state: 'selected',
    uid: true,
    run(session, args, { byUid }) {
      writable(session);
      const { folder } = session.selected;
      if (byUid && !session.context.capabilities.uidplus) throw new ImapBad('No UIDPLUS here');
      const among = byUid ? pick(session, args, true) : folder.stored;
      args.end();
      folder.remove(new Set(among.filter((mail) => mail.flags.has('\\Deleted'))));
      return undefined;
    },
  },
};

function append(session: ImapSession, args: Arguments): string {
  const folder = targetFolder(session, args);
  const flagList = args.optionalList();
  const flags = storable(session, folder, flagsOf(flagList ? textsOf(flagList) : []));
  const next = args.peek();
  const dated = next && !Array.isArray(next) && next.type === 'STRING';
  const internalDate = dated ? parseInternalDate(args.text('date')) : undefined;
  const raw = args.octets('message');
  args.end();
  if (raw.length === 0) throw new ImapNo('Message is empty');
  const mail = folder.add(raw, { flags, ...(internalDate === undefined ? {} : { internalDate }) });
  if (!session.context.capabilities.uidplus) return 'Appended';
  return `[APPENDUID ${folder.uidValidity} ${mail.uid}] Appended`;
}

function copy(target: HostFolder, mails: readonly StoredMail[]): number[] {
  return mails.map(({ raw, flags, internalDate }) => target.add(raw, { flags, internalDate }).uid);
}

function copyUid(
  session: ImapSession,
  target: HostFolder,
  mails: readonly StoredMail[],
  copies: readonly number[],
): string {
  if (!session.context.capabilities.uidplus || mails.length === 0) return '';
  const from = formatSequenceSet(mails.map((mail) => mail.uid));
  return `[COPYUID ${target.uidValidity} ${from} ${formatSequenceSet(copies)}] `;
}

function store(session: ImapSession, args: Arguments, byUid: boolean): string {
  writable(session);
  const { selected } = session;
  const mails = pick(session, args, byUid);
  const unchangedSince = readUnchangedSince(session, args);
  const item = /^([+-]?)FLAGS(\.SILENT)?$/i.exec(args.text('item'));
  if (!item) throw new ImapBad('Expected FLAGS');
  const texts: string[] = [];
  const list = args.optionalList();
  if (list) texts.push(...textsOf(list));
  else while (args.more) texts.push(args.text('flag'));
  args.end();
  const flags = storable(session, selected.folder, flagsOf(texts));
  const modified: number[] = [];
  for (const mail of mails) {
    const sequence = selected.sequenceOf(mail);
    if (unchangedSince !== undefined && mail.modSeq > unchangedSince) {
      modified.push(byUid ? mail.uid : sequence);
      continue;
    }
    const changed = selected.folder.changeFlags(mail, applied(mail.flags, item[1] ?? '', flags));
    // Filing at the server's side may have taken it away.
    if (selected.isGone(mail)) continue;
    selected.told(mail);
    const parts = [`UID ${mail.uid}`];
    if (!item[2]) parts.push(`FLAGS (${[...mail.flags].join(' ')})`);
    if (session.condstore) parts.push(`MODSEQ (${mail.modSeq})`);
    if (!item[2] || (session.condstore && changed)) session.line(`* ${sequence} FETCH (${parts.join(' ')})`);
  }
  return modified.length > 0 ? `[MODIFIED ${formatSequenceSet(modified)}] Some were changed by others` : 'Stored';
}

function readUnchangedSince(session: ImapSession, args: Arguments): number | undefined {
  const modifiers = args.optionalList();
  if (!modifiers) return undefined;
  const [name, value, ...rest] = textsOf(modifiers);
  if (name?.toUpperCase() !== 'UNCHANGEDSINCE' || !/^\d{1,19}$/.test(value ?? '') || rest.length > 0) {
    throw new ImapBad('Unknown STORE modifier');
  }
  if (!session.context.capabilities.condstore) throw new ImapBad('No CONDSTORE here');
  session.condstore = true;
  return Number(value);
}

function applied(now: ReadonlySet<string>, sign: string, flags: readonly string[]): Set<string> {
  if (sign === '') return new Set(flags);
  const result = new Set(now);
  for (const flag of flags) {
    if (sign === '+') result.add(flag);
    else result.delete(flag);
  }
  return result;
}

/** A server without new keywords ignores those it does not know (RFC 9051 7.1, PERMANENTFLAGS). */
function storable(session: ImapSession, folder: HostFolder, flags: readonly string[]): string[] {
  if (session.context.keywords) return [...flags];
  return flags.filter((flag) => flag.startsWith('\\') || folder.keywords.has(flag));
}

function pick(session: ImapSession, args: Arguments, byUid: boolean): StoredMail[] {
  return session.selected.pick(args.text('sequence set'), byUid);
}

function targetFolder(session: ImapSession, args: Arguments): HostFolder {
  const folder = session.mailbox.find(args.mailbox());
  if (!folder) throw new ImapNo('[TRYCREATE] No such folder');
  return folder;
}

function writable(session: ImapSession): void {
  if (session.selected.readOnly) throw new ImapNo('[READ-ONLY] Folder was opened with EXAMINE');
}
