import type { ContactCell } from './context.js';
import type { Chat, Contact } from './handles.js';

/** {@link Contact} over a cell that the account keeps current. */
export class ContactHandle implements Contact {
  readonly #cell: ContactCell;
  readonly #openChat: (address: string) => Promise<Chat>;

  constructor(cell: ContactCell, openChat: (address: string) => Promise<Chat>) {
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

  chat(): Promise<Chat> {
    return this.#openChat(this.address);
  }
}
