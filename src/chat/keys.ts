import type { OwnKeyState } from '../autocrypt/decision.js';
import type { KeyManager } from '../autocrypt/key-manager.js';
import type { OwnKeyInfo } from '../autocrypt/key-options.js';
import { InputError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import { SELF_CHAT } from '../model/placement.js';
import type { PreferEncrypt } from '../store/key-records.js';
import { checkLine } from './check-options.js';
import type { AccountContext } from './context.js';
import type { Message } from './handles.js';
import { findSetupMessages, openableSetup } from './setup-messages.js';

/** A key pair of the account. */
export interface OwnKey {
  /** Lower case hex; `formatFingerprint` of `coi-sdk/autocrypt` makes it readable. */
  readonly fingerprint: string;
  /** Own addresses that it is meant for; empty: all that have no newer one. */
  readonly addresses: readonly string[];
  readonly createdAt: Date;
  /** Undefined: never. */
  readonly expires: Date | undefined;
  /** False if it is expired, revoked, or has no part for encryption. It still opens old mail. */
  readonly usable: boolean;
}

/** Options of {@link Keys.create}. */
export interface CreateOwnKeyOptions {
  /**
   * Makes one although this or another device has one already. What was encrypted to a key that is not here stays unreadable here, other
   * devices cannot read what is encrypted to the new one, and people who verified the old one have to verify anew. Ask the user first.
   * Default false.
   */
  readonly replace?: boolean | undefined;
  /** Stands in the key for everybody to see. Default: no name. */
  readonly name?: string | undefined;
  /** Own addresses that it is for. Default: all that have no newer one. */
  readonly addresses?: readonly string[] | undefined;
  /** When it ends. Default: never. See {@link Keys.renew}. */
  readonly expires?: Date | undefined;
}

/** Options of {@link Keys.import}. */
export interface ImportKeyOptions {
  /** Undoes the lock of the key, if it has one. */
  readonly passphrase?: string | undefined;
  /** As in {@link CreateOwnKeyOptions}. */
  readonly addresses?: readonly string[] | undefined;
}

/** Which of the own addresses is meant; the account's main address by default. */
export interface OwnAddressOptions {
  readonly address?: string | undefined;
}

/** What {@link Keys.createSetupMessage} made. */
export interface CreatedSetupMessage {
  /** 36 digits, to be typed on the other device. Show it to the user; it is kept nowhere. */
  readonly code: string;
  /** The message on its way into the mailbox, in the chat with oneself. */
  readonly message: Message;
}

/**
 * The account's own keys. A mailbox has one key, shared by all devices: this one makes it at the first start unless the mailbox shows one in
 * use, in which case the user has to bring it here ({@link Keys.state} `import-needed`).
 */
export class Keys {
  readonly #context: AccountContext;

  /** @internal Made by the account. */
  constructor(context: AccountContext) {
    this.#context = context;
  }

  /**
   * `ready`: there is a key in use. `import-needed`: there is none here, but the mailbox shows that another device has one: nothing is
   * encrypted, and encrypted chats refuse to send, until {@link Keys.importSetupMessage}, {@link Keys.import}, or `create({ replace: true })`.
   * `none`: neither, as before the first start, or the key has expired. The event `keys` tells changes.
   */
  get state(): OwnKeyState {
    return this.#manager.state();
  }

  /** Fingerprint of the key in use for the main address, lower case hex; undefined unless the state is `ready`. */
  get fingerprint(): string | undefined {
    return this.#manager.state() === 'ready' ? this.#manager.signingKey().fingerprint : undefined;
  }

  /**
   * False: nothing is encrypted or announced, also in chats that were encrypted; what is to be encrypted whatever happens (`require`, forwarding)
   * is refused. What comes in is still read and learned.
   */
  get enabled(): boolean {
    return this.#manager.enabled;
  }

  /** What others are told: `mutual` asks them to encrypt by default if they ask for the same. At first `nopreference`. */
  get preferEncrypt(): PreferEncrypt {
    return this.#manager.preferEncrypt;
  }

  /** Changes what the user prefers; what is left out stays. */
  async setPreferences(preferences: {
    readonly enabled?: boolean | undefined;
    readonly preferEncrypt?: PreferEncrypt | undefined;
  }): Promise<void> {
    this.#context.assertOpen();
    refuseUnknownOptions('keys.setPreferences', preferences, ['enabled', 'preferEncrypt']);
    const { enabled, preferEncrypt } = preferences;
    await this.#manager.setPreferences({
      ...(enabled !== undefined && { enabled }),
      ...(preferEncrypt !== undefined && { preferEncrypt }),
    });
  }

  /** All own keys, newest first. Old ones are kept, as old mail is encrypted to them. */
  list(): OwnKey[] {
    return this.#manager.ownKeys.map(toOwnKey);
  }

  /**
   * Makes a key by hand. Seldom needed: the first start makes one where there is none.
   *
   * @throws EncryptionError `KEY_EXISTS` if there is a usable one, `KEY_IMPORT_NEEDED` if another device has one; neither with `replace`
   * @throws InputError `INVALID_OPTION`, `UNKNOWN_OPTION`
   */
  async create(options: CreateOwnKeyOptions = {}): Promise<OwnKey> {
    this.#context.assertOpen();
    refuseUnknownOptions('keys.create', options, ['replace', 'name', 'addresses', 'expires']);
    const { replace, name, addresses, expires } = options;
    checkLine('keys.create: name', name, 255);
    return toOwnKey(
      await this.#manager.create({
        ...(replace !== undefined && { replace }),
        ...(name !== undefined && { name }),
        ...(addresses !== undefined && { addresses }),
        ...(expires !== undefined && { expires: timeOf('keys.create: expires', expires) }),
      }),
    );
  }

  /**
   * Takes a private key over from another program; if it is usable, it becomes the one in use. Messages that could not be read for want of
   * it are read then.
   *
   * @param key Armored or binary.
   * @throws EncryptionError `KEY_INVALID`, `KEY_LOCKED` if it needs a passphrase, `WRONG_PASSPHRASE`
   */
  async import(key: string | Uint8Array, options: ImportKeyOptions = {}): Promise<OwnKey> {
    this.#context.assertOpen();
    refuseUnknownOptions('keys.import', options, ['passphrase', 'addresses']);
    const { passphrase, addresses } = options;
    return toOwnKey(
      await this.#manager.importKey(key, {
        ...(passphrase !== undefined && { passphrase }),
        ...(addresses !== undefined && { addresses }),
      }),
    );
  }

  /**
   * The private key in use, armored, for another program or a safe.
   *
   * @param options - `passphrase`: locks the copy. Without one, whoever gets it can read the mail and sign in the user's name.
   * @throws EncryptionError `KEY_UNUSABLE` if there is none, `KEY_IMPORT_NEEDED`
   */
  async export(options: OwnAddressOptions & { readonly passphrase?: string | undefined } = {}): Promise<string> {
    this.#context.assertOpen();
    refuseUnknownOptions('keys.export', options, ['address', 'passphrase']);
    const { address, passphrase } = options;
    return this.#manager.exportKey({
      ...(address !== undefined && { address }),
      ...(passphrase !== undefined && { passphrase }),
    });
  }

  /**
   * The public key in use, armored, to hand it out or publish it.
   *
   * @throws EncryptionError `KEY_UNUSABLE` if there is none, `KEY_IMPORT_NEEDED`
   */
  exportPublic({ address }: OwnAddressOptions = {}): string {
    return this.#manager.exportPublicKey(address);
  }

  /**
   * Gives the newest key a new end, also if it has expired. Nobody has to do anything: others learn it with the next message.
   *
   * @param options - `expires`: left out: never.
   * @throws EncryptionError `KEY_UNUSABLE` if there is none, `KEY_IMPORT_NEEDED`
   * @throws InputError `INVALID_OPTION` for a time that has passed
   */
  async renew(options: OwnAddressOptions & { readonly expires?: Date | undefined } = {}): Promise<OwnKey> {
    this.#context.assertOpen();
    refuseUnknownOptions('keys.renew', options, ['address', 'expires']);
    const { address, expires } = options;
    return toOwnKey(
      await this.#manager.renew({
        ...(address !== undefined && { address }),
        ...(expires !== undefined && { expires: timeOf('keys.renew: expires', expires) }),
      }),
    );
  }

  /**
   * Makes a setup message (Autocrypt Level 1) with the key in use, and sends it to oneself: another device finds it in the mailbox, and
   * takes the key over with the code ({@link Keys.importSetupMessage}; other Autocrypt programs can do the same). Works offline: it goes out
   * like any message. Only when the user asks for it.
   *
   * @param options - `text`: words for the user in front, in their language; default: English.
   * @throws EncryptionError `KEY_UNUSABLE` if there is none, `KEY_IMPORT_NEEDED`
   */
  async createSetupMessage(
    options: OwnAddressOptions & { readonly text?: string | undefined } = {},
  ): Promise<CreatedSetupMessage> {
    this.#context.assertOpen();
    refuseUnknownOptions('keys.createSetupMessage', options, ['address', 'text']);
    const { address = this.#context.identity.email, text } = options;
    const made = await this.#manager.createSetupMessage({ address, ...(text !== undefined && { text }) });
    const mail = { bytes: made.mail, messageId: made.messageId, recipients: [address] };
    const record = await this.#context.engine.accept(mail, { chatId: SELF_CHAT });
    const [message] = await this.#context.handles.messages(async () => [record]);
    if (!message) throw new InputError('NOT_FOUND', 'The message was removed while it was being sent.');
    return { code: made.code, message };
  }

  /** Setup messages of the mailbox, as far as it is here, newest first: the first one is most likely the one to import. */
  async setupMessages(): Promise<Message[]> {
    this.#context.assertOpen();
    return findSetupMessages(this.#context);
  }

  /**
   * Takes over the key of a setup message, and the preference that goes with it. Messages that could not be read for want of it are
   * read then. Only when the user asks for it: whoever types the code of somebody else's setup message gives them the mailbox to read.
   *
   * @param message One of {@link Keys.setupMessages}, or a whole mail (RFC 5322) that came in another way.
   * @param code As the user typed it: blanks and dashes do not matter.
   * @throws EncryptionError `SETUP_CODE_WRONG`, `SETUP_MESSAGE_INVALID`, `SETUP_MESSAGE_FOREIGN` if it is not from oneself to oneself
   * @throws InputError `INVALID_OPTION` if it is no setup message
   */
  async importSetupMessage(message: Message | Uint8Array, code: string): Promise<OwnKey> {
    this.#context.assertOpen();
    if (typeof code !== 'string') throw new InputError('INVALID_OPTION', 'keys.importSetupMessage: pass the code.');
    const setup = await openableSetup(this.#context, message);
    return toOwnKey(await this.#manager.importSetupMessage(setup, code));
  }

  /**
   * Content of a QR code (`OPENPGP4FPR:…`) with which others verify the key in use; chatmail programs read it, too. On the other side:
   * `contact.verify(content)`.
   *
   * @param options - `name`: stands in the code; default: the account's name.
   * @throws EncryptionError `KEY_UNUSABLE` if there is none, `KEY_IMPORT_NEEDED`
   */
  verificationCode(options: OwnAddressOptions & { readonly name?: string | undefined } = {}): string {
    refuseUnknownOptions('keys.verificationCode', options, ['address', 'name']);
    const { address, name = this.#context.identity.name } = options;
    return this.#manager.verificationCode({
      ...(address !== undefined && { address }),
      ...(name !== undefined && { name }),
    });
  }

  get #manager(): KeyManager {
    return this.#context.keys.manager;
  }
}

function toOwnKey({ fingerprint, addresses, createdAt, expires, usable }: OwnKeyInfo): OwnKey {
  return {
    fingerprint,
    addresses,
    createdAt: new Date(createdAt),
    expires: expires === undefined ? undefined : new Date(expires),
    usable,
  };
}

function timeOf(where: string, date: Date): number {
  if (date instanceof Date && !Number.isNaN(date.getTime())) return date.getTime();
  throw new InputError('INVALID_OPTION', `${where} has to be a valid Date.`);
}
