import { limits } from '../core/limits.js';
import type { MailHeaders, ParsedMail } from '../mail/parsed-mail.js';
import type { PeerFact, PublicKeyRecord } from '../store/key-records.js';
import { type FoundKey, fieldCache, keyOf } from './field-cache.js';
import { readGossip } from './gossip.js';

/** A mail that keys are to be learned from. */
export interface KeyMail {
  /** As it came. */
  readonly mail: ParsedMail;
  /** When a server took it in (INTERNALDATE), milliseconds since 1970. */
  readonly receivedAt: number;
  /** The decrypted payload, read as a mail of its own; only if the whole mail was encrypted. */
  readonly payload?: ParsedMail;
  /** The payload was signed, and the signature is valid. Only then do `memberKeys` count. Default false. */
  readonly signed?: boolean;
  /** Default: there is a payload, or the mail is `multipart/encrypted`. */
  readonly encrypted?: boolean;
  /** False: surely no mail of ours although From says so, which anybody can write. Default: From decides. */
  readonly own?: boolean;
  /** Believed to be spam: teaches nothing. */
  readonly spam?: boolean;
  /** Further keys in the payload, such as those on a group's member cards: they count as gossip. */
  readonly memberKeys?: readonly { readonly address: string; readonly keyData: Uint8Array }[];
}

/** What a mail teaches. */
export interface MailFacts {
  readonly facts: readonly PeerFact[];
  /** Octets of the keys that the facts name. */
  readonly publicKeys: readonly PublicKeyRecord[];
}

const NOTHING: MailFacts = { facts: [], publicKeys: [] };

/**
 * What a mail says about the keys of its sender and of others (Level 1, "Updating Autocrypt Peer State" and "... from Key
 * Gossip"). Pure, but for reading the keys.
 *
 * An encrypted mail that could be opened teaches all that it teaches unopened, and more: what is learned does not
 * depend on when the own key was there. So an encrypted report (which teaches nothing) still counts for its outer
 * Autocrypt field.
 */
export async function factsOfMail(input: KeyMail): Promise<MailFacts> {
  const { mail, payload } = input;
  const from = mail.from[0]?.address;
  if (from === undefined || mail.from.length > 1 || input.spam || isReport(mail) || isList(mail.headers))
    return NOTHING;
  const collector = new FactCollector(input, from);
  const outer = await onlyValidKey(mail.headers, from);
  if (outer) collector.addKey('direct', 'outer', from, outer);
  if (payload === undefined) {
    if (!outer && !collector.encrypted) collector.addSeen();
    return collector.result();
  }
  if (isReport(payload)) return collector.result();
  // A payload that names another sender is no word of this one.
  const isTheirs = payload.from.every(({ address }) => address === from);
  const inner = isTheirs ? await onlyValidKey(payload.headers, from) : undefined;
  if (inner) collector.addKey('direct', 'inner', from, inner);
  if (!inner && !outer) collector.addSeen();
  if (isTheirs) {
    for (const gossip of readGossip(mail, payload, input.signed === true ? input.memberKeys : undefined)) {
      const key = await keyOf(gossip);
      if (key) collector.addKey('gossip', 'inner', gossip.address, key);
    }
  }
  return collector.result();
}

/** Collects facts of one mail, all of them with its identity and dates. */
class FactCollector {
  readonly encrypted: boolean;
  readonly #mail: string;
  readonly #from: string;
  readonly #dates: Pick<PeerFact, 'headerDate' | 'innerDate' | 'receivedAt'>;
  readonly #facts = new Map<string, PeerFact>();
  readonly #keys = new Map<string, PublicKeyRecord>();

  constructor({ mail, payload, receivedAt, encrypted }: KeyMail, from: string) {
    this.#from = from;
    this.#mail = `${mail.messageId ?? `-${mail.shapeHash}`}\n${from}`;
    this.encrypted = encrypted ?? (payload !== undefined || mediaType(mail) === 'multipart/encrypted');
    this.#dates = {
      receivedAt,
      ...(mail.date !== undefined && { headerDate: mail.date }),
      ...(payload?.date !== undefined && { innerDate: payload.date }),
    };
  }

  addSeen(): void {
    const id = this.#id('seen', this.#from);
    this.#facts.set(id, { id, kind: 'seen', peer: this.#from, mail: this.#mail, ...this.#dates });
  }

  addKey(kind: 'direct' | 'gossip', source: 'inner' | 'outer', peer: string, { header, record }: FoundKey): void {
    const { key, fingerprint } = record;
    const { preferEncrypt } = header;
    // The source is no part of it: a key that stands inside and outside is one fact, the inner one.
    const id = this.#id(kind, peer, key, preferEncrypt);
    this.#keys.set(key, record);
    this.#facts.set(id, {
      ...{ id, kind, peer, mail: this.#mail, source, fingerprint, key, preferEncrypt },
      ...this.#dates,
    });
  }

  result(): MailFacts {
    return { facts: [...this.#facts.values()], publicKeys: [...this.#keys.values()] };
  }

  #id(...parts: readonly string[]): string {
    const date = this.#dates.headerDate ?? '';
    return [this.#mail, this.encrypted ? 'encrypted' : 'plain', date, ...parts].join('\n');
  }
}

/**
 * The key of the one valid Autocrypt field for that address. Undefined if there is none, and if there are several: Level 1
 * says that then none counts.
 */
export async function onlyValidKey(headers: MailHeaders, from: string): Promise<FoundKey | undefined> {
  const mine = headers.getAll('Autocrypt').filter((value) => fieldCache.header(value)?.address === from);
  if (mine.length > limits.autocryptHeaders) return undefined;
  const keys: FoundKey[] = [];
  for (const value of mine) {
    const key = await fieldCache.key(value);
    if (key) keys.push(key);
  }
  return keys.length === 1 ? keys[0] : undefined;
}

function isReport(mail: ParsedMail): boolean {
  return mediaType(mail) === 'multipart/report';
}

/** As the field says: a multipart whose parts are missing is read as text, and is still what it claims to be. */
export function mediaType({ headers, root }: ParsedMail): string {
  const [type = ''] = headers
    .get('Content-Type')
    ?.slice(0, 200)
    .split(/[;\s(]/, 1) ?? [root.contentType];
  return type.toLowerCase();
}

/** Mail that came through a mailing list: the list may have changed it, and its From may be the list's. */
function isList(headers: MailHeaders): boolean {
  return (
    ['List-Id', 'List-Post', 'Mailing-List'].some((name) => headers.get(name) !== undefined) ||
    headers.get('Precedence')?.trim().toLowerCase() === 'list'
  );
}
