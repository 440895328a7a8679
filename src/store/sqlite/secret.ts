import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, scrypt } from 'node:crypto';
import { InputError, StoreError } from '../../core/errors.js';
import { refuseUnknownOptions } from '../../core/options.js';

/** What seals a store; nothing leaves it readable. */
export interface StoreSecret {
  /** Words that a person remembers; stretched with scrypt, which takes a moment at every opening. */
  readonly passphrase?: string;
  /** 32 random bytes that the application keeps. */
  readonly key?: Uint8Array;
}

/** How the wrapping key comes from the secret. */
type Derivation =
  | { readonly name: 'key' }
  | { readonly name: 'scrypt'; readonly N: number; readonly r: number; readonly p: number; readonly salt: string };

/** What a sealed file says about its seal: the data key, encrypted (AES-256-GCM) with a key that comes from the secret. */
interface Seal {
  readonly derivation: Derivation;
  readonly nonce: string;
  readonly wrapped: string;
}

/** scrypt as OWASP recommends it, in the variant that needs 32 MiB: bots run on small machines. */
const SCRYPT = { N: 2 ** 15, r: 8, p: 3 };
/** More memory than this a file cannot make us use. */
const SCRYPT_MEMORY = 256 * 1024 * 1024;

/** Checks a secret given by the application. @throws InputError `INVALID_OPTION`, `UNKNOWN_OPTION` */
export function checkSecret(secret: StoreSecret): void {
  refuseUnknownOptions('store', secret, ['passphrase', 'key']);
  const { passphrase, key } = secret;
  if (passphrase !== undefined && key !== undefined) {
    throw new InputError('INVALID_OPTION', 'store: give a passphrase or a key, not both.');
  }
  if (passphrase !== undefined && (typeof passphrase !== 'string' || passphrase === '')) {
    throw new InputError('INVALID_OPTION', 'store: the passphrase must be a string that is not empty.');
  }
  if (key !== undefined && !(key instanceof Uint8Array && key.length === 32)) {
    throw new InputError('INVALID_OPTION', 'store: the key must be a Uint8Array of 32 bytes.');
  }
}

/** Whether the application wants the store sealed. */
export function hasSecret(secret: StoreSecret): boolean {
  return secret.passphrase !== undefined || secret.key !== undefined;
}

/** A random data key for a new store. */
export function newDataKey(): Uint8Array {
  return randomBytes(32);
}

/** Wraps the data key; the result is kept in the file. */
export async function sealDataKey(dataKey: Uint8Array, secret: StoreSecret): Promise<string> {
  const derivation: Derivation =
    secret.key === undefined
      ? { name: 'scrypt', ...SCRYPT, salt: randomBytes(16).toString('base64') }
      : { name: 'key' };
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', await wrappingKey(derivation, secret), nonce);
  cipher.setAAD(Buffer.from(JSON.stringify(derivation)));
  const wrapped = Buffer.concat([cipher.update(dataKey), cipher.final(), cipher.getAuthTag()]);
  const seal: Seal = { derivation, nonce: nonce.toString('base64'), wrapped: wrapped.toString('base64') };
  return JSON.stringify(seal);
}

/**
 * Opens the data key.
 *
 * @throws StoreError `STORE_SEALED` if the secret is missing, of the other kind or wrong; `STORE_CORRUPT`.
 */
export async function openDataKey(text: string, secret: StoreSecret, path: string): Promise<Uint8Array> {
  const { derivation, nonce, wrapped } = parseSeal(text, path);
  const kind = derivation.name === 'key' ? 'key' : 'passphrase';
  if (secret[kind] === undefined) {
    throw new StoreError('STORE_SEALED', `The store ${path} is sealed with a ${kind}: open it with { path, ${kind} }.`);
  }
  const bytes = Buffer.from(wrapped, 'base64');
  const wrapping = await wrappingKey(derivation, secret).catch((cause: unknown) => {
    throw new StoreError('STORE_CORRUPT', `The seal of the store ${path} asks for impossible scrypt parameters.`, {
      cause,
    });
  });
  try {
    const decipher = createDecipheriv('aes-256-gcm', wrapping, Buffer.from(nonce, 'base64'), { authTagLength: 16 });
    decipher.setAAD(Buffer.from(JSON.stringify(derivation)));
    decipher.setAuthTag(bytes.subarray(-16));
    return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]);
  } catch (cause) {
    throw new StoreError('STORE_SEALED', `The ${kind} does not open the store ${path}.`, { cause });
  }
}

function parseSeal(text: string, path: string): Seal {
  try {
    const seal: Partial<Seal> = JSON.parse(text);
    const { derivation, nonce, wrapped } = seal;
    const known = derivation?.name === 'key' || derivation?.name === 'scrypt';
    if (known && typeof nonce === 'string' && typeof wrapped === 'string') return { derivation, nonce, wrapped };
  } catch {
    // Falls through: damaged either way.
  }
  throw new StoreError('STORE_CORRUPT', `The seal of the store ${path} is damaged. Restore the file from a backup.`);
}

async function wrappingKey(derivation: Derivation, secret: StoreSecret): Promise<Uint8Array> {
  if (derivation.name === 'key') return derivedKey(secret.key ?? new Uint8Array(), 'wrap');
  const { N, r, p, salt } = derivation;
  // NFC, so that a passphrase typed on another system gives the same bytes (RFC 8265, 4.2).
  const passphrase = (secret.passphrase ?? '').normalize('NFC');
  return new Promise((resolve, reject) => {
    const options = { N, r, p, maxmem: SCRYPT_MEMORY };
    scrypt(passphrase, Buffer.from(salt, 'base64'), 32, options, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

/** A key for one purpose, from a key that is random already (HKDF-SHA-256, RFC 5869). */
export function derivedKey(key: Uint8Array, purpose: 'wrap' | 'records' | 'index'): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, new Uint8Array(), `coi-sdk store ${purpose}`, 32));
}
