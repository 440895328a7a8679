import { singleChatId } from '../../model/placement.js';
import {
  type ChatMessageChange,
  canBeRequest,
  forgetsMore,
  withOpening,
  withoutOpening,
} from '../../model/requests.js';
import type { ChatRecord } from '../../store/records.js';
import { cardIdOfChat } from '../storage/cards.js';
import type { Transaction } from '../transaction.js';
import { isAcceptedIn } from './acceptance.js';
import { pagesOf } from './chat-pages.js';

/**
 * Says which chats are requests: opened by somebody whom the user neither accepted nor ever wrote to. Follows from the messages and the cards,
 * whichever came first; accepting somebody also accepts the groups that they opened.
 */
export async function deriveRequests(tx: Transaction): Promise<void> {
  const touched = await openings(tx);
  const people = new Set<string>();
  for (const { before, after } of await tx.changes('chats')) {
    const chat = after ?? before;
    if (chat?.kind === 'single' && before?.answered !== after?.answered) addOther(people, chat);
    if (after !== undefined && before?.opener !== after.opener) touched.add(after.id);
  }
  for (const { before, after } of await tx.changes('cards')) {
    const id = (after ?? before)?.id;
    if (id === undefined || !saysOtherwise(before, after)) continue;
    people.add(id);
    if (id.startsWith('group:')) touched.add(id);
    const cards = await tx.list('cards', { index: 'byPerson', prefix: [(after ?? before)?.person ?? ''] });
    for (const card of cards) people.add(card.id);
  }
  for (const address of people) {
    touched.add(singleChatId(address));
    for (const { id } of await tx.list('chats', { index: 'byOpener', prefix: [address] })) touched.add(id);
  }
  for (const chat of await tx.getMany('chats', [...touched])) if (chat !== undefined) await judge(tx, chat);
}

/** Notes who opened the chats whose messages the transaction changes, and whether we wrote in them. Returns those chats. */
async function openings(tx: Transaction): Promise<Set<string>> {
  const changes = new Map<string, ChatMessageChange[]>();
  for (const { before, after } of await tx.changes('messages')) {
    for (const id of new Set([before?.chatId, after?.chatId])) {
      if (id === undefined || id === '') continue;
      const own = {
        before: before?.chatId === id ? before : undefined,
        after: after?.chatId === id ? after : undefined,
      };
      const known = changes.get(id);
      if (known === undefined) changes.set(id, [own]);
      else known.push(own);
    }
  }
  const ids = [...changes.keys()];
  const chats = await tx.getMany('chats', ids);
  for (const [i, id] of ids.entries()) {
    const chat = chats[i];
    const next = chat && (await opening(tx, chat, changes.get(id) ?? []));
    if (next !== undefined && next !== chat) tx.put('chats', next);
  }
  return new Set(ids);
}

async function opening(tx: Transaction, chat: ChatRecord, changes: readonly ChatMessageChange[]): Promise<ChatRecord> {
  if (!changes.some((change) => forgetsMore(chat, change))) {
    return withOpening(
      chat,
      changes.flatMap(({ after }) => after ?? []),
    );
  }
  let result = withoutOpening(chat);
  for await (const page of pagesOf(tx, chat.id)) result = withOpening(result, page);
  return result;
}

async function judge(tx: Transaction, chat: ChatRecord): Promise<void> {
  const request = canBeRequest(chat) && !tx.identity.acceptsRequests && !(await isAcceptedChat(tx, chat));
  const concealed = chat.lastMessage === undefined && (await hasBlocked(tx, chat.id));
  if (request === (chat.request === 1) && concealed === (chat.concealed === 1)) return;
  const { request: _, concealed: _1, ...rest } = chat;
  tx.put('chats', { ...rest, ...(request && { request: 1 }), ...(concealed && { concealed: 1 }) });
}

async function hasBlocked(tx: Transaction, chatId: string): Promise<boolean> {
  for await (const page of pagesOf(tx, chatId)) if (page.some(({ blocked, gone }) => blocked && !gone)) return true;
  return false;
}

async function isAcceptedChat(tx: Transaction, chat: ChatRecord): Promise<boolean> {
  if (chat.opener !== undefined && (await isAcceptedIn(tx, chat.opener))) return true;
  const card = cardIdOfChat(chat.id, tx.identity.email);
  const accepted = card === undefined ? undefined : (await tx.get('cards', card))?.shared.accepted;
  return accepted?.value === true;
}

function addOther(people: Set<string>, { members }: ChatRecord): void {
  const [other] = members;
  if (other !== undefined) people.add(other.address);
}

type CardChange = {
  readonly person: string;
  readonly shared: { readonly accepted?: { readonly value: boolean | null } };
};

function saysOtherwise(before: CardChange | undefined, after: CardChange | undefined): boolean {
  return before?.person !== after?.person || before?.shared.accepted?.value !== after?.shared.accepted?.value;
}
