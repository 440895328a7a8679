import { scryptAsync } from '@noble/hashes/scrypt.js';
import { EncryptionError } from '../core/errors.js';
import { type RandomBytes, secureRandom } from '../core/random.js';
import { decodeBase64, encodeBase64 } from './base64.js';

const SALT = 16;
const NONCE = 12;
/** scrypt as OWASP recommends it, in the variant that needs 32 MiB. Part of the format: the octets do not repeat it. */
const SCRYPT = { N: 2 ** 15, r: 8, p: 3, dkLen: 32 };

/**
 * Seals a secret with a passphrase: scrypt, AES-256-GCM. Base64 of salt, nonce and ciphertext.
 *
 * @param context Bound to the result, so that it cannot be put in another one's place.
 */
export async function sealSecret(
  secret: Uint8Array,
  passphrase: string,
  context: string,
  random: RandomBytes = secureRandom,
): Promise<string> {
  const salt = random(SALT);
  const iv = new Uint8Array(random(NONCE));
  const sealed = await globalThis.crypto.subtle.encrypt(
    { name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(context) },
    await keyFrom(passphrase, salt),
    new Uint8Array(secret),
  );
  return encodeBase64(new Uint8Array([...salt, ...iv, ...new Uint8Array(sealed)]));
}

/**
 * Undoes {@link sealSecret}.
 *
 * @throws EncryptionError `WRONG_PASSPHRASE`, also for octets that were changed or belong to another context.
 */
export async function openSecret(sealed: string, passphrase: string, context: string): Promise<Uint8Array> {
  const bytes = decodeBase64(sealed) ?? new Uint8Array();
  try {
    const iv = bytes.slice(SALT, SALT + NONCE);
    const opened = await globalThis.crypto.subtle.decrypt(
      { name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(context) },
      await keyFrom(passphrase, bytes.slice(0, SALT)),
      bytes.slice(SALT + NONCE),
    );
    return new Uint8Array(opened);
  } catch (error) {
    throw new EncryptionError('WRONG_PASSPHRASE', 'The passphrase does not open the stored keys.', { cause: error });
  }
}

async function keyFrom(passphrase: string, salt: Uint8Array) {
  const raw = await scryptAsync(passphrase.normalize('NFC'), salt, SCRYPT);
  return globalThis.crypto.subtle.importKey('raw', new Uint8Array(raw), 'AES-GCM', false, ['encrypt', 'decrypt']);
}
