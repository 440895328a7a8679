import type { ImapCompileNode } from 'imapflow/lib/handler/types';
import { coiConfigEntry } from '../../coi-server.js';
import { type Arguments, textOf, textsOf } from '../arguments.js';
import { ImapBad, ImapNo } from '../errors.js';
import { encodeMailboxName } from '../mailbox-name.js';
import type { ImapCommand, ImapSession } from '../session.js';

const hasCoi = (session: ImapSession): boolean => session.context.coi !== undefined;

/** GETMETADATA and SETMETADATA (RFC 5464). A COI server has them even without announcing METADATA. */
export const metadataCommands: Record<string, ImapCommand> = {
  GETMETADATA: { state: 'user', needs: 'metadata', even: hasCoi, run: getMetadata },
  SETMETADATA: { state: 'user', needs: 'metadata', even: hasCoi, run: setMetadata },
};

async function getMetadata(session: ImapSession, args: Arguments): Promise<string | undefined> {
  const options = args.optionalList();
  const depth = options ? readDepth(textsOf(options)) : 0;
  const path = args.mailbox();
  const annotations = annotationsOf(session, path);
  const wanted = args.optionalList();
  const entries = (wanted ? textsOf(wanted) : [args.text('entry')]).map((entry) => checkEntry(entry));
  args.end();
  const found: ImapCompileNode[] = [];
  for (const entry of entries) {
    const value = annotations.get(entry);
    if (value) found.push({ type: 'ATOM', value: entry }, { type: 'LITERAL', value });
    else if (depth === 0) found.push({ type: 'ATOM', value: entry }, null);
    for (const [name, below] of annotations) {
      if (!name.startsWith(`${entry}/`)) continue;
      if (name.slice(entry.length + 1).split('/').length > depth) continue;
      found.push({ type: 'ATOM', value: name }, { type: 'LITERAL', value: below });
    }
  }
  if (found.length > 0) {
    await session.respond(['METADATA', { type: 'STRING', value: encodeMailboxName(path) }, found]);
  }
  return undefined;
}

function readDepth(options: readonly string[]): number {
  let depth = 0;
  for (let i = 0; i < options.length; i += 2) {
    const value = options[i + 1]?.toLowerCase();
    if (options[i]?.toUpperCase() === 'MAXSIZE') continue;
    if (options[i]?.toUpperCase() !== 'DEPTH' || !['0', '1', 'infinity'].includes(value ?? '')) {
      throw new ImapBad('Unknown GETMETADATA option');
    }
    depth = value === 'infinity' ? Number.POSITIVE_INFINITY : Number(value);
  }
  return depth;
}

function setMetadata(session: ImapSession, args: Arguments): undefined {
  const path = args.mailbox();
  annotationsOf(session, path);
  const list = args.list('entries and values');
  args.end();
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i] ?? null;
    const value = list[i + 1];
    if (Array.isArray(name) || Array.isArray(value) || value === undefined) throw new ImapBad('Expected a value');
    set(session, path, checkEntry(textOf(name)), value === null ? undefined : Buffer.from(textOf(value)));
  }
  return undefined;
}

function set(session: ImapSession, path: string, entry: string, value: Buffer | undefined): void {
  const { mailbox, context } = session;
  if (entry.split('/').length < 3) throw new ImapNo('[CANNOT] No value can be set there');
  if (context.coi && path === '' && entry.startsWith(`${coiConfigEntry}/`)) {
    if (context.coi.set(mailbox, entry, value?.toString())) return;
    throw new ImapNo(`[CANNOT] unable to set ${entry}`);
  }
  if (!context.capabilities.metadata) throw new ImapNo('[CANNOT] No such entry here');
  const stored = mailbox.annotations.get(path) ?? new Map<string, Buffer>();
  mailbox.annotations.set(path, stored);
  if (value) stored.set(entry, value);
  else stored.delete(entry);
}

function annotationsOf(session: ImapSession, path: string): ReadonlyMap<string, Buffer> {
  const { mailbox, context } = session;
  if (path !== '' && !mailbox.find(path)) throw new ImapNo('[NONEXISTENT] No such folder');
  const stored = mailbox.annotations.get(path) ?? new Map<string, Buffer>();
  return context.coi && path === '' ? new Map([...stored, ...context.coi.config(mailbox)]) : stored;
}

/** Entry names are case-insensitive (RFC 5464 3.2). */
function checkEntry(entry: string): string {
  const name = entry.toLowerCase();
  if (!/^\/(private|shared)(\/[^/*%\s]+)*$/.test(name)) throw new ImapBad('Invalid entry name');
  return name;
}
