import { parseAddress } from '../mail/address.js';
import type { AccountContext } from './context.js';
import type { Contact } from './handles.js';

/** What an account knows about addresses. */
export class Contacts {
  readonly #context: AccountContext;

  /** @internal Made by the account. */
  constructor(context: AccountContext) {
    this.#context = context;
  }

  /**
   * The contact of an address. There is one for every address, also for those that no mail came from yet.
   *
   * @throws InputError `INVALID_ADDRESS`
   */
  async get(address: string): Promise<Contact> {
    return this.#of(parseAddress(address));
  }

  /** Everyone that a mail came from, by address. */
  async list(): Promise<Contact[]> {
    this.#context.assertOpen();
    const records = await this.#context.store.list('contacts');
    return Promise.all(records.map((record) => this.#context.handles.contact(record.address, async () => record)));
  }

  #of(address: string): Promise<Contact> {
    return this.#context.handles.contact(
      address,
      async () => (await this.#context.store.get('contacts', [address]))[0],
    );
  }
}
