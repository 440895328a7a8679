import { canonicalJson } from '../../model/card-merge.js';
import { newContact } from '../../model/contact-registers.js';
import type { CardRecord } from '../../store/card-records.js';
import type { ActionRecord, MessageRecord } from '../../store/records.js';
import { cardOf, cardsOf } from '../storage/cards.js';
import type { Transaction } from '../transaction.js';

/** What the user said about an address: blocked, unblocked, or nothing. */
type Verdict = boolean | undefined;

/**
 * Hides the messages of blocked senders and shows them again when they are unblocked, whichever came first, the message or the block. A message
 * that lies in the folder for blocked mail is hidden, too, until its sender is unblocked: then it is to be moved back.
 */
export async function deriveBlocking(tx: Transaction): Promise<void> {
  const verdicts = new Map<string, Verdict>();
  const verdictOf = async (address: string): Promise<Verdict> => {
    if (!verdicts.has(address)) verdicts.set(address, await verdictOn(tx, address));
    return verdicts.get(address);
  };
  const changes = await tx.changes('messages');
  const arrived = changes.flatMap(({ after }) => (after !== undefined && canBeBlocked(after) ? [after] : []));
  await tx.getMany('cards', [...new Set(arrived.map(({ from }) => from.address))]);
  for (const message of arrived) judge(tx, message, await verdictOf(message.from.address));
  for (const address of await judgedAgain(tx)) {
    const verdict = await verdictOf(address);
    await markContact(tx, address, verdict === true);
    for (const message of await messagesFrom(tx, address)) if (canBeBlocked(message)) judge(tx, message, verdict);
  }
}

async function verdictOn(tx: Transaction, address: string): Promise<Verdict> {
  if ((await tx.get('cards', address)) === undefined) return undefined;
  const { blocked, blockedAt } = await cardOf(cardsOf(tx), address);
  return blockedAt === undefined ? undefined : blocked;
}

function canBeBlocked(message: MessageRecord): boolean {
  return !message.fromMe && message.chatId !== '' && message.gone === undefined;
}

function judge(tx: Transaction, message: MessageRecord, verdict: Verdict): void {
  const { blocked: _, ...rest } = message;
  const hide = verdict ?? message.confined === true;
  if (hide && message.hidden === 0) tx.put('messages', { ...rest, hidden: 1, pending: 0, blocked: true });
  if (!hide && message.blocked === true) tx.put('messages', { ...rest, hidden: 0 });
  const release: ActionRecord = { key: `release\n${message.key}`, kind: 'release', message: message.key, at: tx.now };
  if (verdict === false && message.confined === true) tx.put('actions', release);
}

async function markContact(tx: Transaction, address: string, blocked: boolean): Promise<void> {
  const known = await tx.get('contacts', address);
  if (blocked === (known?.blocked === true)) return;
  const { blocked: _, ...rest } = known ?? newContact(address);
  if (blocked) tx.put('contacts', { ...rest, blocked });
  // A record that only said so would not be there if the word had come in another order.
  else if (canonicalJson(rest) === canonicalJson(newContact(address))) tx.remove('contacts', address);
  else tx.put('contacts', rest);
}

/** Addresses about which the user changed their mind, here or on another device. */
async function judgedAgain(tx: Transaction): Promise<ReadonlySet<string>> {
  const addresses = new Set<string>();
  for (const { before, after } of await tx.changes('cards')) {
    const same = canonicalJson(blockingIn(before)) === canonicalJson(blockingIn(after));
    if (same && before?.person === after?.person) continue;
    const people = new Set([before?.person, after?.person].filter((person) => person !== undefined));
    for (const person of people) {
      const cards = await tx.list('cards', { index: 'byPerson', prefix: [person] });
      for (const { id } of cards) addresses.add(id);
    }
    const id = (after ?? before)?.id;
    if (id !== undefined) addresses.add(id);
  }
  return addresses;
}

function blockingIn(card: CardRecord | undefined) {
  return card?.shared.blocked ?? null;
}

async function messagesFrom(tx: Transaction, address: string): Promise<MessageRecord[]> {
  const telling = await tx.list('messages', { index: 'bySender', prefix: [address] });
  return [...telling, ...(await tx.list('messages', { index: 'byAuthor', prefix: [address] }))];
}
