import { normalizeAddress } from '../mail/address.js';
import type { PublicKey } from '../openpgp/key.js';
import { isUsable } from '../openpgp/key-use.js';
import { parsePublicKey } from '../openpgp/keys.js';
import type { KeyRegister, PeerRecord, PreferEncrypt } from '../store/key-records.js';
import { decodeBase64 } from './base64.js';
import type { KeyStore } from './key-store.js';
import { effectiveDate, keyHistory, type SeenKey } from './peer-state.js';
import type { RecipientFacts } from './recommendation.js';

/** What is known about a peer, for applications. Times are milliseconds since 1970, fingerprints lower case hex. */
export interface Peer {
  /** Normalised. */
  readonly address: string;
  /** Effective date of their newest mail. */
  readonly lastSeen?: number;
  /** Effective date of their newest mail with a key. */
  readonly autocryptTimestamp?: number;
  readonly preferEncrypt: PreferEncrypt;
  /** The key that would be used; missing if there is none, or none that is usable. */
  readonly fingerprint?: string;
  /** Whether it comes from themselves or was passed on by others. */
  readonly source?: 'direct' | 'gossip';
  /** The fingerprint that the user has verified. Another one than `fingerprint`: the key has changed since. */
  readonly verified?: string;
}

/** A peer with the keys that can be used. */
export interface PeerKeys {
  readonly record: PeerRecord;
  readonly direct?: PublicKey;
  readonly gossip?: PublicKey;
}

/** Looks peers up and reads their keys. */
export class PeerDirectory {
  readonly #store: KeyStore;

  constructor(store: KeyStore) {
    this.#store = store;
  }

  /** Peers with those of their keys that are usable at that time: neither expired nor revoked. */
  async usableKeys(addresses: readonly string[], at: number): Promise<PeerKeys[]> {
    const records = await this.records(addresses);
    const keys = await this.#read(records.flatMap(({ state }) => [state.direct, state.gossip]));
    const usable = new Map<string, PublicKey>();
    for (const [id, key] of keys) if (await isUsable(key, at)) usable.set(id, key);
    return records.map((record) => {
      const direct = usable.get(record.state.direct?.key ?? '');
      const gossip = usable.get(record.state.gossip?.key ?? '');
      return { record, ...(direct && { direct }), ...(gossip && { gossip }) };
    });
  }

  /** Peers in this order; of those that are unknown only the address. */
  async records(addresses: readonly string[]): Promise<PeerRecord[]> {
    const normalized = addresses.map(normalizeAddress);
    const records = await this.#store.peers(normalized);
    return normalized.map((address, index) => records[index] ?? { address, state: { address } });
  }

  /** Keys that may have signed mail of that peer: the newest direct and gossip key, usable or not; with `history` all that they announced. */
  async signatureKeys(address: string, options: { readonly history?: boolean } = {}): Promise<PublicKey[]> {
    const [record] = await this.records([address]);
    const older = options.history ? await this.#store.factsOf(normalizeAddress(address)) : [];
    const facts = older.flatMap((fact) => (fact.kind === 'direct' ? [{ ...fact, date: effectiveDate(fact) }] : []));
    const keys = await this.#read([record?.state.direct, record?.state.gossip, ...facts]);
    return [...keys.values()];
  }

  /** Keys that a peer has announced for themselves, oldest first. */
  async history(address: string): Promise<SeenKey[]> {
    return keyHistory(await this.#store.factsOf(normalizeAddress(address)));
  }

  async #read(registers: readonly (KeyRegister | undefined)[]): Promise<Map<string, PublicKey>> {
    const ids = [...new Set(registers.flatMap((register) => register?.key ?? []))];
    const records = await this.#store.publicKeys(ids);
    const keys = new Map<string, PublicKey>();
    for (const record of records) {
      const bytes = record && decodeBase64(record.data);
      if (bytes) keys.set(record.key, await parsePublicKey(bytes));
    }
    return keys;
  }
}

/** What the recommendation needs to know of a peer. */
export function recipientFacts({ record: { state }, direct, gossip }: PeerKeys): RecipientFacts {
  return {
    hasDirectKey: direct !== undefined,
    hasGossipKey: gossip !== undefined,
    autocryptTimestamp: state.direct?.date,
    lastSeen: state.lastSeen,
    preferEncrypt: state.direct?.preferEncrypt,
  };
}

/** What applications are told of a peer. */
export function toPeer({ record, direct, gossip }: PeerKeys): Peer {
  const { address, lastSeen, direct: register } = record.state;
  const key = direct ?? gossip;
  return {
    address,
    ...(lastSeen !== undefined && { lastSeen }),
    ...(register && { autocryptTimestamp: register.date }),
    preferEncrypt: register?.preferEncrypt ?? 'nopreference',
    ...(key && { fingerprint: key.fingerprint, source: direct ? 'direct' : 'gossip' }),
    ...(record.verified !== undefined && { verified: record.verified }),
  };
}
