import type { ChatRecord, EncryptionChoice, EncryptionSeen, MessageRecord } from '../store/records.js';

/** A chat in which nothing encrypted is known. */
const NOTHING: EncryptionSeen = { others: 0, own: 0 };

/**
 * What a message says about encryption in its chat: 0: nothing, it is in plain text; 1: it claims to be encrypted, as anybody's
 * mail can under any name; 2: it is, by the one who it is from, or was written here.
 */
function proofOf({ security, ownCopy }: MessageRecord): 0 | 1 | 2 {
  if (!security.encrypted) return 0;
  return security.signature === 'valid' || ownCopy === true ? 2 : 1;
}

/** Takes what messages say about encryption into their chat. Maxima, so that their order does not matter. */
export function withEncryptedMails(chat: ChatRecord, messages: readonly MessageRecord[]): ChatRecord {
  let seen = chat.encryptionSeen ?? NOTHING;
  for (const message of messages) {
    const side = message.fromMe ? 'own' : 'others';
    const proof = proofOf(message);
    if (proof > seen[side]) seen = { ...seen, [side]: proof };
  }
  return seen === (chat.encryptionSeen ?? NOTHING) ? chat : { ...chat, encryptionSeen: seen };
}

/** The chat as it was before any message was encrypted. */
export function withoutEncryptedMails(chat: ChatRecord): ChatRecord {
  const { encryptionSeen: _, ...rest } = chat;
  return rest;
}

/** True if a change of a message may take something back that {@link withEncryptedMails} took from it. */
export function saysLess(before: MessageRecord | undefined, after: MessageRecord | undefined): boolean {
  if (before === undefined) return false;
  return proofOf(before) > (after === undefined || after.fromMe !== before.fromMe ? 0 : proofOf(after));
}

/**
 * True once a message of either side was encrypted: from then on the chat stays so, until the user says otherwise. In a group one
 * message of another member is enough: they had the keys of all, and sent them along. The chat with oneself has only one side. Without
 * the own key (`unopened`) nothing can be proved, and what looks encrypted has to do.
 */
export function isEncryptedBothWays(
  { encryptionSeen: seen = NOTHING, kind }: Pick<ChatRecord, 'encryptionSeen'> & Partial<Pick<ChatRecord, 'kind'>>,
  { unopened }: { readonly unopened: boolean },
): boolean {
  const enough = unopened ? 1 : 2;
  if (kind === 'group') return seen.others >= enough;
  if (kind === 'self') return seen.own >= enough;
  return seen.others >= enough && seen.own >= enough;
}

/** The user's choice that holds when two chats become one: the later one. */
export function laterChoice(
  a: EncryptionChoice | undefined,
  b: EncryptionChoice | undefined,
): EncryptionChoice | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.at !== b.at) return a.at > b.at ? a : b;
  // Made in the same moment: the safer one.
  return SAFETY[a.mode] >= SAFETY[b.mode] ? a : b;
}

const SAFETY = { off: 0, auto: 1, require: 2 } as const;
