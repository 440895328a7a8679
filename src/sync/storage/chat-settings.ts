import { SELF_CHAT, singleChatId } from '../../model/placement.js';
import type { CardRecord } from '../../store/card-records.js';
import type { ChatRecord } from '../../store/records.js';
import type { Transaction } from '../transaction.js';
import { cardIdOfChat } from './cards.js';

const SETTINGS = ['muted', 'pinned', 'archived'] as const;

/** Brings what the user set for chats in step with the cards that a transaction changes, and gives new chats what was set on another device. */
export async function deriveChatSettings(tx: Transaction): Promise<void> {
  const { email } = tx.identity;
  const cards = await tx.changes('cards');
  const chats = await tx.changes('chats');
  const pairs = new Map<string, string>();
  for (const { before, after } of cards) {
    const id = (after ?? before)?.id;
    if (id !== undefined) pairs.set(chatIdOfCard(id, email), id);
  }
  for (const { before, after } of chats) {
    const card = before === undefined && after !== undefined ? cardIdOfChat(after.id, email) : undefined;
    if (after !== undefined && card !== undefined) pairs.set(after.id, card);
  }
  if (pairs.size === 0) return;
  const records = await tx.getMany('chats', [...pairs.keys()]);
  const settings = await tx.getMany('cards', [...pairs.values()]);
  for (const [i, chat] of records.entries()) {
    const next = chat && withSettings(chat, settings[i]);
    if (next && next !== chat) tx.put('chats', next);
  }
}

function chatIdOfCard(id: string, email: string): string {
  if (id.startsWith('group:')) return id;
  return id === email ? SELF_CHAT : singleChatId(id);
}

function withSettings(chat: ChatRecord, card: CardRecord | undefined): ChatRecord {
  let next = chat;
  for (const name of SETTINGS) {
    const register = card?.own[name];
    const value = register?.value === true ? 1 : 0;
    if (register !== undefined && next[name] !== value) next = { ...next, [name]: value };
  }
  return next;
}
