import type { ImapAttributeList } from 'imapflow/lib/handler/types';
import { type HostFolder, type SpecialUse, specialUses } from '../../folder.js';
import type { Arguments } from '../arguments.js';
import { systemFlags, textOf, textsOf } from '../arguments.js';
import { ImapBad, ImapNo } from '../errors.js';
import { quotedMailboxName } from '../mailbox-name.js';
import type { ImapCommand, ImapSession } from '../session.js';

/** CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE, STATUS, SELECT, EXAMINE, CLOSE, UNSELECT. */
export const folderCommands: Record<string, ImapCommand> = {
  CREATE: {
    state: 'user',
    run(session, args) {
      const path = args.mailbox();
      const options = args.optionalList();
      args.end();
      const existing = session.mailbox.get(path);
      if (existing?.selectable) throw new ImapNo('[ALREADYEXISTS] Folder exists');
      checkName(session, path);
      session.mailbox.create(path, options && readUse(session, options));
      return undefined;
    },
  },
  DELETE: {
    state: 'user',
    run(session, args) {
      const folder = named(session, args.mailbox());
      args.end();
      if (folder.path === 'INBOX') throw new ImapNo('[CANNOT] INBOX cannot be deleted');
      if (!folder.selectable) throw new ImapNo('[HASCHILDREN] There are folders below it');
      deselect(session, folder);
      session.mailbox.delete(folder.path);
      return undefined;
    },
  },
  RENAME: {
    state: 'user',
    run(session, args) {
      const folder = named(session, args.mailbox());
      const target = args.mailbox('new name');
      args.end();
      if (session.mailbox.get(target)) throw new ImapNo('[ALREADYEXISTS] Folder exists');
      checkName(session, target);
      if (target.startsWith(folder.path + session.mailbox.layout.delimiter) && folder.path !== 'INBOX') {
        throw new ImapNo('[CANNOT] A folder cannot be moved into itself');
      }
      session.mailbox.rename(folder.path, target);
      return undefined;
    },
  },
  SUBSCRIBE: { state: 'user', run: (session, args) => subscribe(session, args, true) },
  UNSUBSCRIBE: { state: 'user', run: (session, args) => subscribe(session, args, false) },
  STATUS: {
    state: 'user',
    run(session, args) {
      const folder = existing(session, args.mailbox());
      const items = textsOf(args.list('status items'));
      args.end();
      session.line(statusLine(session, folder, items));
      return undefined;
    },
  },
  SELECT: { state: 'user', run: (session, args) => open(session, args, false) },
  EXAMINE: { state: 'user', run: (session, args) => open(session, args, true) },
  CLOSE: {
    state: 'selected',
    run(session) {
      const { folder, readOnly } = session.selected;
      session.select(undefined);
      if (!readOnly) folder.remove(new Set(folder.stored.filter((mail) => mail.flags.has('\\Deleted'))));
      return undefined;
    },
  },
  UNSELECT: {
    state: 'selected',
    needs: 'unselect',
    run(session) {
      session.select(undefined);
      return undefined;
    },
  },
};

/** One untagged STATUS response. */
export function statusLine(session: ImapSession, folder: HostFolder, items: readonly string[]): string {
  const values = items.map((item) => {
    const name = item.toUpperCase();
    return `${name} ${statusValue(session, folder, name)}`;
  });
  return `* STATUS ${quotedMailboxName(folder.path)} (${values.join(' ')})`;
}

function statusValue(session: ImapSession, folder: HostFolder, item: string): number {
  switch (item) {
    case 'MESSAGES':
      return folder.stored.length;
    case 'RECENT':
      return 0;
    case 'UIDNEXT':
      return folder.uidNext;
    case 'UIDVALIDITY':
      return folder.uidValidity;
    case 'UNSEEN':
      return folder.stored.filter((mail) => !mail.flags.has('\\Seen')).length;
    case 'HIGHESTMODSEQ':
      if (!session.context.capabilities.condstore) break;
      session.condstore = true;
      return folder.highestModSeq;
  }
  throw new ImapBad(`Unknown STATUS item: ${item}`);
}

function existing(session: ImapSession, path: string): HostFolder {
  const folder = session.mailbox.find(path);
  if (!folder) throw new ImapNo('[NONEXISTENT] No such folder');
  return folder;
}

/** `(USE (\Archive))` of CREATE (RFC 6154 3). */
function readUse(session: ImapSession, options: ImapAttributeList): SpecialUse | undefined {
  const [name, uses] = options;
  if (!session.context.capabilities.specialUse) throw new ImapBad('No CREATE-SPECIAL-USE here');
  if (!name || Array.isArray(name) || textOf(name).toUpperCase() !== 'USE' || !Array.isArray(uses)) {
    throw new ImapBad('Unknown CREATE parameter');
  }
  const [wanted, ...more] = textsOf(uses);
  if (wanted === undefined) return undefined;
  const use = specialUses.find((known) => known.toLowerCase() === wanted.toLowerCase());
  if (!use || more.length > 0) throw new ImapNo('[USEATTR] Special use not supported');
  return use;
}

/** Like {@link existing}, `\Noselect` names included. */
function named(session: ImapSession, path: string): HostFolder {
  return session.mailbox.get(path) ?? existing(session, path);
}

function checkName(session: ImapSession, path: string): void {
  const { prefix, delimiter } = session.mailbox.layout;
  const pieces = path.split(delimiter);
  if (pieces.slice(0, -1).includes('') || pieces[0] === '' || /[*%\p{Cc}]/u.test(path)) {
    throw new ImapNo('[CANNOT] Invalid folder name');
  }
  if (prefix !== '' && !path.startsWith(prefix)) throw new ImapNo(`[CANNOT] Folders are below ${prefix}`);
}

function subscribe(session: ImapSession, args: Arguments, on: boolean): undefined {
  const folder = named(session, args.mailbox());
  args.end();
  folder.subscribed = on;
  return undefined;
}

/** A session that deletes the folder it has open goes on without one. */
function deselect(session: ImapSession, folder: HostFolder): void {
  if (session.hasSelected(folder)) session.select(undefined);
}

function open(session: ImapSession, args: Arguments, readOnly: boolean): string {
  // Whatever comes next, the folder before is closed (RFC 9051 6.3.2).
  session.select(undefined);
  const folder = existing(session, args.mailbox());
  const options = args.optionalList();
  args.end();
  const { capabilities, keywords } = session.context;
  if (options && textsOf(options).some((option) => option.toUpperCase() === 'CONDSTORE')) session.condstore = true;
  session.select(folder, readOnly);
  const flags = [...systemFlags, ...folder.keywords].join(' ');
  session.line(`* FLAGS (${flags})`);
  const permanent = readOnly ? '' : keywords ? `${flags} \\*` : flags;
  session.line(`* OK [PERMANENTFLAGS (${permanent})] Flags that can be changed`);
  session.line(`* ${folder.stored.length} EXISTS`);
  session.line('* 0 RECENT');
  const unseen = folder.stored.findIndex((mail) => !mail.flags.has('\\Seen'));
  if (unseen >= 0) session.line(`* OK [UNSEEN ${unseen + 1}] First unseen`);
  session.line(`* OK [UIDVALIDITY ${folder.uidValidity}] UIDs valid`);
  session.line(`* OK [UIDNEXT ${folder.uidNext}] Predicted next UID`);
  if (capabilities.condstore) session.line(`* OK [HIGHESTMODSEQ ${folder.highestModSeq}] Highest`);
  return `[${readOnly ? 'READ-ONLY' : 'READ-WRITE'}] ${folder.path === 'INBOX' ? 'INBOX' : 'Folder'} selected`;
}
