import { groupFactOf, joinGroupFacts } from '../../model/group-facts.js';
import { groupPictures } from '../../model/group-note.js';
import type { GroupFold } from '../../model/group-state.js';
import { groupChatId, groupIdOfChat, singleChatId } from '../../model/placement.js';
import type { FactRecord, MessageRecord } from '../../store/records.js';
import type { Transaction } from '../transaction.js';
import { foldOf } from './group-fold.js';
import type { Joining } from './joining.js';

/**
 * What mails say about groups, within one transaction. Every copy of a mail counts by itself, and facts are never taken back, so that
 * neither their order nor the folder they lie in matters. Folders of contacts hold no messages; in that of blocked people they count.
 */
export class GroupLedger {
  readonly #tx: Transaction;
  /** State of the touched groups as it was before. */
  readonly #before = new Map<string, GroupFold>();
  readonly #folds = new Map<string, GroupFold>();

  constructor(tx: Transaction) {
    this.#tx = tx;
  }

  /** Reads what {@link note} will look at, all at once. */
  async prefetch(joinings: readonly Joining[]): Promise<void> {
    const keys = joinings.flatMap((joining) => factOf(joining)?.key ?? []);
    if (keys.length > 0) await this.#tx.getMany('facts', keys);
  }

  /** Takes what a copy of a mail says. */
  async note(joining: Joining): Promise<void> {
    const fact = factOf(joining);
    if (fact === undefined) return;
    const known = await this.#tx.get('facts', fact.key);
    const joined = known === undefined ? fact : joinGroupFacts(known, fact);
    if (known !== undefined && (joined === known || JSON.stringify(joined) === JSON.stringify(known))) return;
    const groupId = joining.head.groupId ?? '';
    if (!this.#before.has(groupId)) this.#before.set(groupId, await foldOf(this.#tx, groupId));
    this.#folds.delete(groupId);
    this.#tx.put('facts', joined);
    for (const [blob, content] of groupPictures(joining.arrival.mail.group)) this.#tx.putBlob(blob, content);
  }

  /** Keys of the messages for which it may have changed whether they belong into a group. */
  async moved(): Promise<string[]> {
    const keys: string[] = [];
    for (const [groupId, before] of this.#before) {
      const after = await this.#fold(groupId);
      const authors = new Set<string>();
      for (const address of new Set([...before.people(), ...after.people()])) {
        if (before.stepsOf(address) !== after.stepsOf(address)) authors.add(address);
      }
      // While nothing was known, everybody was let in.
      if (before.isUnknown) keys.push(...(await this.#messagesIn(groupChatId(groupId))).map(({ key }) => key));
      else if (authors.size > 0) keys.push(...(await this.#messagesOf(groupId, authors)));
    }
    return keys;
  }

  /** The chats of messages whose chats were found without regard to who is a member: what strangers write to a group is shown beside it. */
  async placed(messages: readonly MessageRecord[], chats: readonly string[]): Promise<string[]> {
    const placed: string[] = [];
    for (const [i, message] of messages.entries()) {
      const chatId = chats[i] ?? '';
      const groupId = message.fromMe ? undefined : groupIdOfChat(chatId);
      const admitted = groupId === undefined || (await this.#fold(groupId)).admits(message.from.address, message.date);
      placed.push(admitted ? chatId : singleChatId(message.from.address));
    }
    return placed;
  }

  /** Messages of these authors in the group and beside it. */
  async #messagesOf(groupId: string, authors: ReadonlySet<string>): Promise<string[]> {
    const keys: string[] = [];
    for (const chatId of [groupChatId(groupId), ...[...authors].map(singleChatId)]) {
      for (const message of await this.#messagesIn(chatId)) {
        if (authors.has(message.from.address)) keys.push(message.key);
      }
    }
    return keys;
  }

  #messagesIn(chatId: string): Promise<MessageRecord[]> {
    return this.#tx.list('messages', { index: 'byChat', prefix: [chatId] });
  }

  async #fold(groupId: string): Promise<GroupFold> {
    const known = this.#folds.get(groupId);
    if (known !== undefined) return known;
    const fold = await foldOf(this.#tx, groupId);
    this.#folds.set(groupId, fold);
    return fold;
  }
}

function factOf({ arrival, head }: Joining): FactRecord | undefined {
  const { mail, place, security } = arrival;
  if (mail.group === undefined || mail.severalFrom || place?.role === 'contacts') return undefined;
  const signed = security?.signature === 'valid';
  return groupFactOf({ head, group: mail.group, received: place?.internalDate, signed });
}
