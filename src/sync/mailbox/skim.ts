import type { Identity } from '../incoming.js';

/** Header fields that a guess at the chat of a mail needs. No more: servers keep just the common ones in their caches. */
export const SKIM_HEADERS = ['From', 'To', 'Cc', 'Message-ID', 'References'] as const;

/** Octets of a header that are looked at: a guess is not worth more. */
const MAX_HEADER = 16 * 1024;
/** Characters of one field that are looked at. */
const MAX_FIELD = 4096;

const GROUP_ID = /<(?:chat\$group|Gr)\.([0-9A-Za-z_-]{11,64})\./;
const FIRST_ID = /<([^<>\s]{1,998})>/;

/**
 * Guesses from a few header fields which chat a mail belongs to, only to choose what to fetch first. Where the guess is wrong,
 * a chat is complete a little later; what belongs where is decided when the mails are ingested.
 */
export function skimChat(header: Uint8Array, identity: Identity): string {
  const fields = parseFields(header);
  const references = fields.get('references') ?? '';
  const messageId = fields.get('message-id') ?? '';
  const group = (GROUP_ID.exec(messageId) ?? GROUP_ID.exec(references))?.[1];
  if (group) return `group:${group}`;
  const people = new Set(
    ['from', 'to', 'cc']
      .flatMap((name) => addressesIn(fields.get(name) ?? ''))
      .filter((address) => !identity.addresses.has(address)),
  );
  const [first] = people;
  if (first === undefined) return 'self';
  if (people.size === 1) return `single:${first}`;
  return `many:${(FIRST_ID.exec(references) ?? FIRST_ID.exec(messageId))?.[1] ?? [...people].sort().join()}`;
}

/** First field of each name, unfolded, names in lower case. */
function parseFields(header: Uint8Array): Map<string, string> {
  const text = new TextDecoder('latin1').decode(header.subarray(0, MAX_HEADER));
  const fields = new Map<string, string>();
  let name = '';
  for (const line of text.split('\n')) {
    if (line.startsWith(' ') || line.startsWith('\t')) {
      const before = fields.get(name);
      if (before !== undefined && before.length < MAX_FIELD)
        fields.set(name, `${before} ${line.trim()}`.slice(0, MAX_FIELD));
      continue;
    }
    const colon = line.indexOf(':');
    name = colon > 0 ? line.slice(0, colon).trim().toLowerCase() : '';
    if (name && !fields.has(name)) fields.set(name, line.slice(colon + 1, colon + 1 + MAX_FIELD).trim());
    else name = '';
  }
  return fields;
}

function addressesIn(value: string): string[] {
  return value
    .split(/[\s<>,;"()]+/)
    .filter((word) => word.indexOf('@') > 0)
    .map((word) => word.toLowerCase());
}

/** Which mails to fetch first: the newest ones of each of the newest chats. */
export class ScreenSelection {
  readonly #chats = new Map<string, number>();
  readonly #mostChats: number;
  readonly #mostMails: number;
  #full = 0;

  /** @param mostChats Chats of a screen. @param mostMails Messages of each. */
  constructor(mostChats: number, mostMails: number) {
    this.#mostChats = mostChats;
    this.#mostMails = mostMails;
  }

  /** True once nothing older can be wanted. */
  get complete(): boolean {
    return this.#full >= this.#mostChats;
  }

  /** Offers the next older mail; true if it is to be fetched. */
  wants(chat: string): boolean {
    const count = this.#chats.get(chat) ?? 0;
    if (count === 0 && this.#chats.size >= this.#mostChats) return false;
    if (count >= this.#mostMails) return false;
    this.#chats.set(chat, count + 1);
    if (count + 1 === this.#mostMails) this.#full += 1;
    return true;
  }
}
