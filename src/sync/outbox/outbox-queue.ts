import type { OutboxRecord } from '../../store/records.js';

/** A message that waits for being handed over, or is just being. */
export interface OutboxEntry {
  record: OutboxRecord;
  /** Its octets, while it is handed over right after it was written. */
  bytes?: Uint8Array | undefined;
  /** In the store. */
  committed: boolean;
  /** Being handed over (or taken back): nobody else may touch it. */
  busy: boolean;
  /** The last try failed because of the network, as far as one can tell. */
  networkFailed: boolean;
}

/** Makes an entry for a record. */
export function outboxEntry(record: OutboxRecord, committed: boolean): OutboxEntry {
  return { record, committed, busy: false, networkFailed: false };
}

/** The messages on their way out, per chat in the order in which they were accepted. Only the first of a chat is ever due. */
export class OutboxQueue {
  readonly #chats = new Map<string, OutboxEntry[]>();

  /** Adds an entry at its place. */
  add(entry: OutboxEntry): void {
    const { chatId, id } = entry.record;
    const entries = this.#chats.get(chatId);
    if (!entries) this.#chats.set(chatId, [entry]);
    else {
      const at = entries.findLastIndex(({ record }) => record.id < id);
      entries.splice(at + 1, 0, entry);
    }
  }

  /** Takes an entry out. */
  remove(entry: OutboxEntry): void {
    const { chatId } = entry.record;
    const entries = this.#chats.get(chatId)?.filter((other) => other !== entry) ?? [];
    if (entries.length > 0) this.#chats.set(chatId, entries);
    else this.#chats.delete(chatId);
  }

  /** True if nothing of this chat waits. */
  isIdle(chatId: string): boolean {
    return !this.#chats.has(chatId);
  }

  /** The entry of a message. */
  find(messageKey: string): OutboxEntry | undefined {
    for (const entries of this.#chats.values()) {
      const found = entries.find(({ record }) => record.message === messageKey);
      if (found) return found;
    }
    return undefined;
  }

  /** The first entry of every chat that nobody is busy with, oldest first. */
  heads(): OutboxEntry[] {
    const heads: OutboxEntry[] = [];
    for (const [head] of this.#chats.values()) if (head?.committed && !head.busy) heads.push(head);
    return heads.sort((a, b) => (a.record.id < b.record.id ? -1 : 1));
  }

  /** All entries. */
  *all(): Iterable<OutboxEntry> {
    for (const entries of this.#chats.values()) yield* entries;
  }
}
