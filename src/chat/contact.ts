import { newContact } from '../model/contact-registers.js';
import type { ReceiptPolicy } from '../store/records.js';
import { receiptPolicies } from '../trust/receipt-policy.js';
import { checkChoice } from './check-options.js';
import type { AccountContext, ContactCell } from './context.js';
import type { Chat, Contact } from './handles.js';

/** {@link Contact} over a cell that the account keeps current. */
export class ContactHandle implements Contact {
  readonly #context: AccountContext;
  readonly #cell: ContactCell;
  readonly #openChat: (address: string) => Promise<Chat>;

  constructor(context: AccountContext, cell: ContactCell, openChat: (address: string) => Promise<Chat>) {
    this.#context = context;
    this.#cell = cell;
    this.#openChat = openChat;
  }

  get address(): string {
    return this.#cell.address;
  }

  get name(): string | undefined {
    return this.#cell.record?.name;
  }

  get usesChat(): boolean {
    return this.#cell.record?.usesChat ?? false;
  }

  get lastSeen(): Date | undefined {
    const lastSeen = this.#cell.record?.lastSeen;
    return lastSeen === undefined ? undefined : new Date(lastSeen);
  }

  get receipts(): ReceiptPolicy | undefined {
    return this.#cell.record?.receipts;
  }

  async setReceipts(policy: ReceiptPolicy | undefined): Promise<void> {
    checkChoice('contact.setReceipts', policy, receiptPolicies);
    this.#context.assertOpen();
    await this.#context.writer.run(async (tx) => {
      const { receipts: _, ...rest } = (await tx.get('contacts', this.address)) ?? newContact(this.address);
      tx.put('contacts', policy === undefined ? rest : { ...rest, receipts: policy });
    });
  }

  chat(): Promise<Chat> {
    return this.#openChat(this.address);
  }
}
