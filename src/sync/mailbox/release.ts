import { limits } from '../../core/limits.js';
import type { LocationRecord } from '../../store/records.js';
import type { ImapTransport } from '../../transport/imap.js';
import type { SyncContext } from '../sync-context.js';
import type { MailboxLayout } from './folders.js';
import { type MoveTarget, relocate } from './relocate.js';

/** What {@link releaseBlocked} did. */
export interface ReleasePass {
  /** There may be more to do. */
  readonly more: boolean;
  /** Folders that mails were moved between without the server telling their new place: they have to be looked at. */
  readonly lookInto: readonly string[];
}

/** Moves what people wrote who are no longer blocked back to where it belongs: chat mail to Chats, the rest to the INBOX. Done twice it does no harm. */
export async function releaseBlocked(
  { store, writer }: SyncContext,
  imap: ImapTransport,
  layout: MailboxLayout,
  signal: AbortSignal,
): Promise<ReleasePass> {
  const actions = await store.list('actions', { index: 'byKind', prefix: ['release'], limit: limits.syncBatch });
  if (actions.length === 0) return { more: false, lookInto: [] };
  const messages = await store.get(
    'messages',
    actions.map(({ message }) => message),
  );
  const mail: LocationRecord[] = [];
  const chat: LocationRecord[] = [];
  for (const message of messages) {
    if (message === undefined || message.blocked === true) continue;
    const copies = await store.list('locations', { index: 'byMessage', prefix: [message.key] });
    (message.isChat ? chat : mail).push(...copies.filter(({ blocked }) => blocked === true));
  }
  const lookInto: string[] = [];
  for (const [target, copies] of [
    [chatTarget(layout), chat],
    [mailTarget(layout), mail],
  ] as const) {
    for (const part of byFolder(copies)) {
      const { folder: path, uidValidity } = part[0];
      await imap.withFolder(
        path,
        async (folder) => {
          // Made anew since: the folder's next pass finds the copies again.
          if (folder.state.uidValidity !== uidValidity || folder.state.readOnly) return;
          const uids = part.map(({ uid }) => uid).sort((a, b) => a - b);
          const moved = await folder.move(uids, target.path);
          if (!(await relocate(writer, part, moved, target))) lookInto.push(path, target.path);
        },
        { signal },
      );
    }
  }
  await writer.run(async (tx) => {
    for (const { key } of actions) tx.remove('actions', key);
  });
  return { more: actions.length === limits.syncBatch, lookInto };
}

function mailTarget({ inbox }: MailboxLayout): MoveTarget {
  return { path: inbox, role: 'inbox' };
}

function chatTarget(layout: MailboxLayout): MoveTarget {
  const { chats, filing, serverFiling } = layout;
  const filed = chats !== undefined && (filing !== 'none' || serverFiling !== 'none');
  return filed ? { path: chats, role: 'chats' } : mailTarget(layout);
}

function byFolder(copies: readonly LocationRecord[]): Iterable<readonly [LocationRecord, ...LocationRecord[]]> {
  const parts = new Map<string, [LocationRecord, ...LocationRecord[]]>();
  for (const copy of copies) {
    const key = `${copy.folder}\n${copy.uidValidity}`;
    const part = parts.get(key);
    if (part === undefined) parts.set(key, [copy]);
    else part.push(copy);
  }
  return parts.values();
}
