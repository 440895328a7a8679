import type { KeyChange } from '../autocrypt/learn.js';
import { limits } from '../core/limits.js';
import { singleChatId } from '../model/placement.js';
import type { PeerRecord } from '../store/key-records.js';
import type { ChatRecord, ContactRecord, MessageRecord } from '../store/records.js';
import type { RecordChange, StateChange, TokenRefused } from '../sync/state-change.js';
import type { AccountEvents, ChangeKind, EventHub } from './account-events.js';
import { type TrustEvent, trustStateOf } from './contact-trust.js';
import type { AccountContext } from './context.js';
import { groupEvents } from './group-events.js';
import type { GroupChange } from './group-values.js';
import type { Contact, Message } from './handles.js';
import { isGroup } from './is-group.js';
import { stateOf } from './message-state.js';
import type { TaskQueue } from './task-queue.js';

/** What the pump works with. */
export interface EventPumpOptions {
  readonly context: AccountContext;
  readonly hub: EventHub;
  readonly queue: TaskQueue;
  /** Takes a message in place of the `message` event; it is news until this resolves. */
  readonly deliver: (message: Message) => Promise<void>;
  /** Hears of what could not be read from the store. */
  readonly onFailure: (error: unknown) => void;
}

/** Turns what commits changed into events: in order per chat, chats beside each other. */
export class EventPump {
  readonly #options: EventPumpOptions;
  /** Chats and contacts whose event waits already: it will tell the newest state anyway. */
  readonly #waiting = new Set<string>();
  /** When the last `typing` event was, by address. */
  readonly #typed = new Map<string, number>();

  constructor(options: EventPumpOptions) {
    this.#options = options;
  }

  /** Puts the events of a commit into the queue. */
  take(change: StateChange): void {
    const byKey = new Map(change.messages.map((message) => [(message.after ?? message.before)?.key, message.after]));
    for (const message of change.messages) this.#moved(message);
    for (const key of change.news) {
      const record = byKey.get(key);
      if (record) this.news(record);
    }
    const news = new Set(change.news);
    for (const message of change.messages) if (!news.has(message.after?.key ?? '')) this.#changed(message);
    for (const chat of change.chats) this.#chat(chat, change);
    for (const { before, after } of change.peers) {
      if (after && fingerprintOf(before) !== fingerprintOf(after)) this.#contactOf(after.address);
    }
    for (const { before, after } of change.cards) {
      if (after && before?.own.verified?.value !== after.own.verified?.value) this.#contactOf(after.id);
    }
    for (const keyChange of change.keyChanges) this.#keyChange(keyChange);
    for (const contact of change.contacts) {
      this.#contact(contact);
      this.#trust(contact);
    }
    for (const address of change.typing) this.#typing(address);
    for (const refused of change.refusals) this.#refused(refused);
  }

  /** Puts one message into the queue of its chat as news. Only its key waits there: after a long absence there may be very many. */
  news({ key, chatId }: Pick<MessageRecord, 'key' | 'chatId'>): void {
    const { context, deliver } = this.#options;
    this.#add(chatId, async () => {
      const [message] = await context.handles.messages(async () => {
        const [record] = await context.store.get('messages', [key]);
        return record && !record.hidden ? [record] : [];
      });
      if (message) await deliver(message);
    });
  }

  #moved({ before, after }: RecordChange<MessageRecord>): void {
    if (!before || !after || before.chatId === after.chatId || after.hidden || before.hidden) return;
    this.#message('message:moved', after, before.chatId);
  }

  #changed({ before, after }: RecordChange<MessageRecord>): void {
    if (!before || before.hidden) return;
    // Blocking hides silently, and is told by the contact.
    if (after?.blocked) return;
    if (!after || after.hidden) {
      this.#message('message:deleted', after ?? before);
      return;
    }
    if (CONTENT.some((field) => !same(before[field], after[field]))) this.#message('message:edited', after);
    const state = stateOf(after);
    if (stateOf(before) !== state || !same(before.recipients, after.recipients)) {
      this.#message('message:state', after, state);
    }
  }

  #chat({ before, after }: RecordChange<ChatRecord>, change: StateChange): void {
    const record = after ?? before;
    if (!record) return;
    const kind = kindOf(before && isThere(before), after && isThere(after));
    if (kind) this.#entity('chat', record.id, kind, () => this.#emitChat(record, kind));
    if (after?.kind !== 'group' || this.#options.hub.listenerCount('group') === 0) return;
    const { email: address, name } = this.#options.context.identity;
    const self = name === undefined ? { address } : { address, name };
    const events = groupEvents(before, after, change, self);
    if (events.length > 0) this.#add(after.id, () => this.#emitGroup(after, events));
  }

  #contact({ before, after }: RecordChange<ContactRecord>): void {
    const record = after ?? before;
    const kind = kindOf(before !== undefined, after !== undefined);
    if (!record || !kind) return;
    this.#entity('contact', `contact ${record.address}`, kind, () => this.#emitContact(record, kind));
  }

  /** Something changed about a contact whose own record did not. */
  #contactOf(address: string): void {
    this.#entity('contact', `contact ${address}`, 'updated', async () => {
      await this.#options.hub.emit('contact', await this.#contactHandle(address), 'updated');
    });
  }

  #keyChange({ address, date, ...change }: KeyChange): void {
    if (this.#options.hub.listenerCount('contact:key') === 0) return;
    this.#add(`contact ${address}`, async () => {
      const contact = await this.#contactHandle(address);
      await this.#options.hub.emit('contact:key', contact, { ...change, date: new Date(date) });
    });
  }

  #contactHandle(address: string): Promise<Contact> {
    const { handles, store } = this.#options.context;
    return handles.contact(address, async () => (await store.get('contacts', [address]))[0]);
  }

  #trust({ before, after }: RecordChange<ContactRecord>): void {
    if (!after || before?.trust === after.trust) return;
    const now = this.#options.context.clock.now();
    const [old, state] = [trustStateOf(before, now), trustStateOf(after, now)];
    if (old !== state) this.#emitTrust(after.address, { kind: 'state', state, before: old });
  }

  #typing(address: string): void {
    const { hub, context } = this.#options;
    const now = context.clock.now();
    const fresh = now - (this.#typed.get(address) ?? Number.NEGATIVE_INFINITY) < limits.typingEventMs;
    if (fresh || hub.listenerCount('typing') === 0) return;
    this.#typed.set(address, now);
    const id = singleChatId(address);
    this.#add(id, async () => {
      const [chat] = await context.handles.chats(async () =>
        (await context.store.get('chats', [id])).filter((record) => record !== undefined),
      );
      if (chat) await hub.emit('typing', chat);
    });
  }

  #refused({ address, message, what, reason }: TokenRefused): void {
    this.#emitTrust(address, { kind: 'refused', what, reason, messageId: message });
  }

  #emitTrust(address: string, event: TrustEvent): void {
    if (this.#options.hub.listenerCount('trust') === 0) return;
    this.#add(`contact ${address}`, async () => {
      await this.#options.hub.emit('trust', await this.#contactHandle(address), event);
    });
  }

  async #emitChat(record: ChatRecord, kind: ChangeKind): Promise<void> {
    const [chat] = await this.#options.context.handles.chats(async () => [record]);
    if (chat) await this.#options.hub.emit('chat', chat, kind);
  }

  async #emitGroup(record: ChatRecord, events: readonly GroupChange[]): Promise<void> {
    const [chat] = await this.#options.context.handles.chats(async () => [record]);
    if (!chat || !isGroup(chat)) return;
    for (const event of events) await this.#options.hub.emit('group', chat, event);
  }

  async #emitContact(record: ContactRecord, kind: ChangeKind): Promise<void> {
    const contact = await this.#options.context.handles.contact(record.address, async () => record);
    await this.#options.hub.emit('contact', contact, kind);
  }

  #message<E extends 'message:edited' | 'message:deleted' | 'message:moved' | 'message:state'>(
    event: E,
    record: MessageRecord,
    ...rest: AccountEvents[E] extends readonly [Message, ...infer Rest] ? Rest : never
  ): void {
    if (this.#options.hub.listenerCount(event) === 0) return;
    this.#withMessage(record, async (message) => {
      const args: readonly unknown[] = [message, ...rest];
      // The compiler cannot see that a tuple taken apart and put together again is the same tuple.
      await this.#options.hub.emit(event, ...(args as AccountEvents[E]));
    });
  }

  #withMessage(record: MessageRecord, work: (message: Message) => Promise<void>): void {
    this.#add(record.chatId, async () => {
      const [message] = await this.#options.context.handles.messages(async () => [record]);
      if (message) await work(message);
    });
  }

  /** Events that tell only that something is different now: one that waits is enough. */
  #entity(event: 'chat' | 'contact', queue: string, kind: ChangeKind, emit: () => Promise<void>): void {
    if (this.#options.hub.listenerCount(event) === 0) return;
    const key = `${event} ${kind} ${queue}`;
    if (kind === 'updated' && this.#waiting.has(key)) return;
    this.#waiting.add(key);
    this.#add(queue, async () => {
      this.#waiting.delete(key);
      await emit();
    });
  }

  #add(queue: string, work: () => Promise<void>): void {
    this.#options.queue.add(queue, async () => {
      try {
        await work();
      } catch (thrown) {
        this.#options.onFailure(thrown);
      }
    });
  }
}

function fingerprintOf(peer: PeerRecord | undefined): string | undefined {
  return (peer?.state.direct ?? peer?.state.gossip)?.fingerprint;
}

/** What a message says, and how far that is certain. */
const CONTENT = ['text', 'html', 'markdown', 'attachments', 'problem', 'quote', 'security'] as const;

function isThere({ deleted, concealed }: ChatRecord): boolean {
  return deleted === 0 && concealed !== 1;
}

function kindOf(before: boolean | undefined, after: boolean | undefined): ChangeKind | undefined {
  if (before) return after ? 'updated' : 'removed';
  return after ? 'added' : undefined;
}

/** Records are plain JSON values of bounded size. */
function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
