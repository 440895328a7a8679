import { systemClock } from '../core/clock.js';
import { InputError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import { normalizeAddress, parseAddress } from '../mail/address.js';
import type { PublicKey } from '../openpgp/key.js';
import { decideEncryption } from './decision.js';
import { evidenceOf } from './evidence.js';
import { type GossipRecipients, gossipFields } from './gossip.js';
import type { EncryptionAdvice, KeyManagerOptions, Recipient, RecommendOptions } from './key-options.js';
import type { KeyStore } from './key-store.js';
import { type Learned, learn } from './learn.js';
import { factsOfMail, type KeyMail } from './mail-facts.js';
import { MemoryKeyStore } from './memory-key-store.js';
import { OwnKeyManager, type OwnKeyManagerParts } from './own-key-manager.js';
import { OwnKeys } from './own-keys.js';
import { type Peer, PeerDirectory, recipientFacts, toPeer } from './peer-directory.js';
import type { SeenKey } from './peer-state.js';
import { parseFingerprint } from './verification.js';

/**
 * Keys of one mailbox and of its peers (Autocrypt Level 1): give it the mail that comes in, ask it before mail goes out.
 * It does no I/O but through its store.
 */
export class KeyManager extends OwnKeyManager {
  readonly #peers: PeerDirectory;

  private constructor(parts: OwnKeyManagerParts) {
    super(parts);
    this.#peers = new PeerDirectory(parts.store);
  }

  /**
   * Opens the keys of a mailbox. Makes none: see {@link OwnKeyManager.create}.
   *
   * @throws InputError `INVALID_ADDRESS`, `INVALID_OPTION`, `UNKNOWN_OPTION`
   * @throws EncryptionError `KEY_LOCKED` if the keys are sealed and there is no passphrase, `WRONG_PASSPHRASE`
   * @throws StoreError `STORE_CORRUPT`
   */
  static async open(options: KeyManagerOptions): Promise<KeyManager> {
    refuseUnknownOptions('KeyManager.open', options, ['addresses', 'store', 'passphrase', 'clock', 'random']);
    const { passphrase, clock, random, store = new MemoryKeyStore() } = options;
    if (passphrase === '') throw new InputError('INVALID_OPTION', 'The passphrase is empty.');
    const addresses = addressList(options.addresses);
    const own = await OwnKeys.load({ store, passphrase, random }, (clock ?? systemClock).now());
    return new KeyManager({ addresses, store, own, settings: await store.settings(), clock, random });
  }

  /** Learns from one mail; see {@link KeyManager.processMails}. */
  async processMail(mail: KeyMail): Promise<Learned> {
    return this.processMails([mail]);
  }

  /**
   * Learns the keys that mails bring, in one commit. Order and repetition do not matter: give it every mail, of every
   * folder, own ones too, and again with its payload once that could be decrypted.
   */
  async processMails(mails: readonly KeyMail[]): Promise<Learned> {
    const facts = await Promise.all(mails.map(factsOfMail));
    const own = new Set(this.addresses);
    return this.exclusively(async () => {
      await this.noteEvidence(mails.flatMap((mail, i) => (this.#isOurs(mail) ? [evidenceOf(mail, facts[i])] : [])));
      return learn(this.store, facts, own);
    });
  }

  /** What is known about somebody. */
  async peer(address: string): Promise<Peer> {
    const [keys] = await this.#peers.usableKeys([address], this.clock.now());
    return keys ? toPeer(keys) : { address: normalizeAddress(address), preferEncrypt: 'nopreference' };
  }

  /** The keys that somebody has announced for themselves, oldest first. */
  async keyHistory(address: string): Promise<SeenKey[]> {
    return this.#peers.history(address);
  }

  /** Keys that may have signed mail of that peer, for verifying; with `history` also those that they had before. */
  async signatureKeys(address: string, options: { readonly history?: boolean } = {}): Promise<PublicKey[]> {
    refuseUnknownOptions('signatureKeys', options, ['history']);
    const normalized = normalizeAddress(address);
    if (this.addresses.includes(normalized)) return this.decryptionKeys.map((key) => key.toPublic());
    return this.#peers.signatureKeys(normalized, options);
  }

  /**
   * Keeps the fingerprint that the user has compared with the peer: nothing is encrypted to another key from then on.
   * Undefined takes it back.
   *
   * @throws InputError `INVALID_OPTION` if it is no fingerprint
   */
  async setVerified(address: string, fingerprint: string | undefined): Promise<void> {
    const verified = fingerprint === undefined ? {} : { verified: parseFingerprint(fingerprint) };
    const verify = async (store: KeyStore) => {
      const [record] = await new PeerDirectory(store).records([address]);
      if (record) await store.commit({ peers: [{ address: record.address, state: record.state, ...verified }] });
    };
    await this.exclusively(() => (this.store.transact ? this.store.transact(verify) : verify(this.store)));
  }

  /**
   * Whether a message to these people is to be encrypted, and with which keys. Own addresses need none. Where the
   * action is `refuse`, {@link refusal} makes the error.
   */
  async recommend(
    recipients: readonly (string | Recipient)[],
    options: RecommendOptions = {},
  ): Promise<EncryptionAdvice> {
    refuseUnknownOptions('recommend', options, ['mode', 'replyToEncrypted', 'from']);
    const usesChat = new Map<string, boolean>();
    for (const recipient of recipients) {
      const { address, usesChat: chat = false } = typeof recipient === 'string' ? { address: recipient } : recipient;
      const normalized = normalizeAddress(address);
      if (!this.addresses.includes(normalized)) usesChat.set(normalized, chat);
    }
    const peers = await this.#peers.usableKeys([...usesChat.keys()], this.clock.now());
    const decision = decideEncryption({
      mode: options.mode ?? 'auto',
      enabled: this.enabled,
      ownKey: this.state(options.from),
      preferEncrypt: this.preferEncrypt,
      replyToEncrypted: options.replyToEncrypted ?? false,
      recipients: peers.map((peer) => {
        const { address, verified } = peer.record;
        const key = peer.direct ?? peer.gossip;
        const keyChanged = verified !== undefined && key !== undefined && key.fingerprint !== verified;
        return { ...recipientFacts(peer), address, usesChat: usesChat.get(address) ?? false, keyChanged };
      }),
    });
    const keys = peers.flatMap(({ record, direct, gossip }) => {
      const key = direct ?? gossip;
      return key === undefined ? [] : [[record.address, key] as const];
    });
    return { ...decision, publicKeys: new Map(keys) };
  }

  /**
   * The values of the `Autocrypt-Gossip` fields for the root part of an encrypted payload: see {@link gossipFields}.
   *
   * @param advice What {@link KeyManager.recommend} said for this message: gossip has the keys that it is encrypted to.
   */
  async gossipFor(advice: EncryptionAdvice, to: GossipRecipients): Promise<string[]> {
    if (advice.action !== 'encrypt') return [];
    const now = this.clock.now();
    const foreign = (list: readonly string[]) =>
      list.map(normalizeAddress).filter((address) => !this.addresses.includes(address));
    const recipients = foreign(to.recipients);
    const replyTo = foreign(to.replyTo ?? []);
    const keys = new Map<string, PublicKey>();
    for (const { record, direct, gossip } of await this.#peers.usableKeys(replyTo, now)) {
      const key = direct ?? gossip;
      if (key) keys.set(record.address, key);
    }
    for (const [address, key] of advice.publicKeys) keys.set(address, key);
    const minimized = new Map<string, Uint8Array>();
    for (const address of new Set([...recipients, ...replyTo])) {
      const key = keys.get(address);
      if (key) minimized.set(address, await this.minimized.get(key, address, now));
    }
    return gossipFields({ recipients, replyTo }, minimized);
  }

  #isOurs({ mail, own, spam }: KeyMail): boolean {
    const [from, ...others] = mail.from;
    if (from === undefined || others.length > 0 || spam) return false;
    return this.addresses.includes(from.address) && own !== false;
  }
}

function addressList(given: string | readonly string[]): readonly string[] {
  const addresses = [...new Set((typeof given === 'string' ? [given] : given).map(parseAddress))];
  if (addresses.length === 0) throw new InputError('INVALID_OPTION', 'KeyManager.open needs at least one own address.');
  return addresses;
}
