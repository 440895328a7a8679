import { refuseUnknownOptions } from '../core/options.js';
import { parseAddress } from '../mail/address.js';
import { contactName } from '../model/contact-registers.js';
import type { ContactRecord } from '../store/records.js';
import { matchesWords, queryWords } from '../store/search-text.js';
import { invalid } from './check-options.js';
import { type ContactFields, type ContactUpdate, checkAddresses } from './contact-details.js';
import { updateContact } from './contact-entry.js';
import type { AccountContext } from './context.js';
import type { Contact } from './handles.js';
import {
  exportVCards,
  importVCards,
  type VCardExportOptions,
  type VCardImport,
  type VCardImportOptions,
} from './vcards.js';

/** Which contacts {@link Contacts.list} returns. */
export interface ContactListOptions {
  /** Only those in the address book. Default false. */
  readonly listed?: boolean | undefined;
}

/** Options of {@link Contacts.search}. */
export interface ContactSearchOptions extends ContactListOptions {
  /** Most contacts to return. Default 50. */
  readonly limit?: number | undefined;
}

/** A new entry in the address book. */
export interface ContactDraft extends ContactFields {
  readonly address?: string | undefined;
  /** All addresses, the one to show first; in place of `address` or beside it. */
  readonly addresses?: readonly string[] | undefined;
}

const SEARCH_DEFAULT = 50;

/** What an account knows about addresses, and the address book of its user. */
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

  /**
   * Everyone in the address book, and everyone that a mail came from, by name. A contact with several addresses comes once, with the one
   * that was heard of last.
   */
  async list(options: ContactListOptions = {}): Promise<Contact[]> {
    refuseUnknownOptions('contacts.list', options, ['listed']);
    return this.#handlesOf(await this.#records(options.listed === true));
  }

  /**
   * Contacts whose names or addresses have words that begin with all words of `text`, whatever case and accents, by name. An
   * empty text finds nobody.
   */
  async search(text: string, options: ContactSearchOptions = {}): Promise<Contact[]> {
    refuseUnknownOptions('contacts.search', options, ['listed', 'limit']);
    if (typeof text !== 'string') throw invalid('contacts.search', 'takes the text to look for');
    const { limit = SEARCH_DEFAULT, listed = false } = options;
    if (!Number.isInteger(limit) || limit < 1)
      throw invalid('contacts.search limit', 'has to be a whole number from 1');
    const words = queryWords(text);
    if (words.length === 0) return [];
    const found = (await this.#records(listed)).filter((record) => matchesWords(searchedText(record), words));
    return this.#handlesOf(found.slice(0, limit));
  }

  /**
   * Makes an entry in the address book, on all devices of the user. If there is one with the first address already, it is changed.
   *
   * @throws InputError `INVALID_ADDRESS`, `INVALID_OPTION`, `UNKNOWN_OPTION`, `ATTACHMENT_TOO_LARGE`
   */
  async create(contact: ContactDraft): Promise<Contact> {
    this.#context.assertOpen();
    const { addresses: given, address: single, ...fields } = contact;
    const [address, ...others] = checkAddresses('contacts.create', [
      ...(single === undefined ? [] : [single]),
      ...(given ?? []),
    ]);
    const addresses = others.length > 0 ? { addresses: [address, ...others] } : {};
    await updateContact(this.#context, 'contacts.create', address, { ...fields, ...addresses });
    return this.#of(address);
  }

  /** {@link ContactDetails.update} of the contact with this address. */
  async update(address: string, changes: ContactUpdate): Promise<Contact> {
    const contact = await this.get(address);
    await contact.update(changes);
    return contact;
  }

  /** {@link ContactDetails.delete} of the contact with this address. */
  async delete(address: string): Promise<void> {
    await (await this.get(address)).delete();
  }

  /**
   * Takes the contacts of a vCard file (version 2.1, 3.0 or 4.0) into the address book. What a card says replaces what was entered
   * before, and its addresses join those that are known. A `KEY` is used for writing encrypted until a mail brings the person's own. Cards
   * without an address are left out.
   *
   * @throws InputError `ATTACHMENT_TOO_LARGE`, `UNKNOWN_OPTION`, `INVALID_OPTION`
   * @throws AbortedError when the signal fires; what was imported until then stays.
   */
  async importVCards(file: string | Uint8Array, options: VCardImportOptions = {}): Promise<VCardImport> {
    this.#context.assertOpen();
    return importVCards(this.#context, file, options);
  }

  /** Writes contacts as vCards, by default the whole address book, with pictures and public keys. Ours to share: no blocking, no trust. */
  async exportVCards(options: VCardExportOptions = {}): Promise<string> {
    refuseUnknownOptions('contacts.exportVCards', options, ['contacts', 'version', 'keys', 'signal']);
    return exportVCards(this.#context, options.contacts ?? (await this.list({ listed: true })), options);
  }

  /** One record for each person, by name. */
  async #records(listed: boolean): Promise<ContactRecord[]> {
    this.#context.assertOpen();
    const people = new Map<string, ContactRecord>();
    for (const record of await this.#context.store.list('contacts')) {
      if (listed && record.card?.listed !== true) continue;
      const key = record.card?.addresses[0] ?? record.address;
      const other = people.get(key);
      if (!other || (record.lastSeen ?? -1) > (other.lastSeen ?? -1)) people.set(key, record);
    }
    const named = [...people.values()].map((record) => [contactName(record) ?? record.address, record] as const);
    const { compare } = new Intl.Collator();
    return named
      .sort(([a, x], [b, y]) => compare(a, b) || (x.address < y.address ? -1 : 1))
      .map(([, record]) => record);
  }

  #handlesOf(records: readonly ContactRecord[]): Promise<Contact[]> {
    return Promise.all(records.map((record) => this.#context.handles.contact(record.address, async () => record)));
  }

  #of(address: string): Promise<Contact> {
    return this.#context.handles.contact(
      address,
      async () => (await this.#context.store.get('contacts', [address]))[0],
    );
  }
}

function searchedText({ address, name, card, profile }: ContactRecord): string {
  const names = [card?.nickname, card?.name, profile?.name, name].filter((one) => one !== undefined);
  return [...names, ...(card?.addresses ?? [address])].join(' ');
}
