import { limits } from '../../core/limits.js';
import type { MessageRecord } from '../../store/records.js';
import { trustFactsOf } from '../../trust/trust-facts.js';
import { trustState } from '../../trust/trust-state.js';
import { deleteMessages } from '../ingest/user-acts.js';
import type { Transaction } from '../transaction.js';

/**
 * Takes typing notices of trusted contacts out of the chats and off the server. What is not signed, or comes from anybody else, stays an
 * ordinary message: nobody may have mail deleted by marking it.
 */
export async function takeTyping(tx: Transaction, messages: readonly MessageRecord[]): Promise<void> {
  for (const message of messages) {
    const { typing, fromMe, hidden, from, security, problem, key } = message;
    if (!typing || fromMe || hidden === 1 || problem !== undefined || security.signature !== 'valid') continue;
    const [card, contact] = [await tx.get('cards', from.address), await tx.get('contacts', from.address)];
    if (trustState(trustFactsOf(card, contact), tx.now) !== 'trusted') continue;
    const news = tx.news.has(key) && tx.now - message.date < limits.typingMs;
    await deleteMessages(tx, [key], { server: true });
    tx.dropNews(key);
    if (news) tx.noteTyping(from.address);
  }
}
