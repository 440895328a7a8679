import type { EncryptionMode } from '../autocrypt/decision.js';
import { InputError } from '../core/errors.js';
import { contactName } from '../model/contact-registers.js';
import type { ChatRecord, ReceiptPolicy } from '../store/records.js';
import { cardIdOfChat, updateCard } from '../sync/storage/cards.js';
import { receiptPolicies } from '../trust/receipt-policy.js';
import { acceptChat } from './blocking.js';
import { checkChoice } from './check-options.js';
import type { AccountContext, ChatCell } from './context.js';
import { createGroup } from './create-group.js';
import { draftOf, type MessageDraft } from './draft.js';
import { chatEncryption, setChatEncryption } from './encryption.js';
import type { ChatEncryption } from './encryption-state.js';
import type { GroupOptions, MemberInput } from './group-values.js';
import type { Chat, Group, Message, MessageList, MessageRange, Person, RemoveOptions, SendOptions } from './handles.js';
import { keyOf, messageList } from './message-list.js';
import { clearChat } from './remove.js';
import { sendDraft } from './send.js';

/** {@link Chat} over a cell that the account keeps current. */
export class ChatHandle implements Chat {
  readonly #context: AccountContext;
  readonly #own: ChatCell;

  constructor(context: AccountContext, cell: ChatCell) {
    this.#context = context;
    this.#own = cell;
  }

  /** The newest record. */
  protected get record(): ChatRecord {
    return this.#cell.record;
  }

  /** The chat that this one is by now. */
  get #cell(): ChatCell {
    let cell = this.#own;
    while (cell.into) cell = cell.into;
    return cell;
  }

  get id(): string {
    return this.#cell.record.id;
  }

  get kind(): ChatRecord['kind'] {
    return this.#cell.record.kind;
  }

  get title(): string {
    const { kind, name } = this.#cell.record;
    if (name !== '') return name;
    if (kind === 'self') return this.#context.identity.name ?? this.#context.identity.email;
    return this.members.map((member) => member.name ?? member.address).join(', ');
  }

  get members(): readonly Person[] {
    const { kind, members } = this.#cell.record;
    if (kind !== 'single') return members;
    const name = contactName(this.#cell.contact);
    return name === undefined ? members : members.map(({ address }) => ({ address, name }));
  }

  get unread(): number {
    return this.#cell.record.unread;
  }

  get lastMessage(): Message | undefined {
    const { last } = this.#cell;
    return last && this.#context.handles.messageIn(this, last);
  }

  get lastDate(): Date | undefined {
    const { lastDate } = this.#cell.record;
    return lastDate === 0 ? undefined : new Date(lastDate);
  }

  get muted(): boolean {
    return this.#cell.record.muted === 1;
  }

  get pinned(): boolean {
    return this.#cell.record.pinned === 1;
  }

  get archived(): boolean {
    return this.#cell.record.archived === 1;
  }

  get draft(): string | undefined {
    return this.#cell.record.draft;
  }

  get deleted(): boolean {
    return this.#cell.gone || this.#cell.record.deleted === 1;
  }

  async send(message: string | MessageDraft, options: SendOptions = {}): Promise<Message> {
    return sendDraft(this.#context, this, draftOf('chat.send', message), options);
  }

  messages(range: MessageRange = {}): MessageList {
    return messageList(this.#context, this, range);
  }

  async message(id: string): Promise<Message | undefined> {
    const found = await this.#context.handles.messages(async () => {
      const [record] = await this.#context.store.get('messages', [id]);
      return record && !record.hidden && record.chatId === this.id ? [record] : [];
    });
    return found[0];
  }

  async firstUnread(): Promise<Message | undefined> {
    const found = await this.#context.handles.messages(() =>
      this.#context.store.list('messages', { index: 'unread', prefix: [this.id, 1], limit: 1 }),
    );
    return found[0];
  }

  async markRead(upTo?: Message | string): Promise<void> {
    this.#context.assertOpen();
    const { store, engine } = this.#context;
    let until: readonly [number, string] | undefined;
    if (upTo !== undefined) {
      const key = keyOf(upTo);
      const [record] = await store.get('messages', [key]);
      if (!record || record.chatId !== this.id) {
        throw new InputError('NOT_FOUND', `chat.markRead: this chat has no message "${key}".`);
      }
      until = [record.date, record.key];
    }
    const unread = await store.list('messages', { index: 'unread', prefix: [this.id, 1] });
    const keys = unread
      .filter(({ date, key }) => !until || date < until[0] || (date === until[0] && key <= until[1]))
      .map(({ key }) => key);
    if (keys.length > 0) await engine.markSeen(keys);
  }

  async encryption(): Promise<ChatEncryption> {
    return chatEncryption(this.#context, this.id);
  }

  async setEncryption(mode: EncryptionMode): Promise<void> {
    await setChatEncryption(this.#context, this.id, mode);
  }

  async mute(on = true): Promise<void> {
    await this.#set({ muted: on });
  }

  async pin(on = true): Promise<void> {
    await this.#set({ pinned: on });
  }

  async archive(on = true): Promise<void> {
    await this.#set({ archived: on });
  }

  get request(): boolean {
    return this.#cell.record.request === 1;
  }

  async accept(): Promise<void> {
    await acceptChat(this.#context, this.id);
  }

  async toGroup(name: string, others: readonly MemberInput[] = [], options: GroupOptions = {}): Promise<Group> {
    if (this.kind === 'list') {
      throw new InputError(
        'INVALID_STATE',
        'chat.toGroup: nobody knows who reads a mailing list. Use account.createGroup().',
      );
    }
    return createGroup(this.#context, 'chat.toGroup', { name, members: [...this.members, ...others], options });
  }

  async setDraft(text: string | undefined): Promise<void> {
    if (text !== undefined && typeof text !== 'string') {
      throw new InputError('INVALID_OPTION', 'chat.setDraft: pass a text, or undefined to remove the draft.');
    }
    await this.#change(text === undefined || text === '' ? {} : { draft: text }, 'draft');
  }

  async typing(): Promise<void> {
    this.#context.assertOpen();
    await this.#context.typing.send(this.id);
  }

  get receipts(): ReceiptPolicy | undefined {
    return this.#cell.record.receipts;
  }

  async setReceipts(policy: ReceiptPolicy | undefined): Promise<void> {
    checkChoice('chat.setReceipts', policy, receiptPolicies);
    await this.#change(policy === undefined ? {} : { receipts: policy }, 'receipts');
  }

  async clear(options: RemoveOptions = {}): Promise<void> {
    await clearChat(this.#context, this.id, options, { deleted: false });
  }

  async delete(options: RemoveOptions = {}): Promise<void> {
    await clearChat(this.#context, this.id, options, { deleted: true });
  }

  /** What other devices can recognise the chat by goes into its card, from which the record follows. */
  async #set(settings: Partial<Record<'muted' | 'pinned' | 'archived', boolean>>): Promise<void> {
    const card = cardIdOfChat(this.id, this.#context.identity.email);
    if (card === undefined) {
      await this.#change(Object.fromEntries(Object.entries(settings).map(([name, on]) => [name, on ? 1 : 0])));
      return;
    }
    this.#context.assertOpen();
    await this.#context.writer.run(async (tx) => {
      if (!(await tx.get('chats', this.id))) throw new InputError('NOT_FOUND', 'This chat does not exist any more.');
      await updateCard(tx, card, settings);
    });
  }

  async #change(change: Partial<ChatRecord>, drop?: 'draft' | 'receipts'): Promise<void> {
    this.#context.assertOpen();
    await this.#context.writer.run(async (tx) => {
      const record = await tx.get('chats', this.id);
      if (!record) throw new InputError('NOT_FOUND', 'This chat does not exist any more.');
      const next: ChatRecord = { ...record, ...change };
      if (drop === undefined || drop in change) {
        tx.put('chats', next);
        return;
      }
      const { [drop]: _, ...rest } = next;
      tx.put('chats', rest);
    });
  }
}
