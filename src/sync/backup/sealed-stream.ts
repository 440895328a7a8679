import type { AbortOptions } from '../../core/abort.js';
import { type RandomBytes, secureRandom } from '../../core/random.js';
import { newHeader, readHeader, type ScryptCost } from './backup-header.js';
import { ByteReader } from './byte-reader.js';
import { damaged } from './damaged.js';

/** Octets of content in each piece but the last. */
const PIECE = 64 * 1024;
const TAG = 16;

/** Options of {@link sealStream}. */
export interface SealStreamOptions {
  /** Source of the salt. Default: cryptographic. */
  readonly random?: RandomBytes | undefined;
  /** Default: what takes about half a second. */
  readonly cost?: ScryptCost | undefined;
}

/**
 * Seals octets with a passphrase, as they come: the header of {@link newHeader}, then pieces of 64 KiB, each under AES-256-GCM. The nonce of a
 * piece is its number and a mark of the last one (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015), so that pieces
 * cannot be changed, left out, repeated, put into another order or another file, nor the end cut off.
 */
export async function* sealStream(
  content: AsyncIterable<Uint8Array>,
  passphrase: string,
  { random = secureRandom, cost }: SealStreamOptions = {},
): AsyncGenerator<Uint8Array> {
  const header = await newHeader(passphrase, random, cost);
  const key = await importKey(header.key);
  yield header.bytes;
  const reader = new ByteReader(content);
  try {
    for (let number = 0, last = false; !last; number++) {
      const piece = await reader.read(PIECE);
      last = await reader.atEnd();
      const sealed = await globalThis.crypto.subtle.encrypt(parameters(number, last), key, new Uint8Array(piece));
      yield new Uint8Array(sealed);
    }
  } finally {
    await reader.close();
  }
}

/**
 * Undoes {@link sealStream}. What it yields is authentic, but complete only once it has ended.
 *
 * @throws StoreError `BACKUP_INVALID`, `BACKUP_NEWER`, `BACKUP_DAMAGED`
 * @throws EncryptionError `WRONG_PASSPHRASE`
 */
export async function* openStream(
  sealed: AsyncIterable<Uint8Array>,
  passphrase: string,
  options: AbortOptions = {},
): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(sealed, options);
  try {
    const key = await importKey(await readHeader(reader, passphrase));
    for (let number = 0, last = false; !last; number++) {
      const piece = await reader.read(PIECE + TAG);
      last = await reader.atEnd();
      yield await opened(piece, number, last, key);
    }
  } finally {
    await reader.close();
  }
}

async function opened(piece: Uint8Array, number: number, last: boolean, key: CryptoKey): Promise<Uint8Array> {
  try {
    return new Uint8Array(await globalThis.crypto.subtle.decrypt(parameters(number, last), key, new Uint8Array(piece)));
  } catch (thrown) {
    throw damaged('it was changed, or its end is missing', thrown);
  }
}

type CryptoKey = Awaited<ReturnType<typeof globalThis.crypto.subtle.importKey>>;

function importKey(key: Uint8Array): Promise<CryptoKey> {
  return globalThis.crypto.subtle.importKey('raw', new Uint8Array(key), 'AES-GCM', false, ['encrypt', 'decrypt']);
}

/** The key belongs to this one file, so counting is enough. */
function parameters(number: number, last: boolean) {
  const iv = new Uint8Array(12);
  new DataView(iv.buffer).setUint32(7, number);
  iv[11] = last ? 1 : 0;
  return { name: 'AES-GCM', iv };
}
