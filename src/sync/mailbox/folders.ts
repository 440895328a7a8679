import { CoiError, describe } from '../../core/errors.js';
import type { Logger } from '../../core/logger.js';
import type { FolderRecord } from '../../store/records.js';
import type { ImapFolder, ImapTransport } from '../../transport/imap.js';
import type { Filing } from '../engine-options.js';
import { readCoiConfig } from './coi-server.js';

/** What the account's folders are, and who does what with them, on one connection. */
export interface MailboxLayout {
  readonly inbox: string;
  /** Undefined where there is none and it could not be made: chat mail then stays in the INBOX. */
  readonly chats: string | undefined;
  readonly sent: string | undefined;
  readonly contacts: string | undefined;
  /** Where it is made when it is needed. */
  readonly contactsPath: string;
  readonly blocked: string | undefined;
  /** What we do with new chat mail. `none` too where a COI server does it, or where there is no folder for it. */
  readonly filing: Filing;
  /** The COI server moves chat mail by itself, in this way. */
  readonly serverFiling: Filing;
  /** A COI server, switched on. */
  readonly coiServer: boolean;
  /** The server is known to keep copies of what is submitted. */
  readonly keepsCopies: boolean;
  /** Paths of all folders there are. */
  readonly existing: ReadonlySet<string>;
}

/** A folder that is kept in step. */
export interface SyncedFolder {
  readonly path: string;
  readonly role: FolderRecord['role'];
}

/** What {@link findFolders} needs to know. */
export interface FolderOptions {
  readonly filing: Filing;
  readonly mailboxRoot: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Finds the account's folders, with the server's own delimiter and namespace prefix, and makes those that are missing and needed. */
export async function findFolders(imap: ImapTransport, options: FolderOptions): Promise<MailboxLayout> {
  const coi = await readCoiConfig(imap, options.logger);
  const folders = await imap.listFolders({ signal: options.signal });
  const inbox = folders.find(({ path }) => path.toUpperCase() === 'INBOX')?.path ?? 'INBOX';
  const { prefix } = imap.namespace;
  const delimiter = imap.namespace.delimiter || folders[0]?.delimiter || '/';
  const served = coi?.enabled === true;
  const root = (served && coi.root) || `${prefix}${options.mailboxRoot}`;
  const wanted = served ? 'none' : options.filing;
  const find = (path: string) => folders.find((folder) => folder.path === path && folder.selectable)?.path;
  const need = async (path: string) =>
    find(path) ?? (wanted === 'none' ? undefined : await create(imap, path, options.logger));

  const chats = await need(`${root}${delimiter}Chats`);
  const contactsPath = `${root}${delimiter}Contacts`;
  const existing = new Set([inbox, ...(chats === undefined ? [] : [chats]), ...folders.map(({ path }) => path)]);
  return {
    existing,
    inbox,
    chats,
    sent: sentFolder(folders),
    contacts: await need(contactsPath),
    contactsPath,
    coiServer: served,
    blocked: await need(`${prefix}Blocked`),
    filing: chats === undefined ? 'none' : wanted,
    serverFiling: served ? coi.filter : 'none',
    // A submission server of a COI server files the sender's copy; Gmail puts it into Sent.
    keepsCopies: served || imap.capabilities.has('X-GM-EXT-1'),
  };
}

/** The folders whose mails are messages, the one where news arrive first, the one whose messages are hidden last. */
export function syncedFolders(layout: MailboxLayout): SyncedFolder[] {
  const folders: SyncedFolder[] = [{ path: layout.inbox, role: 'inbox' }];
  if (layout.chats !== undefined) folders.push({ path: layout.chats, role: 'chats' });
  if (layout.sent !== undefined && layout.sent !== layout.inbox) folders.push({ path: layout.sent, role: 'sent' });
  if (layout.serverFiling === 'active' && folders[1]?.role === 'chats')
    folders.splice(0, 2, folders[1], { path: layout.inbox, role: 'inbox' });
  if (layout.blocked !== undefined) folders.push({ path: layout.blocked, role: 'blocked' });
  return folders;
}

/** Makes a folder; undefined where the server refuses. */
export async function create(imap: ImapTransport, path: string, logger: Logger): Promise<string | undefined> {
  try {
    await imap.createFolder(path);
    return path;
  } catch (thrown) {
    if (!imap.usable || !(thrown instanceof CoiError)) throw thrown;
    logger.log('warn', `The server does not let us create the folder "${path}", so we do without: ${describe(thrown)}`);
    return undefined;
  }
}

const SENT_NAMES = [
  'sent',
  'sent items',
  'sent messages',
  'sent mail',
  'gesendet',
  'gesendete objekte',
  'envoyés',
  'enviados',
  'inviata',
];

function sentFolder(folders: readonly ImapFolder[]): string | undefined {
  const usable = folders.filter(({ selectable }) => selectable);
  const special = usable.find(({ specialUse }) => specialUse?.toLowerCase() === '\\sent');
  if (special) return special.path;
  const nameOf = ({ path, delimiter }: ImapFolder) =>
    path.slice(delimiter ? path.lastIndexOf(delimiter) + 1 : 0).toLowerCase();
  return usable.find((folder) => SENT_NAMES.includes(nameOf(folder)))?.path;
}
