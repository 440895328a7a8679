import { canonicalJson } from '../../model/card-merge.js';
import { newContact } from '../../model/contact-registers.js';
import { trustFactsOf } from '../../trust/trust-facts.js';
import type { Transaction } from '../transaction.js';

/** Brings the trusted connections in step with the cards (of this device or another one) and the tokens that were presented. */
export async function deriveTrust(tx: Transaction): Promise<void> {
  const touched = new Set<string>();
  for (const { before, after } of await tx.changes('cards')) {
    const id = (after ?? before)?.id ?? '';
    const same = before?.granted === after?.granted && before?.held === after?.held;
    if (id.includes('@') && !(same && before?.revokedUntil === after?.revokedUntil)) touched.add(id);
  }
  for (const { before, after } of await tx.changes('contacts')) {
    if (after !== undefined && before?.presented !== after.presented) touched.add(after.address);
  }
  if (touched.size === 0) return;
  const addresses = [...touched];
  const cards = await tx.getMany('cards', addresses);
  const contacts = await tx.getMany('contacts', addresses);
  addresses.forEach((address, i) => {
    const contact = contacts[i] ?? newContact(address);
    const trust = trustFactsOf(cards[i], contact);
    const nothing = Object.keys(trust).length === 1 && trust.revokedUntil === 0;
    if (nothing ? contact.trust === undefined : canonicalJson(trust) === canonicalJson(contact.trust)) return;
    tx.put('contacts', { ...contact, trust });
  });
}
