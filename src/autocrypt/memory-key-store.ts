import type { OwnKeyRecord, PeerFact, PeerRecord, PublicKeyRecord } from '../store/key-records.js';
import type { KeySettings, KeyStore, KeyStoreBatch } from './key-store.js';

/** Keeps keys in memory: for tests, and as an example. They are lost with the process. */
export class MemoryKeyStore implements KeyStore {
  readonly #ownKeys = new Map<string, OwnKeyRecord>();
  readonly #peers = new Map<string, PeerRecord>();
  readonly #publicKeys = new Map<string, PublicKeyRecord>();
  readonly #facts = new Map<string, PeerFact>();
  readonly #factsOf = new Map<string, Set<string>>();
  #settings: KeySettings | undefined;

  async ownKeys(): Promise<readonly OwnKeyRecord[]> {
    return [...this.#ownKeys.values()];
  }

  async settings(): Promise<KeySettings | undefined> {
    return this.#settings;
  }

  async peers(addresses: readonly string[]): Promise<readonly (PeerRecord | undefined)[]> {
    return addresses.map((address) => this.#peers.get(address));
  }

  async publicKeys(keys: readonly string[]): Promise<readonly (PublicKeyRecord | undefined)[]> {
    return keys.map((key) => this.#publicKeys.get(key));
  }

  async facts(ids: readonly string[]): Promise<readonly (PeerFact | undefined)[]> {
    return ids.map((id) => this.#facts.get(id));
  }

  async factsOf(peer: string): Promise<readonly PeerFact[]> {
    return [...(this.#factsOf.get(peer) ?? [])].flatMap((id) => this.#facts.get(id) ?? []);
  }

  async commit(batch: KeyStoreBatch): Promise<void> {
    for (const fingerprint of batch.removeOwnKeys ?? []) this.#ownKeys.delete(fingerprint);
    for (const record of batch.ownKeys ?? []) this.#ownKeys.set(record.fingerprint, record);
    for (const record of batch.peers ?? []) this.#peers.set(record.address, record);
    for (const record of batch.publicKeys ?? []) this.#publicKeys.set(record.key, record);
    for (const fact of batch.facts ?? []) {
      this.#facts.set(fact.id, fact);
      const ids = this.#factsOf.get(fact.peer) ?? new Set();
      this.#factsOf.set(fact.peer, ids.add(fact.id));
    }
    if (batch.settings) this.#settings = batch.settings;
  }
}
