import { refuseUnknownOptions } from '../core/options.js';
import { concatBytes } from '../mail/bytes.js';
import { sharedRegisters } from '../model/card-view.js';
import type { CardPhoto } from '../store/card-records.js';
import type { Store } from '../store/store.js';
import { cardPhotoBlob, setAddresses, storedCards, updateCard } from '../sync/storage/cards.js';
import type { Transaction } from '../sync/transaction.js';
import { invalid } from './check-options.js';
import {
  type ContactUpdate,
  checkAddresses,
  checkContactFields,
  contactFields,
  type Photo,
} from './contact-details.js';
import type { AccountContext } from './context.js';

/** Changes the entry of a contact, or makes one. */
export async function updateContact(
  context: AccountContext,
  call: string,
  address: string,
  changes: ContactUpdate,
): Promise<void> {
  const work = contactChange(call, address, changes);
  await context.writer.run(work);
}

/** The same, as work within a transaction; everything was checked. */
export function contactChange(
  call: string,
  address: string,
  changes: ContactUpdate,
): (tx: Transaction) => Promise<void> {
  refuseUnknownOptions(call, changes, ['addresses', ...contactFields]);
  const patch = checkContactFields(call, changes);
  const addresses = changes.addresses && checkAddresses(call, changes.addresses);
  if (addresses && !addresses.includes(address)) throw invalid(`${call} addresses`, `does not have ${address} itself`);
  return async (tx) => {
    if (addresses) await setAddresses(tx, [address, ...addresses.filter((other) => other !== address)]);
    await updateCard(tx, address, { ...patch, listed: true });
  };
}

/** Id of the blob with the picture of a contact: it is with the card of the address for which it was set. */
export async function cardPhotoOf(store: Store, address: string, { sha256 }: CardPhoto): Promise<string> {
  const cards = storedCards(store);
  const [card] = await cards.get([address]);
  const person = card ? await cards.person(card.person) : [];
  const holder = person.find(({ shared }) => shared.photo?.value?.sha256 === sha256);
  return cardPhotoBlob(holder?.id ?? address, sharedRegisters(person).photo?.value?.sha256 ?? sha256);
}

/** A picture with its bytes. */
export async function readPhoto(store: Store, contentType: string, blob: string): Promise<Photo> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.readBlob(blob)) chunks.push(chunk);
  return { contentType, content: concatBytes(chunks) };
}
