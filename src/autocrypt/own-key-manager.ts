import { type Clock, systemClock } from '../core/clock.js';
import { EncryptionError, InputError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import { refuseUnknownOptions } from '../core/options.js';
import type { RandomBytes } from '../core/random.js';
import { normalizeAddress } from '../mail/address.js';
import type { PrivateKey } from '../openpgp/key.js';
import { extendKey, generateKey, lockKey, parsePrivateKey, unlockKey } from '../openpgp/keys.js';
import type { PreferEncrypt } from '../store/key-records.js';
import { importNeeded, type OwnKeyState } from './decision.js';
import { hasEvidence, joinEvidence } from './evidence.js';
import { formatAutocryptHeader } from './header.js';
import type { CreateKeyOptions, OwnKeyInfo } from './key-options.js';
import type { KeyEvidence, KeySettings, KeyStore } from './key-store.js';
import { MinimizedKeys } from './minimized-keys.js';
import { isUsableAt, type OwnKey, type OwnKeys } from './own-keys.js';
import { openSetupMessage, type SetupMessage, type WrittenSetupMessage, writeSetupMessage } from './setup-message.js';
import { formatVerificationCode } from './verification.js';

/** What an {@link OwnKeyManager} is made of. */
export interface OwnKeyManagerParts {
  /** Normalised; at least one. */
  readonly addresses: readonly string[];
  readonly store: KeyStore;
  readonly own: OwnKeys;
  readonly settings: KeySettings | undefined;
  readonly clock: Clock | undefined;
  readonly random: RandomBytes | undefined;
}

/** The half of a `KeyManager` that is about the mailbox's own keys. */
export abstract class OwnKeyManager {
  /** Own addresses, normalised. */
  readonly addresses: readonly string[];
  protected readonly store: KeyStore;
  protected readonly clock: Clock;
  /** @internal */
  protected readonly minimized = new MinimizedKeys();
  readonly #random: RandomBytes | undefined;
  readonly #own: OwnKeys;
  #settings: KeySettings;
  /** What writes to the store waits for what came before. */
  #writing: Promise<unknown> = Promise.resolve();

  protected constructor(parts: OwnKeyManagerParts) {
    this.addresses = parts.addresses;
    this.store = parts.store;
    this.clock = parts.clock ?? systemClock;
    this.#random = parts.random;
    this.#own = parts.own;
    this.#settings = parts.settings ?? { enabled: true, preferEncrypt: 'nopreference', evidence: {} };
  }

  /** False: nothing is written or encrypted; what comes in is still learned. */
  get enabled(): boolean {
    return this.#settings.enabled;
  }

  /** Own preference, `nopreference` in a new store: with `mutual`, mail to others who say `mutual` is encrypted by default. */
  get preferEncrypt(): PreferEncrypt {
    return this.#settings.preferEncrypt;
  }

  /** Changes what the user prefers. */
  async setPreferences(preferences: {
    readonly enabled?: boolean;
    readonly preferEncrypt?: PreferEncrypt;
  }): Promise<void> {
    refuseUnknownOptions('setPreferences', preferences, ['enabled', 'preferEncrypt']);
    await this.exclusively(() => this.#saveSettings({ ...this.#settings, ...preferences }));
  }

  /** Evidence that others have put into the same store; see `learn`, which leaves it to the caller. */
  showEvidence(evidence: KeyEvidence): void {
    this.#settings = { ...this.#settings, evidence: joinEvidence(this.#settings.evidence, evidence) };
  }

  /** Resolves when all changes that were begun are done. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  /** Own keys, newest first. Old ones are kept: old mail is encrypted to them. */
  get ownKeys(): readonly OwnKeyInfo[] {
    const now = this.clock.now();
    return this.#own.all.map((own) => toInfo(own, now));
  }

  /** All own private keys, newest first, for decrypting. */
  get decryptionKeys(): readonly PrivateKey[] {
    return this.#own.all.map(({ key }) => key);
  }

  /**
   * `ready`: there is a usable key; `import-needed`: there is none here, but the mailbox shows one in use elsewhere;
   * `none`: neither. Only says something once the mails that we sent lately, and a setup message, went through
   * `processMails`.
   */
  state(address?: string): OwnKeyState {
    if (this.#own.current(this.#ownAddress(address), this.clock.now())) return 'ready';
    // A key that has expired was ours: making a new one takes nothing from another device.
    return this.#own.all.length === 0 && hasEvidence(this.#settings.evidence) ? 'import-needed' : 'none';
  }

  /**
   * The private key that signs mail from an own address.
   *
   * @throws EncryptionError `KEY_IMPORT_NEEDED`, `KEY_UNUSABLE` if there is none
   */
  signingKey(address?: string): PrivateKey {
    return this.#usable(address).key;
  }

  /**
   * Makes a key.
   *
   * @throws EncryptionError `KEY_EXISTS` if there is a usable one, `KEY_IMPORT_NEEDED` if another device has one; neither with `replace`
   * @throws InputError `INVALID_ADDRESS`, `INVALID_OPTION`, `UNKNOWN_OPTION`
   */
  async create(options: CreateKeyOptions = {}): Promise<OwnKeyInfo> {
    refuseUnknownOptions('create', options, ['replace', 'name', 'addresses', 'expires']);
    const addresses = (options.addresses ?? []).map((address) => this.#ownAddress(address));
    const { name, expires } = options;
    return this.exclusively(async () => {
      const address = this.#ownAddress(addresses[0]);
      const state = this.state(address);
      if (state === 'import-needed' && !options.replace) throw importNeeded();
      if (state === 'ready' && !options.replace) {
        throw new EncryptionError(
          'KEY_EXISTS',
          `There is a key for ${address} already. Pass { replace: true } for a new one.`,
        );
      }
      const now = this.clock.now();
      const key = await generateKey({
        ...{ address, now },
        ...(name !== undefined && { name }),
        ...(expires !== undefined && { expires }),
      });
      return toInfo(await this.#own.add(key, addresses, now), now);
    });
  }

  /**
   * Takes a private key over from elsewhere; it becomes the one in use, if it is usable.
   *
   * @param key Armored or binary.
   * @param options - `passphrase`: undoes the lock of the key. `addresses`: as in {@link OwnKeyManager.create}.
   * @throws EncryptionError `KEY_INVALID`, `KEY_LOCKED` if it needs a passphrase, `WRONG_PASSPHRASE`
   * @throws InputError `INVALID_OPTION` for an address that is not an own one
   */
  async importKey(
    key: string | Uint8Array,
    options: { readonly passphrase?: string; readonly addresses?: readonly string[] } = {},
  ): Promise<OwnKeyInfo> {
    refuseUnknownOptions('importKey', options, ['passphrase', 'addresses']);
    const addresses = (options.addresses ?? []).map((address) => this.#ownAddress(address));
    const read = await parsePrivateKey(key, { maxBytes: limits.pgpKeyBytes });
    if (read.locked && options.passphrase === undefined) {
      throw new EncryptionError('KEY_LOCKED', 'The key is locked: give its passphrase.');
    }
    return this.#add(await unlockKey(read, options.passphrase ?? ''), addresses);
  }

  /**
   * The private key of an address, armored, for a backup or another program.
   *
   * @param options - `passphrase`: locks the copy. Without one, whoever gets it can read the mail.
   * @throws EncryptionError `KEY_UNUSABLE`, `KEY_IMPORT_NEEDED`
   */
  async exportKey(options: { readonly address?: string; readonly passphrase?: string } = {}): Promise<string> {
    refuseUnknownOptions('exportKey', options, ['address', 'passphrase']);
    const { key } = this.#usable(options.address);
    return (options.passphrase === undefined ? key : await lockKey(key, options.passphrase)).armored();
  }

  /**
   * The public key of an address, armored and complete, to hand it out or publish it.
   *
   * @throws EncryptionError `KEY_UNUSABLE`, `KEY_IMPORT_NEEDED`
   */
  exportPublicKey(address?: string): string {
    return this.#usable(address).key.toPublic().armored();
  }

  /**
   * Gives the newest key of an address a new end, also if it has expired. Peers go on with what they have, and learn the
   * new end with the next mail.
   *
   * @param options - `expires`: milliseconds since 1970; left out: never.
   * @throws EncryptionError `KEY_UNUSABLE`, `KEY_IMPORT_NEEDED` if there is none
   * @throws InputError `INVALID_OPTION` for a time that has passed
   */
  async renew(options: { readonly address?: string; readonly expires?: number } = {}): Promise<OwnKeyInfo> {
    refuseUnknownOptions('renew', options, ['address', 'expires']);
    const address = this.#ownAddress(options.address);
    return this.exclusively(async () => {
      const own = this.#own.newest(address) ?? this.#usable(address);
      const now = this.clock.now();
      const renewed = await extendKey(own.key, {
        now,
        ...(options.expires !== undefined && { expires: options.expires }),
      });
      return toInfo(await this.#own.update(own, renewed, now), now);
    });
  }

  /**
   * The value of the `Autocrypt` field for a mail from an own address; it belongs into every mail, encrypted or not, in the
   * latter case inside as well. Undefined where none is to be written: Autocrypt is switched off, or there is no usable key here.
   *
   * @throws InputError `MESSAGE_TOO_LARGE` if the key does not fit into 10 KiB, `INVALID_OPTION` for an address that is not an own one
   */
  async headerFor(address?: string): Promise<string | undefined> {
    const from = this.#ownAddress(address);
    const own = this.#own.current(from, this.clock.now());
    if (!this.enabled || own === undefined) return undefined;
    const keyData = await this.minimized.get(own.key, from, this.clock.now());
    return formatAutocryptHeader({ address: from, preferEncrypt: this.preferEncrypt, keyData });
  }

  /**
   * Writes a setup message with the key of an own address. Only when the user asks for one. Put the mail into the mailbox,
   * and show the code.
   *
   * @throws EncryptionError `KEY_UNUSABLE`, `KEY_IMPORT_NEEDED`
   */
  async createSetupMessage(
    options: { readonly address?: string; readonly text?: string } = {},
  ): Promise<WrittenSetupMessage> {
    refuseUnknownOptions('createSetupMessage', options, ['address', 'text']);
    const address = this.#ownAddress(options.address);
    return writeSetupMessage({
      ...{ address, key: this.#usable(address).key, preferEncrypt: this.preferEncrypt, now: this.clock.now() },
      ...(options.text !== undefined && { text: options.text }),
      ...(this.#random && { random: this.#random }),
    });
  }

  /**
   * Imports the key of a setup message, and the preference that goes with it. Only when the user asks for it.
   *
   * @param message Found by {@link readSetupMessage}.
   * @throws EncryptionError `SETUP_CODE_WRONG`, `SETUP_MESSAGE_INVALID`
   */
  async importSetupMessage(message: SetupMessage, code: string): Promise<OwnKeyInfo> {
    this.#ownAddress(message.address);
    const { key, preferEncrypt } = await openSetupMessage(message, code);
    const info = await this.#add(key, []);
    await this.setPreferences({ preferEncrypt });
    return info;
  }

  /**
   * Content of a QR code with which others verify the key of an own address.
   *
   * @throws EncryptionError `KEY_UNUSABLE`, `KEY_IMPORT_NEEDED`
   */
  verificationCode(options: { readonly address?: string; readonly name?: string } = {}): string {
    refuseUnknownOptions('verificationCode', options, ['address', 'name']);
    const address = this.#ownAddress(options.address);
    const { fingerprint } = this.#usable(address).key;
    return formatVerificationCode({ fingerprint, address, ...(options.name !== undefined && { name: options.name }) });
  }

  async #add(key: PrivateKey, addresses: readonly string[]): Promise<OwnKeyInfo> {
    return this.exclusively(async () => {
      const now = this.clock.now();
      return toInfo(await this.#own.add(key, addresses, now), now);
    });
  }

  /** Only until there is a key: from then on the mailbox has one, and it is here. Within {@link exclusively}. */
  protected async noteEvidence(found: readonly KeyEvidence[]): Promise<void> {
    if (this.#own.all.length > 0) return;
    const evidence = found.reduce(joinEvidence, this.#settings.evidence);
    if (JSON.stringify(evidence) === JSON.stringify(this.#settings.evidence)) return;
    await this.#saveSettings({ ...this.#settings, evidence });
  }

  async #saveSettings(settings: KeySettings): Promise<void> {
    await this.store.commit({ settings });
    // Something may have been shown meanwhile.
    this.#settings = { ...settings, evidence: joinEvidence(settings.evidence, this.#settings.evidence) };
  }

  #usable(address: string | undefined): OwnKey {
    const from = this.#ownAddress(address);
    const own = this.#own.current(from, this.clock.now());
    if (own) return own;
    if (this.state(from) === 'import-needed') throw importNeeded();
    throw new EncryptionError('KEY_UNUSABLE', `There is no usable key for ${from}. Create, import or renew one.`);
  }

  #ownAddress(address: string | undefined): string {
    const own = address === undefined ? this.addresses[0] : normalizeAddress(address);
    if (own !== undefined && this.addresses.includes(own)) return own;
    throw new InputError('INVALID_OPTION', `${own} is not among the addresses that KeyManager.open was given.`);
  }

  /** Runs what writes to the store, one after the other. */
  protected exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#writing.then(work);
    this.#writing = result.catch(() => {});
    return result;
  }
}

function toInfo(own: OwnKey, now: number): OwnKeyInfo {
  const { record, key, expires } = own;
  return {
    fingerprint: record.fingerprint,
    addresses: record.addresses,
    createdAt: key.createdAt,
    ...(expires !== undefined && { expires }),
    usable: isUsableAt(own, now),
  };
}
