import type { Key as LibraryKey, PrivateKey as LibraryPrivateKey } from 'openpgp';

/** What public and private keys have in common. */
abstract class BaseKey {
  /**
   * The library's own object, for this folder only. Never changed once it is here.
   *
   * @internal
   */
  readonly inner: LibraryKey;
  /** Fingerprint of the primary key: lower-case hex, 40 digits (64 for version 6). */
  readonly fingerprint: string;
  /** User ids as they stand in the key, mostly `Name <address>`. Anybody can write anything there. */
  readonly userIds: readonly string[];
  /** When the primary key was made, milliseconds since 1970. */
  readonly createdAt: number;

  /** @internal */
  constructor(inner: LibraryKey) {
    this.inner = inner;
    this.fingerprint = inner.getFingerprint();
    this.userIds = inner.getUserIDs();
    this.createdAt = inner.getCreationTime().getTime();
  }

  /** Key ids (16 hex digits) of the primary key and all subkeys. */
  get keyIds(): readonly string[] {
    return this.inner.getKeyIDs().map((id) => id.toHex());
  }

  /** The key as octets (a transferable key of RFC 9580 10.1). */
  bytes(): Uint8Array {
    return this.inner.write();
  }

  /** The key as text (ASCII armor, RFC 9580 6.2), for files and key servers. */
  armored(): string {
    return this.inner.armor();
  }
}

/** A public key that was read and is within the limits. Whether it can be used is another question: see `isUsable`. */
export class PublicKey extends BaseKey {}

/** A private key; it may be locked with a passphrase. */
export class PrivateKey extends BaseKey {
  /** @internal */
  declare readonly inner: LibraryPrivateKey;

  /** @internal */
  constructor(inner: LibraryPrivateKey) {
    super(inner);
  }

  /** True if a passphrase is needed before it can sign or decrypt. */
  get locked(): boolean {
    return !this.inner.isDecrypted();
  }

  /** Its public half, complete. For headers see `minimizeKey`. */
  toPublic(): PublicKey {
    return new PublicKey(this.inner.toPublic());
  }
}
