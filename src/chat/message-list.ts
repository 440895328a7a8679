import { InputError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import type { MessageRecord } from '../store/records.js';
import type { IndexValue } from '../store/store.js';
import type { AccountContext } from './context.js';
import type { Chat, Message, MessageList, MessageRange } from './handles.js';

/** Messages read at once. */
const PAGE = 100;
const AROUND_DEFAULT = 50;

/** Id of a message given as a handle or as its id. */
export function keyOf(message: { readonly id: string } | string): string {
  const key = typeof message === 'string' ? message : message?.id;
  if (typeof key !== 'string') throw new InputError('INVALID_OPTION', 'Pass a message or the id of one.');
  return key;
}

/**
 * The messages of a chat in a range; see {@link MessageRange} for what the options mean.
 *
 * @throws InputError `UNKNOWN_OPTION`, `INVALID_OPTION`; while reading `NOT_FOUND` for a message that is not there.
 */
export function messageList(context: AccountContext, chat: Chat, range: MessageRange): MessageList {
  checkRange(range);
  return {
    [Symbol.asyncIterator]: () => iterate(context, chat.id, range),
    async toArray() {
      const all: Message[] = [];
      for await (const message of iterate(context, chat.id, range)) all.push(message);
      return all;
    },
  };
}

/** Date and key of a message, as the index orders them; a date alone stands for everything at that time. */
type Position = readonly IndexValue[];

interface Walk {
  readonly after: Position | undefined;
  readonly before: Position | undefined;
  readonly reverse: boolean;
  readonly limit: number;
}

async function* iterate(context: AccountContext, chatId: string, range: MessageRange): AsyncGenerator<Message, void> {
  context.assertOpen();
  for await (const page of recordPages(context, chatId, range)) {
    yield* await context.handles.messages(async () => page);
  }
}

async function* recordPages(
  context: AccountContext,
  chatId: string,
  range: MessageRange,
): AsyncGenerator<MessageRecord[], void> {
  const newestFirst = range.newestFirst ?? false;
  if (range.around !== undefined) {
    const found = await around(context, chatId, keyOf(range.around), range.limit ?? AROUND_DEFAULT);
    yield newestFirst ? found.reverse() : found;
    return;
  }
  const walk = {
    after: await positionOf(context, chatId, range.after, 'after'),
    before: await positionOf(context, chatId, range.before, 'before'),
    limit: range.limit ?? Number.POSITIVE_INFINITY,
  };
  // A limit counts from `after`, or else from the newest message; the walk has to begin there, whatever the order asked for.
  const reverse = Number.isFinite(walk.limit) ? range.after === undefined : newestFirst;
  if (reverse === newestFirst) {
    yield* pages(context, chatId, { ...walk, reverse });
    return;
  }
  const found: MessageRecord[] = [];
  for await (const page of pages(context, chatId, { ...walk, reverse })) found.push(...page);
  yield found.reverse();
}

async function* pages(context: AccountContext, chatId: string, walk: Walk): AsyncGenerator<MessageRecord[], void> {
  let { after, before, limit } = walk;
  while (limit > 0) {
    const size = Math.min(PAGE, limit);
    const page = await context.store.list('messages', {
      index: 'byChat',
      prefix: [chatId, 0],
      ...(after ? { after } : {}),
      ...(before ? { before } : {}),
      reverse: walk.reverse,
      limit: size,
    });
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (!last || page.length < size) return;
    limit -= page.length;
    if (walk.reverse) before = [last.date, last.key];
    else after = [last.date, last.key];
  }
}

async function around(context: AccountContext, chatId: string, key: string, limit: number): Promise<MessageRecord[]> {
  const record = await recordOf(context, chatId, key, 'around');
  const position = [record.date, record.key];
  const query = { index: 'byChat', prefix: [chatId, 0], limit: limit - 1 } as const;
  const older = await context.store.list('messages', { ...query, before: position, reverse: true });
  const newer = await context.store.list('messages', { ...query, after: position });
  // Half on each side; what one side lacks, the other may have.
  const half = Math.floor((limit - 1) / 2);
  const newerCount = Math.min(newer.length, Math.max(limit - 1 - half, limit - 1 - older.length));
  const olderCount = Math.min(older.length, limit - 1 - newerCount);
  return [...older.slice(0, olderCount).reverse(), record, ...newer.slice(0, newerCount)];
}

async function positionOf(
  context: AccountContext,
  chatId: string,
  value: Message | string | Date | undefined,
  option: 'before' | 'after',
): Promise<Position | undefined> {
  if (value === undefined) return undefined;
  // A position without key stands for all messages of its time, which are left out either way.
  if (value instanceof Date) return [value.getTime()];
  const record = await recordOf(context, chatId, keyOf(value), option);
  return [record.date, record.key];
}

async function recordOf(context: AccountContext, chatId: string, key: string, option: string): Promise<MessageRecord> {
  const [record] = await context.store.get('messages', [key]);
  if (record && record.chatId === chatId) return record;
  throw new InputError('NOT_FOUND', `chat.messages: "${option}" names a message that is not in this chat.`);
}

function checkRange(range: MessageRange): void {
  const where = 'chat.messages';
  if (range === null || typeof range !== 'object') {
    throw new InputError('INVALID_OPTION', `${where}: pass an object such as { limit: 50 }.`);
  }
  refuseUnknownOptions(where, range, ['before', 'after', 'around', 'limit', 'newestFirst']);
  const { before, after, limit, around: center, newestFirst } = range;
  if (center !== undefined && (before !== undefined || after !== undefined)) {
    throw new InputError('INVALID_OPTION', `${where}: "around" does not go together with "before" and "after".`);
  }
  if (limit !== undefined && (!Number.isInteger(limit) || limit < 1)) {
    throw new InputError('INVALID_OPTION', `${where}: "limit" has to be a whole number of at least 1.`);
  }
  if (newestFirst !== undefined && typeof newestFirst !== 'boolean') {
    throw new InputError('INVALID_OPTION', `${where}: "newestFirst" has to be true or false.`);
  }
  for (const value of [before, after]) {
    if (value instanceof Date && Number.isNaN(value.getTime())) {
      throw new InputError('INVALID_OPTION', `${where}: the date is not valid.`);
    }
    if (value !== undefined && !(value instanceof Date)) keyOf(value);
  }
  if (center !== undefined) keyOf(center);
}
