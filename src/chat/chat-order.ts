import type { ChatRecord } from '../store/records.js';

/** Which chats a list shows. */
export interface ChatListFilter {
  /** Show the archived chats instead of the others. Default false. */
  readonly archived?: boolean | undefined;
  /** True: only requests; false: no requests. Default: both. */
  readonly requests?: boolean | undefined;
}

/** True if a chat belongs into the list. */
export function isListed(record: ChatRecord, filter: ChatListFilter): boolean {
  if (record.deleted === 1 || record.concealed === 1) return false;
  if (filter.requests !== undefined && (record.request === 1) !== filter.requests) return false;
  return (record.archived === 1) === (filter.archived ?? false);
}

/** Order of chat lists: pinned ones first, then by the newest message; ties by id, so that the order is total. */
export function compareChats(a: ChatRecord, b: ChatRecord): number {
  return b.pinned - a.pinned || b.lastDate - a.lastDate || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** Index of the first record that does not come before this one. */
function positionIn(sorted: readonly ChatRecord[], record: ChatRecord): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = sorted[middle];
    if (other && compareChats(other, record) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A step from one chat list to the next. Apply steps in order; each index is that of the list as the steps before left it. */
export type ListStep =
  | { readonly type: 'insert'; readonly index: number; readonly record: ChatRecord }
  /** Taken out at `from`, then put in at `index`; its content may have changed, too. */
  | { readonly type: 'move'; readonly from: number; readonly index: number; readonly record: ChatRecord }
  | { readonly type: 'update'; readonly index: number; readonly record: ChatRecord }
  | { readonly type: 'remove'; readonly index: number; readonly record: ChatRecord };

/** A sorted chat list that turns changed records into steps. */
export class OrderedChats {
  readonly #filter: ChatListFilter;
  readonly #sorted: ChatRecord[] = [];
  readonly #byId = new Map<string, ChatRecord>();

  constructor(filter: ChatListFilter, records: readonly ChatRecord[]) {
    this.#filter = filter;
    this.#sorted = records.filter((record) => isListed(record, filter)).sort(compareChats);
    for (const record of this.#sorted) this.#byId.set(record.id, record);
  }

  /** The list as it stands. */
  get records(): readonly ChatRecord[] {
    return this.#sorted;
  }

  /** Takes the new version of a chat (undefined: it is gone); returns the step, if the list changes. */
  apply(id: string, after: ChatRecord | undefined): ListStep | undefined {
    const before = this.#byId.get(id);
    const shown = after && isListed(after, this.#filter) ? after : undefined;
    if (!before) return shown && this.#insert(shown);
    const from = positionIn(this.#sorted, before);
    if (!shown) {
      this.#sorted.splice(from, 1);
      this.#byId.delete(id);
      return { type: 'remove', index: from, record: after ?? before };
    }
    this.#byId.set(id, shown);
    if (compareChats(before, shown) === 0) {
      this.#sorted[from] = shown;
      return { type: 'update', index: from, record: shown };
    }
    this.#sorted.splice(from, 1);
    const index = positionIn(this.#sorted, shown);
    this.#sorted.splice(index, 0, shown);
    return from === index ? { type: 'update', index, record: shown } : { type: 'move', from, index, record: shown };
  }

  #insert(record: ChatRecord): ListStep {
    const index = positionIn(this.#sorted, record);
    this.#sorted.splice(index, 0, record);
    this.#byId.set(record.id, record);
    return { type: 'insert', index, record };
  }
}
