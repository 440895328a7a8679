import type { CardRecord, StorageMailRecord } from './card-records.js';
import type { KeyFactRecord, OwnKeyRecord, PeerRecord, PublicKeyRecord } from './key-records.js';
import type {
  ActionRecord,
  ChatRecord,
  ContactRecord,
  FactRecord,
  FolderRecord,
  LocationRecord,
  MessageRecord,
  OutboxRecord,
  RetryRecord,
  SettingRecord,
  ThreadRecord,
} from './records.js';

/** Record type of every table. */
export interface Tables {
  messages: MessageRecord;
  locations: LocationRecord;
  folders: FolderRecord;
  chats: ChatRecord;
  contacts: ContactRecord;
  cards: CardRecord;
  storageMails: StorageMailRecord;
  threads: ThreadRecord;
  facts: FactRecord;
  outbox: OutboxRecord;
  actions: ActionRecord;
  retries: RetryRecord;
  settings: SettingRecord;
  ownKeys: OwnKeyRecord;
  peers: PeerRecord;
  keyFacts: KeyFactRecord;
  publicKeys: PublicKeyRecord;
}

/** Name of a table. */
export type TableName = keyof Tables;

/** Primary key and indexes of one table. An index is a list of fields, each a string or a number in every record that is to be found by it. */
export interface TableSchema {
  readonly key: string;
  readonly indexes: Readonly<Record<string, readonly string[]>>;
}

/**
 * The tables with their indexes: the one place a store learns them from. Records that lack a field of an index are not
 * in that index. The primary key is always the last component of an index's order, so that order is total.
 */
export const schema = {
  messages: {
    key: 'key',
    indexes: {
      byChat: ['chatId', 'hidden', 'date'],
      byDate: ['hidden', 'date'],
      byMessageId: ['messageId'],
      bySender: ['sender', 'date'],
      byAuthor: ['author', 'date'],
      unread: ['chatId', 'unread', 'date'],
      pending: ['pending', 'date'],
      byAuthserv: ['authserv'],
    },
  },
  locations: {
    key: 'key',
    indexes: { byFolder: ['folder', 'uid'], byMessage: ['message'], waiting: ['waitsFor', 'internalDate'] },
  },
  folders: { key: 'path', indexes: {} },
  chats: { key: 'id', indexes: { byDate: ['lastDate'], byOpener: ['opener'] } },
  contacts: { key: 'address', indexes: {} },
  cards: { key: 'id', indexes: { byPerson: ['person'], byHash: ['hash'], dirty: ['dirty'] } },
  storageMails: { key: 'key', indexes: {} },
  threads: { key: 'messageId', indexes: { byChat: ['chatId'] } },
  facts: { key: 'key', indexes: { byTarget: ['target'] } },
  outbox: { key: 'id', indexes: { byState: ['state', 'dueAt'], byMessage: ['message'] } },
  actions: { key: 'key', indexes: { byMessage: ['message'], byKind: ['kind', 'at'] } },
  retries: { key: 'waitsFor', indexes: {} },
  settings: { key: 'key', indexes: {} },
  ownKeys: { key: 'fingerprint', indexes: {} },
  peers: { key: 'address', indexes: {} },
  keyFacts: { key: 'key', indexes: { byPeer: ['peer', 'kind', 'publicKey'] } },
  publicKeys: { key: 'key', indexes: {} },
} as const satisfies Record<TableName, TableSchema>;

/** Name of an index of a table. */
export type IndexName<T extends TableName> = keyof (typeof schema)[T]['indexes'] & string;
