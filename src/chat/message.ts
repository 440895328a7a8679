import type { AbortOptions } from '../core/abort.js';
import { InputError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import { refuseUnknownOptions } from '../core/options.js';
import { type DkimOutcome, dkimOutcome } from '../model/authentication.js';
import type {
  MentionRecord,
  MessageRecord,
  MessageState,
  ProblemRecord,
  QuoteRecord,
  RecipientRecord,
  SecurityRecord,
} from '../store/records.js';
import { attachmentsOf } from './attachment.js';
import type { AccountContext, MessageCell } from './context.js';
import { draftOf, type ReplyDraft } from './draft.js';
import { forwardMessage } from './forward.js';
import { changesInWords, changesOf } from './group-changes.js';
import type { GroupChange } from './group-values.js';
import type {
  Attachment,
  Chat,
  ForwardOptions,
  Message,
  MessageReceipt,
  Person,
  RemoveOptions,
  SendOptions,
} from './handles.js';
import { stateOf } from './message-state.js';
import { removeMessages } from './remove.js';
import { sendDraft } from './send.js';
import type { Milestone } from './state-waiters.js';

/** {@link Message} over a cell that the account keeps current. */
export class MessageHandle implements Message {
  readonly #context: AccountContext;
  readonly #cell: MessageCell;
  #attachments: { readonly of: MessageRecord; readonly list: readonly Attachment[] } | undefined;

  constructor(context: AccountContext, cell: MessageCell) {
    this.#context = context;
    this.#cell = cell;
  }

  get id(): string {
    return this.#cell.record.key;
  }

  get messageId(): string {
    return this.#cell.record.messageId;
  }

  get chat(): Chat {
    return this.#cell.chat;
  }

  get from(): Person {
    return this.#cell.record.from;
  }

  get fromMe(): boolean {
    return this.#cell.record.fromMe;
  }

  get text(): string {
    const { changes } = this;
    if (changes.length === 0) return this.#cell.record.text;
    const { strings, identity } = this.#context;
    return changesInWords(changes, { strings, own: identity.addresses, byMe: this.fromMe });
  }

  get changes(): readonly GroupChange[] {
    const { record, chat } = this.#cell;
    if (record.changes === undefined) return [];
    return changesOf(record, (address) => chat.members.find((member) => member.address === address) ?? { address });
  }

  get mentions(): readonly MentionRecord[] {
    return this.#cell.record.mentions ?? [];
  }

  get mentionsMe(): boolean {
    if (this.fromMe) return false;
    const { addresses } = this.#context.identity;
    return this.mentions.some(({ address }) => address === undefined || addresses.has(address));
  }

  get shouldNotify(): boolean {
    return !this.seen && !this.deleted && (!this.chat.muted || this.mentionsMe);
  }

  get html(): string | undefined {
    return this.#cell.record.html;
  }

  get markdown(): string | undefined {
    return this.#cell.record.markdown;
  }

  get subject(): string | undefined {
    return this.#cell.record.subject;
  }

  get date(): Date {
    return new Date(this.#cell.record.date);
  }

  get state(): MessageState {
    return stateOf(this.#cell.record);
  }

  get recipients(): readonly RecipientRecord[] {
    return this.#cell.record.recipients ?? [];
  }

  get receipts(): readonly MessageReceipt[] {
    return this.recipients
      .flatMap(({ address, state, at }) =>
        (state === 'delivered' || state === 'read') && at !== undefined ? [{ address, state, date: new Date(at) }] : [],
      )
      .sort((a, b) => a.date.getTime() - b.date.getTime());
  }

  get attachments(): readonly Attachment[] {
    const { record } = this.#cell;
    if (this.#attachments?.of !== record)
      this.#attachments = { of: record, list: attachmentsOf(this.#context, record) };
    return this.#attachments.list;
  }

  get quote(): QuoteRecord | undefined {
    return this.#cell.record.quote;
  }

  get forwarded(): { readonly from?: string } | undefined {
    return this.#cell.record.forwarded;
  }

  get security(): SecurityRecord {
    return this.#cell.record.security;
  }

  get authentication(): DkimOutcome {
    return dkimOutcome(this.#cell.record, this.#context.ownServers);
  }

  get problem(): ProblemRecord | undefined {
    return this.#cell.record.problem;
  }

  get seen(): boolean {
    return this.#cell.record.seen || this.#cell.record.fromMe;
  }

  get isChat(): boolean {
    return this.#cell.record.isChat;
  }

  get automatic(): boolean {
    return this.#cell.record.automatic ?? false;
  }

  get deleted(): boolean {
    return this.#cell.gone || this.#cell.record.hidden === 1;
  }

  async reply(message: string | ReplyDraft, options: SendOptions = {}): Promise<Message> {
    const draft = draftOf('message.reply', message);
    return sendDraft(this.#context, this.chat, { ...draft, replyTo: this.id }, options);
  }

  async repliedTo(): Promise<Message | undefined> {
    this.#context.assertOpen();
    const { inReplyTo, chatId } = this.#cell.record;
    if (inReplyTo === undefined) return undefined;
    const [message] = await this.#context.handles.messages(async () => {
      const { store } = this.#context;
      const query = { index: 'byMessageId', prefix: [inReplyTo], limit: limits.sameIdMails } as const;
      const found = (await store.list('messages', query)).filter(({ hidden }) => hidden === 0);
      // Anybody can send a mail with the same id: the one of this chat that is known to be real comes first.
      const rank = (record: MessageRecord) =>
        (record.chatId === chatId ? 2 : 0) + (record.problem?.code === 'duplicate-id' ? 0 : 1);
      return found.sort((a, b) => rank(b) - rank(a)).slice(0, 1);
    });
    return message;
  }

  async forward(chat: Chat, options: ForwardOptions = {}): Promise<Message> {
    return forwardMessage(this.#context, this.#cell.record, chat, options);
  }

  async markRead(): Promise<void> {
    this.#context.assertOpen();
    if (!this.seen) await this.#context.engine.markSeen([this.id]);
  }

  async delete(options: RemoveOptions = {}): Promise<void> {
    return removeMessages(this.#context, [this.#cell.record], options);
  }

  async retry(): Promise<void> {
    this.#context.assertOpen();
    await this.#context.engine.retry(this.id);
  }

  async cancel(): Promise<void> {
    this.#context.assertOpen();
    await this.#context.engine.cancel(this.id);
  }

  async sent(options?: AbortOptions): Promise<void> {
    return this.#reached('sent', options);
  }

  async delivered(options?: AbortOptions): Promise<void> {
    return this.#reached('delivered', options);
  }

  async read(options?: AbortOptions): Promise<void> {
    return this.#reached('read', options);
  }

  async #reached(milestone: Milestone, options: AbortOptions = {}): Promise<void> {
    this.#context.assertOpen();
    refuseUnknownOptions(milestone, options, ['signal']);
    // Nothing will be told of it any more.
    if (this.deleted)
      throw new InputError('INVALID_STATE', 'The message was removed. Send it again if it has to go out.');
    await this.#context.waiters.wait(this.#cell.record, milestone, options);
  }
}
