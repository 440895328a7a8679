import { StoreError } from '../core/errors.js';
import { singleChatId } from '../model/placement.js';
import type { CardRecord } from '../store/card-records.js';
import type { PeerRecord } from '../store/key-records.js';
import type { ChatRecord, ContactRecord, MessageRecord } from '../store/records.js';
import type { RecordChange, StateChange } from '../sync/state-change.js';
import { ChatHandle } from './chat.js';
import { ContactHandle } from './contact.js';
import type { AccountContext, ChatCell, ContactCell, Handles, MessageCell } from './context.js';
import { GroupHandle } from './group-handle.js';
import type { Chat, Contact, Message } from './handles.js';
import { MessageHandle } from './message.js';
import { WeakCache } from './weak-cache.js';

type LiveChat = ChatCell & { readonly handle: Chat };
type LiveMessage = MessageCell & { readonly handle: Message };
type LiveContact = ContactCell & { readonly handle: Contact };

/** Records that commits changed while something was being read from the store: they are newer than what was read. */
class Overlay {
  readonly #chats = new Map<string, ChatRecord>();
  readonly #messages = new Map<string, MessageRecord>();
  readonly #contacts = new Map<string, ContactRecord>();
  readonly #peers = new Map<string, PeerRecord>();
  readonly #cards = new Map<string, CardRecord>();

  add(change: StateChange): void {
    for (const { after } of change.chats) if (after) this.#chats.set(after.id, after);
    for (const { after } of change.messages) if (after) this.#messages.set(after.key, after);
    for (const { after } of change.contacts) if (after) this.#contacts.set(after.address, after);
    for (const { after } of change.peers) if (after) this.#peers.set(after.address, after);
    for (const { after } of change.cards) if (after) this.#cards.set(after.id, after);
  }

  chat(record: ChatRecord): ChatRecord {
    return this.#chats.get(record.id) ?? record;
  }

  message(record: MessageRecord): MessageRecord {
    return this.#messages.get(record.key) ?? record;
  }

  contact(address: string, record: ContactRecord | undefined): ContactRecord | undefined {
    return this.#contacts.get(address) ?? record;
  }

  peer(address: string, record: PeerRecord | undefined): PeerRecord | undefined {
    return this.#peers.get(address) ?? record;
  }

  card(id: string, record: CardRecord | undefined): CardRecord | undefined {
    return this.#cards.get(id) ?? record;
  }
}

/** How often a message may turn out to have moved into another chat while that chat was being read. */
const MAX_ROUNDS = 4;

/** All handles of an account that are in use: one object per id, kept current by {@link HandleCache.apply}. */
export class HandleCache implements Handles {
  readonly #context: AccountContext;
  readonly #openChat: (address: string) => Promise<Chat>;
  readonly #onFailure: (error: unknown) => void;
  readonly #chats = new WeakCache<LiveChat>();
  readonly #messages = new WeakCache<LiveMessage>();
  readonly #contacts = new WeakCache<LiveContact>();
  readonly #overlays = new Set<Overlay>();

  /** `onFailure` hears of records that could not be read behind the scenes. */
  constructor(
    context: AccountContext,
    openChat: (address: string) => Promise<Chat>,
    onFailure: (error: unknown) => void,
  ) {
    this.#context = context;
    this.#openChat = openChat;
    this.#onFailure = onFailure;
  }

  chats(read: () => Promise<readonly ChatRecord[]>): Promise<Chat[]> {
    return this.#overlaid(async (overlay) => {
      const records = (await read()).map((record) => overlay.chat(record));
      return (await this.#liveChats(records, overlay)).map((cell) => cell.handle);
    });
  }

  messages(read: () => Promise<readonly MessageRecord[]>): Promise<Message[]> {
    return this.#overlaid(async (overlay) => {
      const records = await read();
      const chats = new Map<string, Chat>();
      for (let round = 0; round < MAX_ROUNDS; round++) {
        const missing = new Set<string>();
        for (const record of records) {
          const { chatId } = overlay.message(record);
          const live = this.#chats.get(chatId)?.handle ?? chats.get(chatId);
          if (live) chats.set(chatId, live);
          else missing.add(chatId);
        }
        if (missing.size === 0) {
          return records.map((record) => {
            const latest = overlay.message(record);
            return this.messageIn(chats.get(latest.chatId) as Chat, latest);
          });
        }
        const found = await this.#context.store.get('chats', [...missing]);
        const known = found.filter((record) => record !== undefined).map((record) => overlay.chat(record));
        for (const cell of await this.#liveChats(known, overlay)) chats.set(cell.record.id, cell.handle);
      }
      throw new StoreError('STORE_CORRUPT', 'The store has messages without their chat. Remove it and sync again.');
    });
  }

  contact(address: string, read: () => Promise<ContactRecord | undefined>): Promise<Contact> {
    return this.#overlaid(async (overlay) => {
      const live = this.#contacts.get(address);
      if (live) return live.handle;
      const { store } = this.#context;
      const [record, [peer], [card]] = await Promise.all([
        read(),
        store.get('peers', [address]),
        store.get('cards', [address]),
      ]);
      return this.#liveContact({
        address,
        record: overlay.contact(address, record),
        peer: overlay.peer(address, peer),
        card: overlay.card(address, card),
      }).handle;
    });
  }

  messageIn(chat: Chat, record: MessageRecord): Message {
    return this.#messages.getOrMake(record.key, () => {
      const cell: MessageCell = { record, chat, gone: false };
      return Object.assign(cell, { handle: new MessageHandle(this.#context, cell) });
    }).handle;
  }

  /** Brings all handles in use up to date with a commit. */
  apply(change: StateChange): void {
    for (const overlay of this.#overlays) overlay.add(change);
    for (const { before, after } of change.contacts) this.#applyContact(before, after);
    for (const { before, after } of change.peers) {
      const cell = this.#contacts.get((after ?? before)?.address ?? '');
      if (cell) cell.peer = after;
    }
    for (const { before, after } of change.cards) {
      const cell = this.#contacts.get((after ?? before)?.id ?? '');
      if (cell) cell.card = after;
    }
    for (const chat of change.chats) this.#applyChat(chat, change);
    for (const message of change.messages) this.#applyMessage(message);
  }

  #applyContact(before: ContactRecord | undefined, after: ContactRecord | undefined): void {
    const address = (after ?? before)?.address;
    if (address === undefined) return;
    const contact = this.#contacts.get(address);
    if (contact) contact.record = after;
    const chat = this.#chats.get(singleChatId(address));
    if (chat) chat.contact = after;
  }

  #applyChat({ before, after }: RecordChange<ChatRecord>, change: StateChange): void {
    const id = (after ?? before)?.id;
    const cell = id === undefined ? undefined : this.#chats.get(id);
    if (id === undefined || !cell) return;
    const into = after ? undefined : this.#mergedInto(change, id);
    if (into) {
      cell.into = into;
      return;
    }
    if (!after) {
      cell.gone = true;
      return;
    }
    cell.record = after;
    cell.gone = false;
    if (after.lastMessage === cell.last?.key) return;
    const last = after.lastMessage;
    cell.last =
      change.messages.find((message) => message.after?.key === last)?.after ??
      (last === undefined ? undefined : this.#messages.get(last)?.record);
    if (last !== undefined && !cell.last) this.#later(() => this.chats(async () => [after]));
  }

  /** The chat that another one became part of, if its record is at hand. */
  #mergedInto(change: StateChange, id: string): ChatCell | undefined {
    const target = change.merged.get(id);
    if (target === undefined) return undefined;
    const record = change.chats.find(({ after }) => after?.id === target)?.after;
    return this.#chats.get(target) ?? (record && this.#liveChat(record, undefined));
  }

  #applyMessage({ before, after }: RecordChange<MessageRecord>): void {
    const key = (after ?? before)?.key;
    if (key === undefined) return;
    this.#context.waiters.update(key, after);
    if (after) {
      const chat = this.#chats.get(after.chatId);
      if (chat?.last?.key === key) chat.last = after;
    }
    const cell = this.#messages.get(key);
    if (!cell) return;
    cell.gone = after === undefined;
    if (!after) return;
    const moved = after.chatId !== cell.record.chatId;
    cell.record = after;
    if (!moved) return;
    const chat = this.#chats.get(after.chatId);
    if (chat) cell.chat = chat.handle;
    else this.#later(() => this.#rehome(cell));
  }

  /** Finds the chat of a message that moved into one whose handle was not there. */
  async #rehome(cell: LiveMessage): Promise<void> {
    const [chat] = await this.chats(async () =>
      (await this.#context.store.get('chats', [cell.record.chatId])).filter((record) => record !== undefined),
    );
    if (chat && chat.id === cell.record.chatId) cell.chat = chat;
  }

  #later(work: () => Promise<unknown>): void {
    work().catch(this.#onFailure);
  }

  async #overlaid<T>(work: (overlay: Overlay) => Promise<T>): Promise<T> {
    this.#context.assertOpen();
    const overlay = new Overlay();
    this.#overlays.add(overlay);
    try {
      return await work(overlay);
    } finally {
      this.#overlays.delete(overlay);
    }
  }

  /** Cells of chats with what their getters show: the other person's contact, and the newest message. */
  async #liveChats(records: readonly ChatRecord[], overlay: Overlay): Promise<LiveChat[]> {
    const lastKeys: string[] = [];
    const addresses: string[] = [];
    for (const { id, lastMessage, kind, members } of records) {
      const live = this.#chats.get(id);
      if (lastMessage !== undefined && live?.last?.key !== lastMessage) lastKeys.push(lastMessage);
      const other = members[0]?.address;
      if (!live && kind === 'single' && other !== undefined) addresses.push(other);
    }
    const { store } = this.#context;
    const lasts = lastKeys.length === 0 ? [] : await store.get('messages', lastKeys);
    const people = addresses.length === 0 ? [] : await store.get('contacts', addresses);
    const lastByKey = new Map(lastKeys.map((key, i) => [key, lasts[i]]));
    const contactByAddress = new Map(addresses.map((address, i) => [address, people[i]]));
    return records.map((given) => {
      const record = overlay.chat(given);
      const other = record.kind === 'single' ? record.members[0]?.address : undefined;
      const contact = other === undefined ? undefined : overlay.contact(other, contactByAddress.get(other));
      const cell = this.#liveChat(record, contact);
      const key = cell.record.lastMessage;
      const last = key === undefined ? undefined : lastByKey.get(key);
      if (last && cell.last?.key !== key) cell.last = overlay.message(last);
      return cell;
    });
  }

  #liveChat(record: ChatRecord, contact: ContactRecord | undefined): LiveChat {
    return this.#chats.getOrMake(record.id, () => {
      const cell: ChatCell = { record, contact, last: undefined, gone: false };
      const mayBeGroup = record.kind === 'group' || record.kind === 'adhoc';
      const handle = mayBeGroup ? new GroupHandle(this.#context, cell) : new ChatHandle(this.#context, cell);
      return Object.assign(cell, { handle });
    });
  }

  #liveContact(cell: ContactCell): LiveContact {
    return this.#contacts.getOrMake(cell.address, () =>
      Object.assign(cell, { handle: new ContactHandle(this.#context, cell, this.#openChat) }),
    );
  }
}
