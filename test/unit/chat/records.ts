import type { ChatRecord, MessageRecord } from '../../../src/store/records.js';

/** A message as the store has it, from bob to ada unless said otherwise. */
export function messageRecord(key: string, change: Partial<MessageRecord> = {}): MessageRecord {
  return {
    key,
    chatId: 'single:bob@example.net',
    messageId: `chat$${key}@example.net`,
    from: { address: 'bob@example.net' },
    fromMe: false,
    to: [{ address: 'ada@example.org' }],
    cc: [],
    date: 1_000,
    kind: 'message',
    isChat: true,
    text: `text of ${key}`,
    attachments: [],
    references: [],
    state: 'delivered',
    seen: false,
    unread: 1,
    hidden: 0,
    pending: 0,
    security: { encrypted: false, signature: 'none' },
    shapeHash: key,
    size: 100,
    ...change,
  };
}

/** A message of ours, waiting to be sent. */
export function ownRecord(key: string, change: Partial<MessageRecord> = {}): MessageRecord {
  return messageRecord(key, {
    from: { address: 'ada@example.org' },
    fromMe: true,
    to: [{ address: 'bob@example.net' }],
    seen: true,
    unread: 0,
    state: 'queued',
    recipients: [{ address: 'bob@example.net', state: 'pending' }],
    ...change,
  });
}

/** A chat as the store has it. */
export function chatRecord(id: string, change: Partial<ChatRecord> = {}): ChatRecord {
  return {
    id,
    kind: 'single',
    name: '',
    members: [{ address: id.replace(/^\w+:/, '') }],
    lastDate: 0,
    unread: 0,
    muted: 0,
    pinned: 0,
    archived: 0,
    deleted: 0,
    ...change,
  };
}
