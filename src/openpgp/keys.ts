import type { PrivateKey as LibraryPrivateKey } from 'openpgp';
import { describe, EncryptionError, InputError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import { parseAddress } from '../mail/address.js';
import { cleanName } from '../mail/text-clean.js';
import { PrivateKey, PublicKey } from './key.js';
import { keyCache } from './key-cache.js';
import { checkKeyPackets } from './key-check.js';
import { invalid, keyBytes } from './key-input.js';
import { loadOpenPgp, settings } from './library.js';

/** What a new key is made for. */
export interface GenerateKeyOptions {
  /** Address that stands in the user id. */
  readonly address: string;
  /** Name that stands in the user id. Everybody who gets the key sees it; default: none. */
  readonly name?: string;
  /** When it is made, milliseconds since 1970. Default: now. */
  readonly now?: number;
  /** When it stops being valid, milliseconds since 1970. Default: never; see {@link extendKey}. */
  readonly expires?: number;
}

/**
 * Makes a key: version 4, Ed25519 with a Curve25519 subkey for encryption, in the encoding that GnuPG 2.2 and all
 * Autocrypt clients know. Its randomness is the platform's and cannot be injected.
 *
 * @throws InputError `INVALID_ADDRESS`, `INVALID_OPTION`
 */
export async function generateKey(options: GenerateKeyOptions): Promise<PrivateKey> {
  const address = parseAddress(options.address);
  const now = options.now ?? Date.now();
  // What has a meaning in a user id.
  const name = cleanName(options.name ?? '').replace(/[<>()@]/g, '');
  const keyExpirationTime = secondsUntil(options.expires, now);
  const { pgp } = await loadOpenPgp();
  try {
    const { privateKey } = await pgp.generateKey({
      type: 'ecc',
      curve: 'curve25519Legacy',
      userIDs: { email: address, ...(name !== '' && { name }) },
      date: new Date(now),
      keyExpirationTime,
      format: 'object',
      config: settings,
    });
    return new PrivateKey(privateKey);
  } catch (error) {
    throw new InputError('INVALID_ADDRESS', `No key can be made for "${address}": ${describe(error)}`, {
      cause: error,
    });
  }
}

/** Options of {@link parsePublicKey} and {@link parsePrivateKey}. */
export interface ParseKeyOptions {
  /** Octets that the key may have, undone from armor and base64. */
  readonly maxBytes?: number;
}

/**
 * Reads a public key: octets, armored text, or bare base64 as in an Autocrypt header. Photographs and other people's
 * signatures are left out. The same octets give the same object for as long as it is remembered.
 *
 * @param options - `maxBytes`: default 10 KiB, as for a key in a header. For keys that the user imports give `limits.pgpKeyBytes`.
 * @throws EncryptionError `KEY_INVALID` if it is no single public key, or goes beyond a limit.
 */
export async function parsePublicKey(input: Uint8Array | string, options: ParseKeyOptions = {}): Promise<PublicKey> {
  const bytes = await keyBytes(input, options.maxBytes ?? limits.pgpHeaderKeyBytes);
  return keyCache.get(bytes, () => readPublicKey(bytes));
}

async function readPublicKey(bytes: Uint8Array): Promise<PublicKey> {
  checkKeyPackets(bytes);
  const { pgp } = await loadOpenPgp();
  const key = await pgp.readKey({ binaryKey: bytes, config: settings }).catch((error: unknown) => {
    throw invalid(describe(error), error);
  });
  if (key.isPrivate()) throw invalid('it is a private key; give only its public half away');
  await dropForeignParts(key);
  return new PublicKey(key);
}

/**
 * Reads a private key, as octets or armored text.
 *
 * @param options - `maxBytes`: default `limits.pgpKeyBytes`.
 * @throws EncryptionError `KEY_INVALID` if it is no single private key, goes beyond a limit, or if checking its
 *   passphrase would cost too much.
 */
export async function parsePrivateKey(input: Uint8Array | string, options: ParseKeyOptions = {}): Promise<PrivateKey> {
  const bytes = await keyBytes(input, options.maxBytes ?? limits.pgpKeyBytes);
  checkKeyPackets(bytes);
  const { pgp } = await loadOpenPgp();
  const key = await pgp.readKey({ binaryKey: bytes, config: settings }).catch((error: unknown) => {
    throw invalid(describe(error), error);
  });
  if (!key.isPrivate()) throw invalid('it is a public key, and the private one is needed');
  await dropForeignParts(key);
  return new PrivateKey(key);
}

/** Photographs and others' signatures mean nothing to us; what is left is verified, so it is counted. */
async function dropForeignParts(key: import('openpgp').Key): Promise<void> {
  key.users = key.users.filter((user) => user.userID !== null);
  for (const user of key.users) user.otherCertifications = [];
  const { pgp } = await loadOpenPgp();
  const signatures = key.toPacketList().filterByTag(pgp.enums.packet.signature).length;
  if (signatures > limits.pgpKeyOwnSignatures) throw invalid('it has too many signatures of its own');
}

/** Fingerprint for people and QR codes: upper-case hex. */
export function fingerprintOf(key: PublicKey | PrivateKey): string {
  return key.fingerprint.toUpperCase();
}

/**
 * Protects a private key with a passphrase (AES-256, iterated S2K: what every OpenPGP program reads).
 *
 * @throws EncryptionError `KEY_LOCKED` if it is locked already.
 */
export async function lockKey(key: PrivateKey, passphrase: string): Promise<PrivateKey> {
  if (key.locked) throw new EncryptionError('KEY_LOCKED', 'The key is locked already; unlock it first.');
  if (passphrase === '') throw new InputError('INVALID_OPTION', 'The passphrase is empty.');
  const { pgp } = await loadOpenPgp();
  return new PrivateKey(await pgp.encryptKey({ privateKey: key.inner, passphrase, config: settings }));
}

/**
 * Undoes {@link lockKey}. A key that is not locked comes back as it is.
 *
 * @throws EncryptionError `WRONG_PASSPHRASE`
 */
export async function unlockKey(key: PrivateKey, passphrase: string): Promise<PrivateKey> {
  if (!key.locked) return key;
  const { pgp } = await loadOpenPgp();
  try {
    return new PrivateKey(await pgp.decryptKey({ privateKey: key.inner, passphrase, config: settings }));
  } catch (error) {
    throw new EncryptionError('WRONG_PASSPHRASE', 'The passphrase does not unlock this key.', { cause: error });
  }
}

/** Options of {@link extendKey}. */
export interface ExtendKeyOptions {
  /** New end, milliseconds since 1970; left out: never. */
  readonly expires?: number;
  /** Milliseconds since 1970. Default: now. */
  readonly now?: number;
}

/**
 * Gives an own key a new end. Fingerprint and subkeys stay, so peers go on with what they have and learn the new end with
 * the next header; the old signatures are kept, so that what was signed before stays verifiable.
 *
 * @throws EncryptionError `KEY_LOCKED`
 * @throws InputError `INVALID_OPTION` if the end is in the past.
 */
export async function extendKey(key: PrivateKey, options: ExtendKeyOptions = {}): Promise<PrivateKey> {
  if (key.locked) throw new EncryptionError('KEY_LOCKED', 'Unlock the key with its passphrase first.');
  const now = options.now ?? Date.now();
  if (options.expires !== undefined && options.expires <= now)
    throw new InputError('INVALID_OPTION', 'The new end of the key has to be in the future.');
  const { pgp, config } = await loadOpenPgp();
  const date = new Date(now);
  const { privateKey } = await pgp.reformatKey({
    privateKey: key.inner,
    userIDs: key.inner.users.flatMap(({ userID }) =>
      userID ? [{ name: userID.name, comment: userID.comment, email: userID.email }] : [],
    ),
    date,
    keyExpirationTime: secondsUntil(options.expires, key.createdAt),
    format: 'object',
    config: settings,
  });
  const updated: LibraryPrivateKey = await key.inner.update(privateKey, date, config);
  return new PrivateKey(updated);
}

function secondsUntil(expires: number | undefined, from: number): number {
  if (expires === undefined) return 0;
  if (!(expires > from)) throw new InputError('INVALID_OPTION', 'A key has to expire after it was made.');
  return Math.ceil((expires - from) / 1000);
}
