import { CoiError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import type { MessageRecord } from '../store/records.js';
import type { AccountContext } from './context.js';
import type { RemoveOptions } from './handles.js';

/** Messages removed in one commit. */
const PAGE = 500;

/** Removes messages for this user; takes back those that no server has yet. */
export async function removeMessages(
  context: AccountContext,
  records: readonly MessageRecord[],
  options: RemoveOptions,
): Promise<void> {
  context.assertOpen();
  refuseUnknownOptions('delete', options, ['server']);
  const keys: string[] = [];
  for (const record of records) if (!(await takeBack(context, record))) keys.push(record.key);
  if (keys.length > 0) await context.engine.remove(keys, { server: options.server ?? false });
}

/** Removes all messages of a chat, now and should copies of them turn up later. */
export async function clearChat(
  context: AccountContext,
  chatId: string,
  options: RemoveOptions,
  outcome: { readonly deleted: boolean },
): Promise<void> {
  context.assertOpen();
  let newest: number | undefined;
  let before: readonly [number, string] | undefined;
  for (;;) {
    const records = await context.store.list('messages', {
      index: 'byChat',
      prefix: [chatId, 0],
      ...(before ? { before } : {}),
      reverse: true,
      limit: PAGE,
    });
    newest ??= records[0]?.date;
    const last = records.at(-1);
    if (!last) break;
    before = [last.date, last.key];
    await removeMessages(context, records, options);
  }
  await context.writer.run(async (tx) => {
    const record = await tx.get('chats', chatId);
    if (!record) return;
    const clearedUpTo = Math.max(newest ?? 0, record.clearedUpTo ?? 0);
    tx.put('chats', {
      ...record,
      deleted: outcome.deleted ? 1 : record.deleted,
      ...(clearedUpTo > 0 ? { clearedUpTo } : {}),
    });
  });
}

/** True if the message was still here alone and is gone now. */
async function takeBack(context: AccountContext, record: MessageRecord): Promise<boolean> {
  if (!record.fromMe || (record.state !== 'queued' && record.state !== 'failed')) return false;
  try {
    await context.engine.cancel(record.key);
    return true;
  } catch (thrown) {
    // Too late, or nothing of it is in the outbox any more: it is removed like any other message.
    if (thrown instanceof CoiError && (thrown.code === 'INVALID_STATE' || thrown.code === 'NOT_FOUND')) return false;
    throw thrown;
  }
}
