import { addressHash } from '../protocol/address-hash.js';
import type { AppendOptions, HostFolder } from './folder.js';
import type { HostMailbox } from './mailbox.js';
import { type MimePart, parseMime } from './mime.js';
import type { StoredMail } from './stored-mail.js';

/** Where chat mail goes: nowhere, to Chats at delivery, or to Chats once it was seen. */
export type MessageFilter = 'none' | 'active' | 'seen';

/** What a user's COI configuration is before the client changes it. */
export interface CoiOptions {
  /** Default false: the server can, the user has not switched it on. */
  readonly enabled?: boolean;
  /** Default `COI`. */
  readonly mailboxRoot?: string;
  /** Default `none`. */
  readonly messageFilter?: MessageFilter;
}

/** Annotation that holds the configuration (COI server specification, "Getting COI Namespace Configuration"). */
export const coiConfigEntry = '/private/vendor/vendor.dovecot/coi/config';

interface CoiConfig {
  enabled: boolean;
  filter: MessageFilter;
  readonly root: string;
}

/** The server half of Chat over IMAP: configuration, filing of chat mail and of blocked mail, the `$Chat` keyword. */
export class CoiServer {
  readonly #options: CoiOptions;
  readonly #configs = new WeakMap<HostMailbox, CoiConfig>();

  constructor(options: CoiOptions) {
    this.#options = options;
  }

  /** To be called once for each new mailbox. */
  setUp(mailbox: HostMailbox): void {
    const root = mailbox.layout.prefix + (this.#options.mailboxRoot ?? 'COI');
    this.#configs.set(mailbox, { enabled: false, filter: this.#options.messageFilter ?? 'none', root });
    if (this.#options.enabled) this.set(mailbox, `${coiConfigEntry}/enabled`, 'yes');
    mailbox.inbox.watch({
      added: () => undefined,
      removed: () => undefined,
      flagsChanged: (mail) => this.#fileSeen(mailbox, mail),
      replaced: () => undefined,
    });
  }

  /** The configuration as annotations. */
  config(mailbox: HostMailbox): Map<string, Buffer> {
    const { enabled, filter, root } = this.#config(mailbox);
    const entries = new Map([[`${coiConfigEntry}/mailbox-root`, Buffer.from(root)]]);
    if (enabled) entries.set(`${coiConfigEntry}/enabled`, Buffer.from('yes'));
    if (filter !== 'none') entries.set(`${coiConfigEntry}/message-filter`, Buffer.from(filter));
    return entries;
  }

  /** Changes one entry; `undefined` removes it. False if that is refused. */
  set(mailbox: HostMailbox, entry: string, value: string | undefined): boolean {
    const config = this.#config(mailbox);
    if (entry === `${coiConfigEntry}/enabled`) {
      if (value !== undefined && value !== 'yes') return false;
      config.enabled = value === 'yes';
    } else if (entry === `${coiConfigEntry}/message-filter`) {
      // Removing it crashes the one real server, so that clients must write `none`.
      if (value !== 'none' && value !== 'active' && value !== 'seen') return false;
      config.filter = value;
    } else return false;
    if (config.enabled) {
      this.#folder(mailbox, 'Chats').subscribed = true;
      this.#folder(mailbox, 'Contacts');
    }
    return true;
  }

  /** Where an incoming mail goes, and its keyword. */
  incoming(mailbox: HostMailbox, raw: Buffer): { folder: HostFolder; options: AppendOptions } {
    const { enabled, filter } = this.#config(mailbox);
    if (!enabled) return { folder: mailbox.inbox, options: {} };
    const mail = parseMime(raw);
    if (this.#blocks(mailbox, mail)) return { folder: mailbox.create(`${mailbox.layout.prefix}Blocked`), options: {} };
    if (!isChatMail(mail)) return { folder: mailbox.inbox, options: {} };
    const folder = filter === 'active' ? this.#folder(mailbox, 'Chats') : mailbox.inbox;
    return { folder, options: { flags: ['$Chat'] } };
  }

  /** Files the sender's own copy of a submitted chat mail, unseen, into Chats. False if this is none. */
  submitted(mailbox: HostMailbox, raw: Buffer): boolean {
    if (!this.#config(mailbox).enabled || !isChatMail(parseMime(raw))) return false;
    this.#folder(mailbox, 'Chats').add(raw, { flags: ['$Chat'] });
    return true;
  }

  /** True if a storage message in Contacts blocks the sender. Its outer fields are what a server can see of it. */
  #blocks(mailbox: HostMailbox, mail: MimePart): boolean {
    const from = /[^\s<>,"]+@[^\s<>,"]+(?=>?\s*$)/.exec(mail.header('from') ?? '')?.[0];
    if (from === undefined) return false;
    const { hex, base64 } = addressHash(from);
    const contacts = this.#folder(mailbox, 'Contacts').stored.map(({ mime }) => mime);
    return contacts.some(
      (contact) =>
        contact.header('coi-blocked')?.toLowerCase() === 'yes' &&
        contact.fields.some(({ name, value }) => name === 'coi-from-hash' && (value === hex || value === base64)),
    );
  }

  #fileSeen(mailbox: HostMailbox, mail: StoredMail): void {
    const { enabled, filter } = this.#config(mailbox);
    if (!enabled || filter !== 'seen' || !mail.flags.has('\\Seen') || !mail.flags.has('$Chat')) return;
    const { raw, flags, internalDate } = mail;
    this.#folder(mailbox, 'Chats').add(raw, { flags, internalDate });
    mailbox.inbox.remove(new Set([mail]));
  }

  #folder(mailbox: HostMailbox, name: 'Chats' | 'Contacts'): HostFolder {
    return mailbox.create(this.#config(mailbox).root + mailbox.layout.delimiter + name);
  }

  #config(mailbox: HostMailbox): CoiConfig {
    const config = this.#configs.get(mailbox);
    if (!config) throw new Error(`The mailbox of ${mailbox.email} was not set up for COI.`);
    return config;
  }
}

/** The three signs of a chat message (COI server specification, "Configure Message Filtering"). */
function isChatMail(mail: MimePart): boolean {
  if (mail.header('chat-version') !== undefined) return true;
  if (/^<?chat\$/.test(mail.header('message-id') ?? '')) return true;
  return /^<?chat\$/.test(mail.header('references') ?? '');
}
