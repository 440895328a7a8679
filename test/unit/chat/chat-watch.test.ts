import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatListChange } from '../../../src/chat/chat-watch.js';
import type { Chat } from '../../../src/chat/handles.js';
import { openSession } from './open-session.js';
import { messageRecord } from './records.js';

/** What a user interface does with a change. */
function apply(rows: Chat[], change: ChatListChange): Chat[] {
  if (change.type === 'reset') return [...change.chats];
  const next = [...rows];
  if (change.type === 'remove' || change.type === 'update') next.splice(change.index, 1);
  if (change.type === 'move') next.splice(change.from, 1);
  if (change.type !== 'remove') next.splice(change.index, 0, change.chat);
  return next;
}

const people = ['bob', 'carol', 'dave', 'eve'];
const acts = fc.array(
  fc.record({
    who: fc.constantFrom(...people),
    act: fc.constantFrom('message', 'pin', 'unpin', 'archive', 'unarchive', 'delete', 'read'),
  }),
  { minLength: 1, maxLength: 12 },
);

describe('watching the chat list', () => {
  it('gives, change by change, what a fresh list would be', async () => {
    await fc.assert(
      fc.asyncProperty(acts, fc.boolean(), async (steps, archived) => {
        const { account, receive } = await openSession();
        for (const who of people.slice(0, 2)) await account.chat(`${who}@example.net`);
        let rows: Chat[] = [];
        const watching = (async () => {
          for await (const change of account.chats.watch({ archived })) rows = apply(rows, change);
        })();
        let date = 0;
        for (const { who, act } of steps) {
          date += 1_000;
          const chat = await account.chat(`${who}@example.net`);
          if (act === 'message') await receive([messageRecord(`${who}${date}`, { chatId: chat.id, date })]);
          else if (act === 'pin' || act === 'unpin') await chat.pin(act === 'pin');
          else if (act === 'archive' || act === 'unarchive') await chat.archive(act === 'archive');
          else if (act === 'delete') await chat.delete();
          else await chat.markRead();
        }
        const expected = await account.chats.list({ archived });
        // A mark that only comes when everything before has been told.
        const mark = await account.chat('mark@example.net');
        await mark.pin();
        if (archived) await mark.archive();
        await expect.poll(() => rows.includes(mark), { interval: 1 }).toBe(true);
        expect(rows.filter((chat) => chat !== mark).map((chat) => chat.id)).toEqual(expected.map((chat) => chat.id));
        await account.close();
        await watching;
      }),
      { numRuns: 60 },
    );
  });

  it('begins with the whole list, and ends with its signal or the account, without an error', async () => {
    const { account } = await openSession();
    const chat = await account.chat('bob@example.net');
    const controller = new AbortController();
    const seen: ChatListChange[] = [];
    const watching = (async () => {
      for await (const change of account.chats.watch({ signal: controller.signal })) {
        seen.push(change);
        controller.abort();
      }
    })();
    await watching;
    expect(seen).toEqual([{ type: 'reset', chats: [chat] }]);
    const second = (async () => {
      for await (const change of account.chats.watch()) {
        seen.push(change);
        void account.close();
      }
    })();
    await second;
    expect(seen).toHaveLength(2);
  });

  it('gives a reader that fell far behind one reset', async () => {
    const { account, receive } = await openSession();
    const iterator = account.chats.watch()[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toEqual({ type: 'reset', chats: [] });
    for (let n = 0; n < 700; n++) await receive([messageRecord(`m${n}`, { date: n, chatId: `single:p${n}@x.org` })]);
    const { value } = await iterator.next();
    expect(value?.type).toBe('reset');
    expect(value?.type === 'reset' && value.chats.length).toBe(700);
    await account.close();
  });

  it('refuses unknown options by name', async () => {
    const { account } = await openSession();
    expect(() => account.chats.watch({ archve: true } as object)).toThrowError(
      expect.objectContaining({ code: 'UNKNOWN_OPTION' }),
    );
    await account.close();
  });
});
