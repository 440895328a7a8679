import { positionOf } from '../../model/chat-summary.js';
import type { MessageRecord } from '../../store/records.js';
import type { Transaction } from '../transaction.js';

const PAGE = 500;

/** All messages of a chat, tombstones included, a page at a time: the visible ones first, each from the oldest to the newest. */
export async function* pagesOf(tx: Transaction, chatId: string): AsyncGenerator<readonly MessageRecord[]> {
  for (const hidden of [0, 1]) {
    let after: readonly [number, string] | undefined;
    for (;;) {
      const query = { index: 'byChat', prefix: [chatId, hidden], limit: PAGE } as const;
      const page: MessageRecord[] = await tx.list('messages', after === undefined ? query : { ...query, after });
      yield page;
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) break;
      after = positionOf(last);
    }
  }
}
