import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

/** Below this the platform's asynchronous hash costs more than it saves (measured: about 75 µs a call). */
const SMALL = 8 * 1024;

/** Hex SHA-256. */
export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  if (bytes.length <= SMALL) return bytesToHex(sha256(bytes));
  // WebCrypto refuses views on shared memory; nothing here makes such views, the type only cannot say so.
  const digest = await globalThis.crypto.subtle.digest(
    'SHA-256',
    new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength),
  );
  return bytesToHex(new Uint8Array(digest));
}
