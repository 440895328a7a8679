import type { AddressRecord } from '../store/records.js';
import type { AccountContext } from './context.js';

/** People to put into a group, with the names that they themselves go by; without ourselves. */
export async function peopleOf(context: AccountContext, addresses: readonly string[]): Promise<AddressRecord[]> {
  const { store, identity } = context;
  const others = addresses.filter((address) => !identity.addresses.has(address));
  const contacts = await store.get('contacts', others);
  return others.map((address, i) => {
    const name = contacts[i]?.name;
    return name === undefined ? { address } : { address, name };
  });
}
