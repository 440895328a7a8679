import {
  comparePositions,
  hasSettings,
  isNamedByMails,
  newChat,
  positionOf,
  withMails,
  withoutMails,
} from '../../model/chat-summary.js';
import type { ChatRecord, MessageRecord } from '../../store/records.js';
import type { RecordChange } from '../state-change.js';
import type { Transaction } from '../transaction.js';
import { pagesOf } from './chat-pages.js';
import { withEncryption } from './derive-encryption.js';

/** A message before and after the transaction, as far as it is in the chat that is looked at. */
interface MessageChange {
  readonly before: MessageRecord | undefined;
  readonly after: MessageRecord | undefined;
}

/**
 * Brings the summaries of chats in step with the messages that a transaction changes: incrementally, and from the index
 * where the newest or first message is no longer what it was. The cost does not depend on the length of the chat, unless messages leave
 * a chat that is named by its mails.
 */
export async function deriveChats(tx: Transaction): Promise<void> {
  const touched = new Map<string, RecordChange<MessageRecord>[]>();
  const touch = (chatId: string | undefined, change: RecordChange<MessageRecord>) => {
    if (chatId === undefined || chatId === '') return;
    const changes = touched.get(chatId);
    if (changes === undefined) touched.set(chatId, [change]);
    else changes.push(change);
  };
  for (const change of await tx.changes('messages')) {
    touch(change.before?.chatId, change);
    if (change.after?.chatId !== change.before?.chatId) touch(change.after?.chatId, change);
  }
  const ids = [...touched.keys()];
  if (ids.length === 0) return;
  const chats = await tx.getMany('chats', ids);
  for (const [i, id] of ids.entries()) await deriveChat(tx, id, chats[i], touched.get(id) ?? []);
}

async function deriveChat(
  tx: Transaction,
  id: string,
  stored: ChatRecord | undefined,
  changes: readonly RecordChange<MessageRecord>[],
): Promise<void> {
  const inChat = (message: MessageRecord | undefined) => (message?.chatId === id ? message : undefined);
  const own: MessageChange[] = changes.map(({ before, after }) => ({ before: inChat(before), after: inChat(after) }));
  // A chat that was merged into another one is gone for good; what left it says nothing more about it.
  if (stored === undefined && own.every(({ after }) => after === undefined)) return;
  let chat = stored ?? newChat(id);
  chat = await withEnds(tx, chat, own);
  chat = await withNames(tx, chat, own);
  chat = await withEncryption(tx, chat, own);
  const unread = own.reduce((sum, { before, after }) => sum + (after?.unread ?? 0) - (before?.unread ?? 0), 0);
  if (unread !== 0) chat = { ...chat, unread: Math.max(0, chat.unread + unread) };
  if (chat.deleted === 1 && own.some((change) => isNewAndVisible(change, chat.clearedUpTo))) {
    chat = { ...chat, deleted: 0 };
  }
  const moved = changes.some(
    ({ before, after }) => before?.chatId === id && after !== undefined && after.chatId !== id,
  );
  if (moved && (await isEmpty(tx, chat))) tx.remove('chats', id);
  else if (chat !== stored) tx.put('chats', chat);
}

/** Newest and first visible message. */
async function withEnds(tx: Transaction, chat: ChatRecord, changes: readonly MessageChange[]): Promise<ChatRecord> {
  const visible = changes.flatMap(({ after }) => (after?.hidden === 0 ? [after] : []));
  const lost = (key: string | undefined) =>
    key !== undefined &&
    changes.some(({ before, after }) => before?.key === key && (after?.hidden !== 0 || after.date !== before.date));
  let result = chat;
  if (lost(chat.lastMessage)) result = withLast(result, await endOf(tx, chat.id, true));
  if (lost(chat.firstAt?.[1])) result = withFirst(result, await endOf(tx, chat.id, false));
  for (const message of visible) {
    const position = positionOf(message);
    const { lastMessage, lastDate, firstAt } = result;
    if (lastMessage === undefined || comparePositions(position, [lastDate, lastMessage]) > 0) {
      result = withLast(result, message);
    }
    if (firstAt === undefined || comparePositions(position, firstAt) < 0) result = withFirst(result, message);
  }
  return result;
}

async function endOf(tx: Transaction, chatId: string, newest: boolean): Promise<MessageRecord | undefined> {
  const [end] = await tx.list('messages', { index: 'byChat', prefix: [chatId, 0], reverse: newest, limit: 1 });
  return end;
}

function withLast(chat: ChatRecord, message: MessageRecord | undefined): ChatRecord {
  if (message !== undefined) {
    return { ...chat, lastDate: message.date, lastMessage: message.key, lastMessageId: message.messageId };
  }
  const { lastMessage: _message, lastMessageId: _id, ...rest } = chat;
  return { ...rest, lastDate: 0 };
}

function withFirst(chat: ChatRecord, message: MessageRecord | undefined): ChatRecord {
  if (message !== undefined) return { ...chat, firstAt: positionOf(message), firstMessageId: message.messageId };
  const { firstAt: _at, firstMessageId: _id, ...rest } = chat;
  return rest;
}

/** Name and members, where they follow from the mails. Tombstones count: deleting a message neither renames a chat nor removes people from it. */
async function withNames(tx: Transaction, chat: ChatRecord, changes: readonly MessageChange[]): Promise<ChatRecord> {
  if (!isNamedByMails(chat)) return chat;
  const own = tx.identity.addresses;
  const telling = changes.filter(({ before, after }) => !tellsTheSame(before, after));
  if (telling.every(({ before }) => before === undefined)) {
    return withMails(
      chat,
      telling.flatMap(({ after }) => after ?? []),
      own,
    );
  }
  let result = withoutMails(chat);
  for await (const page of pagesOf(tx, chat.id)) result = withMails(result, page, own);
  return result;
}

function tellsTheSame(a: MessageRecord | undefined, b: MessageRecord | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.date === b.date && a.subject === b.subject && a.from === b.from && a.to === b.to && a.cc === b.cc;
}

function isNewAndVisible({ before, after }: MessageChange, clearedUpTo: number | undefined): boolean {
  return after?.hidden === 0 && before?.hidden !== 0 && after.date > (clearedUpTo ?? -1);
}

/** A chat whose messages all turned out to belong elsewhere would not be there if they had come in another order. */
async function isEmpty(tx: Transaction, chat: ChatRecord): Promise<boolean> {
  if (chat.lastMessage !== undefined || hasSettings(chat)) return false;
  return (await tx.list('messages', { index: 'byChat', prefix: [chat.id], limit: 1 })).length === 0;
}
