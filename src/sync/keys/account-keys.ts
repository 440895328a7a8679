import { KeyManager } from '../../autocrypt/key-manager.js';
import type { Clock } from '../../core/clock.js';
import type { RandomBytes } from '../../core/random.js';
import type { PrivateKey, PublicKey } from '../../openpgp/key.js';
import type { StateWriter } from '../state-writer.js';
import { evidenceIn } from './transaction-key-store.js';
import { WriterKeyStore } from './writer-key-store.js';

/** What {@link AccountKeys} are opened with. */
export interface AccountKeysOptions {
  /** The writer of the account, whose store keeps the keys. */
  readonly writer: StateWriter;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** Seals private keys in the store. */
  readonly passphrase?: string | undefined;
}

/** The keys of an account and of its peers, in the account's store. */
export class AccountKeys {
  /** Own keys, what is known about peers, and advice. It sees what mails taught as soon as that is committed. */
  readonly manager: KeyManager;
  readonly #public = new WeakMap<PrivateKey, PublicKey>();

  private constructor(manager: KeyManager) {
    this.manager = manager;
  }

  /**
   * Opens the keys in a store. Makes none. OpenPGP.js is loaded only if there is one.
   *
   * @throws EncryptionError `KEY_LOCKED` if the keys are sealed and there is no passphrase, `WRONG_PASSPHRASE`
   * @throws StoreError `STORE_CORRUPT`
   */
  static async open({ writer, clock, random, passphrase }: AccountKeysOptions): Promise<AccountKeys> {
    const { email, addresses } = writer.identity;
    const manager = await KeyManager.open({
      addresses: [...new Set([email, ...addresses])],
      store: new WriterKeyStore(writer),
      clock,
      random,
      ...(passphrase !== undefined && { passphrase }),
    });
    // Mails are learned from within their own transactions; what they show of keys elsewhere counts here from the commit on.
    writer.onCommit(({ put }) => {
      const evidence = evidenceIn(put?.settings ?? []);
      if (evidence) manager.showEvidence(evidence);
    });
    return new AccountKeys(manager);
  }

  /** Public halves of all own keys, newest first: what own mail may be signed with. */
  ownPublicKeys(): readonly PublicKey[] {
    return this.manager.decryptionKeys.map((key) => {
      const known = this.#public.get(key) ?? key.toPublic();
      this.#public.set(key, known);
      return known;
    });
  }
}
