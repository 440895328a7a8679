import type { AnyPacket, Key as LibraryKey, PacketList } from 'openpgp';
import { EncryptionError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import { sameAddress } from '../mail/address.js';
import { type PrivateKey, PublicKey } from './key.js';
import { loadOpenPgp } from './library.js';

/** Why a key cannot be encrypted to. */
export type KeyProblem = 'revoked' | 'expired' | 'no-encryption-key';

/**
 * Why a key cannot be encrypted to at that time (milliseconds since 1970); undefined if it can. A key dated up to a day
 * ahead counts as made now.
 */
export async function keyProblem(key: PublicKey | PrivateKey, at: number): Promise<KeyProblem | undefined> {
  const { config } = await loadOpenPgp();
  const date = dateFor([key], at);
  try {
    await key.inner.getEncryptionKey(undefined, date, undefined, config);
    return undefined;
  } catch {
    // The library only has words for the reason.
    if (await key.inner.isRevoked(undefined, undefined, date, config)) return 'revoked';
    const expiry = await expiryOf(key.inner, date);
    return expiry !== null && expiry !== undefined && expiry <= date.getTime() ? 'expired' : 'no-encryption-key';
  }
}

/** True if the key can be encrypted to at that time: valid, neither expired nor revoked. See {@link keyProblem}. */
export async function isUsable(key: PublicKey | PrivateKey, at: number): Promise<boolean> {
  return (await keyProblem(key, at)) === undefined;
}

/**
 * When nobody can encrypt to the key any more (it or its last subkey for encryption expires), milliseconds since 1970;
 * undefined: never.
 *
 * @throws EncryptionError `KEY_UNUSABLE` if it has no valid signature by itself, so nothing about it is certain.
 */
export async function keyExpiry(key: PublicKey | PrivateKey, at: number = Date.now()): Promise<number | undefined> {
  const expiry = await expiryOf(key.inner, dateFor([key], at));
  if (expiry === null)
    throw new EncryptionError('KEY_UNUSABLE', 'The key has no valid signature by itself and cannot be used.');
  return expiry;
}

/** Null if the key is not valid. */
async function expiryOf(key: LibraryKey, date: Date): Promise<number | undefined | null> {
  const { pgp, config } = await loadOpenPgp();
  const primary = await key.getExpirationTime(undefined, config);
  if (primary === null) return null;
  const mayEncrypt = pgp.enums.keyFlags.encryptCommunication | pgp.enums.keyFlags.encryptStorage;
  let latest: number | undefined;
  for (const subkey of key.subkeys) {
    if (!subkey.bindingSignatures.some(({ keyFlags }) => ((keyFlags?.[0] ?? 0) & mayEncrypt) !== 0)) continue;
    const end = await subkey.getExpirationTime(date, config);
    if (end !== null) latest = Math.max(latest ?? 0, Number(end));
  }
  const end = Math.min(Number(primary), latest ?? Number.POSITIVE_INFINITY);
  return end === Number.POSITIVE_INFINITY ? undefined : end;
}

/**
 * The least that a key needs, for headers and gossip: primary key, one user id, the subkey for encryption, and their
 * newest signatures (five packets; two more where signing takes a subkey of its own).
 *
 * @param options - `address`: the user id with this address is kept; without one, or if there is none, the primary user id.
 * @throws EncryptionError `KEY_UNUSABLE` if it is expired, revoked or cannot encrypt.
 */
export async function minimizeKey(
  key: PublicKey | PrivateKey,
  options: { readonly address?: string; readonly at?: number } = {},
): Promise<PublicKey> {
  const { pgp, config } = await loadOpenPgp();
  const inner = key.inner.toPublic();
  const date = dateFor([key], options.at ?? Date.now());
  const packets: PacketList<AnyPacket> = new pgp.PacketList();
  try {
    const { user, selfCertification } = await primaryUser(inner, options.address, date);
    packets.push(inner.keyPacket);
    if (user.userID) packets.push(user.userID);
    packets.push(selfCertification);
    const parts = new Set([
      await inner.getEncryptionKey(undefined, date, undefined, config),
      await inner.getSigningKey(undefined, date, undefined, config),
    ]);
    for (const part of parts) {
      if (part instanceof pgp.Subkey) packets.push(part.keyPacket, await part.verify(date, config));
    }
  } catch (error) {
    throw new EncryptionError('KEY_UNUSABLE', 'The key is expired or revoked, or it cannot encrypt. Use another one.', {
      cause: error,
    });
  }
  return new PublicKey(new pgp.PublicKey(packets));
}

async function primaryUser(key: LibraryKey, address: string | undefined, date: Date) {
  const { config } = await loadOpenPgp();
  const email =
    address === undefined
      ? undefined
      : key.users.find(({ userID }) => userID && sameAddress(userID.email, address))?.userID?.email;
  return key.getPrimaryUser(date, email === undefined ? undefined : { email }, config);
}

/**
 * The time to judge keys at: `at`, or up to a day later if parts of them are dated ahead. Clocks differ, and a contact
 * whose clock is ahead by minutes could not be written to otherwise.
 */
export function dateFor(keys: readonly (PublicKey | PrivateKey)[], at: number): Date {
  let time = at;
  for (const { inner } of keys) {
    for (const packet of inner.toPacketList()) {
      const created = 'created' in packet && packet.created instanceof Date ? packet.created.getTime() : 0;
      if (created > time && created <= at + limits.pgpClockSkewMs) time = created;
    }
  }
  return new Date(time);
}
