import type { KeySettings, KeyStore, KeyStoreBatch } from '../../autocrypt/key-store.js';
import type { OwnKeyRecord, PeerFact, PeerRecord, PublicKeyRecord } from '../../store/key-records.js';
import type { StateWriter } from '../state-writer.js';
import { factKey, KEY_SETTINGS, settingsFrom, TransactionKeyStore, withVerified } from './transaction-key-store.js';

/**
 * Keys in the store of an account, for the key manager: reads see what was committed last, each `commit` is a transaction of the
 * account's writer. Not to be used within a transaction; see {@link TransactionKeyStore}.
 */
export class WriterKeyStore implements KeyStore {
  readonly #writer: StateWriter;

  constructor(writer: StateWriter) {
    this.#writer = writer;
  }

  ownKeys(): Promise<readonly OwnKeyRecord[]> {
    return this.#writer.store.list('ownKeys');
  }

  async settings(): Promise<KeySettings | undefined> {
    return settingsFrom(await this.#writer.store.get('settings', KEY_SETTINGS));
  }

  async peers(addresses: readonly string[]): Promise<readonly (PeerRecord | undefined)[]> {
    const { store } = this.#writer;
    const [records, cards] = await Promise.all([store.get('peers', addresses), store.get('cards', addresses)]);
    return records.map((record, i) => withVerified(record, cards[i]));
  }

  publicKeys(keys: readonly string[]): Promise<readonly (PublicKeyRecord | undefined)[]> {
    return this.#writer.store.get('publicKeys', keys);
  }

  async facts(ids: readonly string[]): Promise<readonly (PeerFact | undefined)[]> {
    return (await this.#writer.store.get('keyFacts', ids.map(factKey))).map((record) => record?.fact);
  }

  async factsOf(peer: string): Promise<readonly PeerFact[]> {
    const records = await this.#writer.store.list('keyFacts', { index: 'byPeer', prefix: [peer] });
    return records.map(({ fact }) => fact);
  }

  commit(batch: KeyStoreBatch): Promise<void> {
    return this.transact((store) => store.commit(batch));
  }

  transact<T>(work: (store: KeyStore) => Promise<T>): Promise<T> {
    return this.#writer.run((tx) => work(new TransactionKeyStore(tx)));
  }
}
