import { GROUP_FACT } from '../../model/group-facts.js';
import { groupIdOfChat } from '../../model/placement.js';
import type { Transaction } from '../transaction.js';
import { foldOf } from './group-fold.js';

/** Brings name, members and all that the chats of groups show in step with the facts that a transaction changes. After `deriveChats`, which makes the chats. */
export async function deriveGroups(tx: Transaction): Promise<void> {
  const chats = new Set<string>();
  for (const { after } of await tx.changes('facts')) if (after?.kind === GROUP_FACT) chats.add(after.target);
  for (const { before, after } of await tx.changes('chats')) {
    if (before === undefined && after?.kind === 'group') chats.add(after.id);
  }
  for (const chatId of chats) {
    const groupId = groupIdOfChat(chatId);
    const chat = await tx.get('chats', chatId);
    if (groupId === undefined || chat === undefined) continue;
    const next = (await foldOf(tx, groupId)).applyTo(chat);
    if (JSON.stringify(next) !== JSON.stringify(chat)) tx.put('chats', next);
  }
}
