import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareChats, isListed, type ListStep, OrderedChats } from '../../../src/chat/chat-order.js';
import type { ChatRecord } from '../../../src/store/records.js';
import { chatRecord } from './records.js';

const bit = fc.constantFrom(0 as const, 1 as const);
const changes = fc.array(
  fc.record({
    id: fc.constantFrom('single:a@x', 'single:b@x', 'single:c@x', 'single:d@x', 'single:e@x', 'single:f@x'),
    gone: fc.boolean(),
    lastDate: fc.integer({ min: 0, max: 4 }),
    pinned: bit,
    archived: bit,
    deleted: bit,
    unread: fc.integer({ min: 0, max: 2 }),
  }),
  { maxLength: 60 },
);

/** What a user interface does with a step. */
function applyStep(rows: ChatRecord[], step: ListStep): void {
  if (step.type === 'remove') rows.splice(step.index, 1);
  else if (step.type === 'update') rows[step.index] = step.record;
  else if (step.type === 'insert') rows.splice(step.index, 0, step.record);
  else {
    rows.splice(step.from, 1);
    rows.splice(step.index, 0, step.record);
  }
}

describe('the live chat list', () => {
  it('is always what a fresh list would be', () => {
    fc.assert(
      fc.property(changes, changes, fc.boolean(), (first, later, archived) => {
        const store = new Map<string, ChatRecord>();
        const put = ({ id, gone, ...change }: (typeof later)[number]) => {
          if (gone) store.delete(id);
          else store.set(id, chatRecord(id, change));
          return store.get(id);
        };
        const fresh = () => [...store.values()].filter((chat) => isListed(chat, { archived })).sort(compareChats);
        for (const change of first) put(change);
        const list = new OrderedChats({ archived }, [...store.values()]);
        const rows = [...list.records];
        for (const change of later) {
          const step = list.apply(change.id, put(change));
          if (step) applyStep(rows, step);
          expect(rows).toEqual(fresh());
        }
        expect(list.records).toEqual(rows);
      }),
    );
  });

  it('puts pinned chats first, then the newest, and leaves archived and deleted ones out', () => {
    const list = new OrderedChats({}, [
      chatRecord('single:old@x', { lastDate: 1 }),
      chatRecord('single:new@x', { lastDate: 9 }),
      chatRecord('single:pinned@x', { lastDate: 3, pinned: 1 }),
      chatRecord('single:archived@x', { lastDate: 10, archived: 1 }),
      chatRecord('single:deleted@x', { lastDate: 11, deleted: 1 }),
    ]);
    expect(list.records.map((chat) => chat.id)).toEqual(['single:pinned@x', 'single:new@x', 'single:old@x']);
  });

  it('tells a new message as one move, and new content in place as an update', () => {
    const list = new OrderedChats({}, [
      chatRecord('single:a@x', { lastDate: 2 }),
      chatRecord('single:b@x', { lastDate: 1 }),
    ]);
    const moved = chatRecord('single:b@x', { lastDate: 3 });
    expect(list.apply('single:b@x', moved)).toEqual({ type: 'move', from: 1, index: 0, record: moved });
    const read = { ...moved, unread: 5 };
    expect(list.apply('single:b@x', read)).toEqual({ type: 'update', index: 0, record: read });
    expect(list.apply('single:z@x', undefined)).toBeUndefined();
  });
});
