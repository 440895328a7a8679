import { limits } from '../core/limits.js';
import type { ChatRecord, MessageRecord, ThreadRecord } from '../store/records.js';
import { shortHash } from './identity.js';
import { isPlain } from './message-facts.js';

/** What placement looks at. */
export type PlacedMail = Pick<
  MessageRecord,
  'messageId' | 'from' | 'fromMe' | 'to' | 'cc' | 'listId' | 'groupId' | 'chatClient' | 'inReplyTo' | 'references'
>;

/**
 * How the chat of a mail is found: its own header says it (`fixed`), it depends on the mail that it answers (`answer`), or it is the
 * thread that it belongs to (`thread`: mail to several people without group id).
 */
export type Route =
  | { readonly by: 'fixed'; readonly chatId: string }
  | { readonly by: 'answer'; readonly peerChat: string }
  | { readonly by: 'thread' };

/** What a mail tells about the graph of message-ids. */
export interface GraphFacts {
  /** About the mail's own id; left out if an answer to it is placed without asking. */
  readonly node?: { readonly group?: string; readonly wide: boolean };
  /** Ids of the same thread. */
  readonly linked: readonly string[];
  /** Ids whose nodes decide where this mail belongs, nearest first. */
  readonly answers: readonly string[];
}

/** Id of the chat with oneself. */
export const SELF_CHAT = 'self';

/** Id of the 1:1 chat with an address. */
export function singleChatId(address: string): string {
  return `single:${address}`;
}

/** Id of a chat group's chat. */
export function groupChatId(groupId: string): string {
  return `group:${groupId}`;
}

/** Id of the group whose chat has that id; undefined if it is no group's. */
export function groupIdOfChat(chatId: string): string | undefined {
  return chatId.startsWith('group:') ? chatId.slice('group:'.length) : undefined;
}

/** Id of a mailing list's chat. */
function listChatId(listId: string): string {
  return `list:${listId.toLowerCase()}`;
}

/** Id of the ad-hoc chat that begins with a thread's first known message-id. Opaque: after merges it says nothing about the thread. */
export function adhocChatId(messageId: string): string {
  return `adhoc:${shortHash('thread', messageId)}`;
}

/** Kind of a chat, which its id begins with. */
export function chatKindOf(chatId: string): ChatRecord['kind'] {
  const kind = chatId.split(':', 1)[0];
  return kind === 'group' || kind === 'adhoc' || kind === 'list' || kind === 'self' ? kind : 'single';
}

/** Finds out how the chat of a mail is found. `own`: the account's addresses. */
export function routeOf(mail: PlacedMail, own: ReadonlySet<string>): Route {
  if (mail.listId !== undefined) return { by: 'fixed', chatId: listChatId(mail.listId) };
  const recipients = recipientsOf(mail, own);
  if (mail.groupId !== undefined && (recipients.size > 1 || !isPlain(mail))) {
    return { by: 'fixed', chatId: groupChatId(mail.groupId) };
  }
  if (recipients.size > 1) return { by: 'thread' };
  // One recipient, or none that we see: between two people, even if we only got a blind copy or know none of the addresses.
  const peer = mail.fromMe ? [...recipients][0] : mail.from.address;
  const peerChat = peer === undefined || own.has(peer) ? SELF_CHAT : singleChatId(peer);
  const asks = isPlain(mail) && (mail.groupId !== undefined || answersOf(mail).length > 0);
  return asks ? { by: 'answer', peerChat } : { by: 'fixed', chatId: peerChat };
}

/** What a mail tells about the graph of message-ids. It depends on nothing but the mail, so that the graph only ever grows. */
export function graphFactsOf(mail: PlacedMail, own: ReadonlySet<string>): GraphFacts {
  const route = routeOf(mail, own);
  if (route.by === 'answer') return { linked: [], answers: answersOf(mail) };
  if (route.by === 'thread') return { node: { wide: true }, linked: linksOf(mail), answers: [] };
  if (mail.listId !== undefined || mail.groupId === undefined) return { linked: [], answers: [] };
  return { node: { group: mail.groupId, wide: recipientsOf(mail, own).size > 1 }, linked: [], answers: [] };
}

/** The chat of a mail, a function of the mail and of the graph made of all mails known. `node` looks a message-id up in it. */
export function chatOf(
  mail: PlacedMail,
  own: ReadonlySet<string>,
  node: (messageId: string) => ThreadRecord | undefined,
): string {
  const route = routeOf(mail, own);
  if (route.by === 'fixed') return route.chatId;
  if (route.by === 'thread') return componentChat(node(mail.messageId) ?? newNode(mail.messageId));
  for (const id of answersOf(mail)) {
    const answered = node(id);
    if (answered?.wide === undefined) continue;
    // To one person, while the answered mail went to several: a private answer, whatever group its header names.
    if (answered.wide) return route.peerChat;
    const group = mail.groupId ?? answered.group;
    return group === undefined || group === '' ? route.peerChat : groupChatId(group);
  }
  return mail.groupId === undefined ? route.peerChat : groupChatId(mail.groupId);
}

/** The chat of the mails in a component that name none themselves: the group's that claims it, or an ad-hoc chat. */
export function componentChat(node: Pick<ThreadRecord, 'chatId' | 'group'>): string {
  return node.group === undefined || node.group === '' ? node.chatId : groupChatId(node.group);
}

/** A node that is connected with no other. */
export function newNode(messageId: string): ThreadRecord {
  return { messageId, chatId: adhocChatId(messageId) };
}

/** Groups that claim two components (`''`: several). */
export function joinClaims(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a === b ? a : '';
}

/** What answers to a mail see of its node; they are placed again when this changes. */
export function answerView(node: ThreadRecord | undefined): string {
  if (node?.wide === undefined) return 'unknown';
  return node.wide ? 'wide' : `group:${node.group ?? ''}`;
}

/** People a mail went to, without its sender; all own addresses are one person (the first of them in the set). */
function recipientsOf(mail: PlacedMail, own: ReadonlySet<string>): ReadonlySet<string> {
  const me = [...own][0] ?? '';
  const people = new Set<string>();
  for (const { address } of mail.to) people.add(own.has(address) ? me : address);
  for (const { address } of mail.cc) people.add(own.has(address) ? me : address);
  people.delete(mail.fromMe ? me : mail.from.address);
  return people;
}

/** The answered mail and the first one of the conversation: as much as chat programs write, and enough to tell where an answer belongs. */
function answersOf(mail: PlacedMail): string[] {
  const ids = [mail.inReplyTo, mail.references.at(-1), mail.references[0]];
  return [...new Set(ids)].filter((id): id is string => id !== undefined && id !== mail.messageId);
}

function linksOf(mail: PlacedMail): string[] {
  const ids = mail.inReplyTo === undefined ? mail.references : [...mail.references, mail.inReplyTo];
  const linked = [...new Set(ids)].filter((id) => id !== mail.messageId);
  if (linked.length <= limits.threadReferences) return linked;
  const half = limits.threadReferences / 2;
  return [...linked.slice(0, half), ...linked.slice(-half)];
}
