import { EncryptionError } from '../core/errors.js';
import { concatBytes } from '../mail/bytes.js';
import type { PrivateKey } from './key.js';

/**
 * The secret numbers of the primary key, in the order of their names: the same on every device that has the key, whatever
 * was renewed about it. Only to derive other secrets from (HKDF); never to be shown, logged or stored.
 *
 * @throws EncryptionError `KEY_LOCKED`; `KEY_UNUSABLE` if the primary secret is not in the key (GnuPG can leave it out).
 */
export function primarySecret(key: PrivateKey): Uint8Array {
  if (key.locked) throw new EncryptionError('KEY_LOCKED', 'Unlock the key with its passphrase first.');
  const { keyPacket } = key.inner;
  const params: object | null = 'privateParams' in keyPacket ? keyPacket.privateParams : null;
  const numbers = Object.entries(params ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, value]): unknown => value)
    .filter((value) => value instanceof Uint8Array);
  if (numbers.length === 0)
    throw new EncryptionError('KEY_UNUSABLE', 'The primary secret key is missing in this key; import a complete one.');
  return Uint8Array.from(concatBytes(numbers));
}
