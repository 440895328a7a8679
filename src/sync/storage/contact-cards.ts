import { canonicalJson } from '../../model/card-merge.js';
import { type Card, cardView } from '../../model/card-view.js';
import { newContact } from '../../model/contact-registers.js';
import { defined } from '../../protocol/defined.js';
import type { ContactCardRecord, ContactRecord } from '../../store/records.js';
import type { Transaction } from '../transaction.js';
import { cardsOf } from './cards.js';

/** Brings what contacts show of the cards in step with the cards that a transaction changes. */
export async function deriveContactCards(tx: Transaction): Promise<void> {
  const people = new Set<string>();
  const gone = new Set<string>();
  for (const { before, after } of await tx.changes('cards')) {
    for (const card of [before, after]) if (card && !card.id.startsWith('group:')) people.add(card.person);
    if (before && !after) gone.add(before.id);
  }
  for (const person of people) {
    const cards = await cardsOf(tx).person(person);
    const contacts = await tx.getMany(
      'contacts',
      cards.map(({ id }) => id),
    );
    for (const [i, record] of cards.entries()) putContact(tx, record.id, contacts[i], shownOf(cardView(record, cards)));
  }
  for (const address of gone) putContact(tx, address, await tx.get('contacts', address), undefined);
}

function shownOf(card: Card): ContactCardRecord | undefined {
  const { name, nickname, photo, birthday, status, categories, addresses, listed } = card;
  const shown: ContactCardRecord = {
    addresses,
    listed,
    ...defined({ name, nickname, photo, birthday, status }),
    ...(categories.length > 0 && { categories }),
  };
  return listed || addresses.length > 1 || Object.keys(shown).length > 2 ? shown : undefined;
}

function putContact(
  tx: Transaction,
  address: string,
  contact: ContactRecord | undefined,
  card: ContactCardRecord | undefined,
): void {
  if (canonicalJson(contact?.card ?? null) === canonicalJson(card ?? null)) return;
  const { card: _, ...rest } = contact ?? newContact(address);
  if (card !== undefined) tx.put('contacts', { ...rest, card });
  else if (canonicalJson(rest) === canonicalJson(newContact(address))) tx.remove('contacts', address);
  else tx.put('contacts', rest);
}
