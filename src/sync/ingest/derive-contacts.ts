import { newContact, withMailsFrom, withoutMailsFrom } from '../../model/contact-registers.js';
import type { ContactRecord, MessageRecord } from '../../store/records.js';
import type { Transaction } from '../transaction.js';

const PAGE = 50;

/** Brings the contacts in step with the messages that a transaction changes. */
export async function deriveContacts(tx: Transaction): Promise<void> {
  const added = new Map<string, MessageRecord[]>();
  const again = new Set<string>();
  for (const { before, after } of await tx.changes('messages')) {
    if (before !== undefined && after !== undefined && tellsTheSame(before, after)) continue;
    if (before?.sender !== undefined) again.add(before.sender);
    if (after?.sender === undefined) continue;
    const mails = added.get(after.sender);
    if (mails === undefined) added.set(after.sender, [after]);
    else mails.push(after);
  }
  const addresses = [...new Set([...added.keys(), ...again])];
  if (addresses.length === 0) return;
  const contacts = await tx.getMany('contacts', addresses);
  for (const [i, address] of addresses.entries()) {
    const contact = contacts[i] ?? newContact(address);
    const next = again.has(address)
      ? await fromAllMails(tx, withoutMailsFrom(contact))
      : withMailsFrom(contact, added.get(address) ?? []);
    if (next !== contact || contacts[i] === undefined) tx.put('contacts', next);
  }
}

/** Walks the sender's mails from the newest back until nothing older can count. */
async function fromAllMails(tx: Transaction, contact: ContactRecord): Promise<ContactRecord> {
  let result = contact;
  let before: readonly [number, string] | undefined;
  for (;;) {
    const query = { index: 'bySender', prefix: [contact.address], reverse: true, limit: PAGE } as const;
    const page: MessageRecord[] = await tx.list('messages', before === undefined ? query : { ...query, before });
    result = withMailsFrom(result, page);
    const last = page.at(-1);
    const complete = result.nameAt !== undefined && last !== undefined && last.date < result.nameAt[0];
    if (last === undefined || page.length < PAGE || complete) return result;
    before = [last.date, last.key];
  }
}

function tellsTheSame(a: MessageRecord, b: MessageRecord): boolean {
  if (a.sender !== b.sender || a.date !== b.date) return false;
  if (a.sender === undefined) return true;
  // A record that changes in other respects keeps the very same object.
  return a.from.name === b.from.name && a.chatClient === b.chatClient && a.authentication === b.authentication;
}
