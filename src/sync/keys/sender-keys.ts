import { decodeBase64 } from '../../autocrypt/base64.js';
import { onlyValidKey } from '../../autocrypt/mail-facts.js';
import { limits } from '../../core/limits.js';
import type { MailHeaders, ParsedMail } from '../../mail/parsed-mail.js';
import type { PublicKey } from '../../openpgp/key.js';
import { parsePublicKey } from '../../openpgp/keys.js';
import type { SignerQuestion } from '../../openpgp/open-mail.js';
import type { PeerRecord, PublicKeyRecord } from '../../store/key-records.js';
import type { Store } from '../../store/store.js';
import type { AccountKeys } from './account-keys.js';

/**
 * The keys that the senders of a batch of mails may have signed with: those that they announced themselves, in earlier mails or in the
 * very mail. What others passed on as theirs does not count. The newest keys are read once for the whole batch.
 */
export class SenderKeys {
  readonly #keys: AccountKeys;
  readonly #store: Store;
  readonly #peers: ReadonlyMap<string, PeerRecord>;
  readonly #octets: ReadonlyMap<string, PublicKeyRecord>;

  private constructor(
    keys: AccountKeys,
    store: Store,
    peers: ReadonlyMap<string, PeerRecord>,
    octets: ReadonlyMap<string, PublicKeyRecord>,
  ) {
    this.#keys = keys;
    this.#store = store;
    this.#peers = peers;
    this.#octets = octets;
  }

  /** Reads what is known about these addresses. */
  static async load(keys: AccountKeys, store: Store, addresses: Iterable<string>): Promise<SenderKeys> {
    const senders = [...new Set(addresses)].filter((address) => !keys.manager.addresses.includes(address));
    const peers = senders.length === 0 ? [] : await store.get('peers', senders);
    const known = peers.filter((peer) => peer !== undefined);
    const ids = [...new Set(known.flatMap(({ state }) => state.direct?.key ?? []))];
    const octets = ids.length === 0 ? [] : await store.get('publicKeys', ids);
    return new SenderKeys(
      keys,
      store,
      new Map(known.map((peer) => [peer.address, peer])),
      new Map(octets.flatMap((record) => (record === undefined ? [] : [[record.key, record] as const]))),
    );
  }

  /** Which key of the sender was the newest when this was loaded. */
  newest(address: string): string | undefined {
    return this.#peers.get(address)?.state.direct?.key;
  }

  /** Keys to check the signatures of a mail with. */
  async keysOf({ from, issuers, payloadHeaders }: SignerQuestion, outer: ParsedMail): Promise<readonly PublicKey[]> {
    if (from === undefined) return [];
    if (this.#keys.manager.addresses.includes(from)) return this.#keys.ownPublicKeys();
    const keys: PublicKey[] = [];
    const sources: (MailHeaders | undefined)[] = [payloadHeaders, outer.headers];
    for (const headers of sources) {
      const found = headers && (await onlyValidKey(headers, from));
      if (found) keys.push(await parsePublicKey(found.header.keyData));
    }
    const newest = await read(this.#octets.get(this.newest(from) ?? ''));
    if (newest) keys.push(newest);
    const ids = new Set(keys.flatMap(({ keyIds }) => keyIds));
    if (issuers.every(({ keyId }) => ids.has(keyId))) return keys;
    return [...keys, ...(await this.#older(from))];
  }

  /** All keys that the sender announced: one look per key into the index, however many mails there are. */
  async #older(address: string): Promise<PublicKey[]> {
    const ids: string[] = [];
    while (ids.length < limits.pgpSenderKeys) {
      const after = ids.at(-1);
      const [next] = await this.#store.list('keyFacts', {
        index: 'byPeer',
        prefix: [address, 'direct'],
        ...(after !== undefined && { after: [after] }),
        limit: 1,
      });
      if (next === undefined) break;
      ids.push(next.publicKey);
    }
    const records = ids.length === 0 ? [] : await this.#store.get('publicKeys', ids);
    const keys = await Promise.all(records.map(read));
    return keys.filter((key) => key !== undefined);
  }
}

async function read(record: PublicKeyRecord | undefined): Promise<PublicKey | undefined> {
  const bytes = record && decodeBase64(record.data);
  return bytes && parsePublicKey(bytes);
}
