import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { scryptAsync } from '@noble/hashes/scrypt.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { EncryptionError, StoreError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import type { RandomBytes } from '../../core/random.js';
import type { ByteReader } from './byte-reader.js';
import { damaged, newer } from './damaged.js';

/** Cost of scrypt (RFC 7914): it takes 128 · 2^logN · r octets of memory, and p rounds of that. */
export interface ScryptCost {
  readonly logN: number;
  readonly r: number;
  readonly p: number;
}

/** What a new file begins with, and the key that its content is sealed with. */
export interface SealedHeader {
  readonly bytes: Uint8Array;
  /** 32 octets, different for every file. */
  readonly key: Uint8Array;
}

/** scrypt as OWASP recommends it, in the variant that needs 32 MiB. */
const COST: ScryptCost = { logN: 15, r: 8, p: 3 };

const MAGIC = new TextEncoder().encode('coi-sdk backup\n');
const VERSION = 1;
const SALT = 16;
const CHECKSUM = 4;
const MAC = 32;
/** Magic, version, cost, salt. */
const COVERED = MAGIC.length + 1 + 3 + SALT;

/** Length of the header in octets. */
export const HEADER_BYTES = COVERED + CHECKSUM + MAC;

/**
 * The header of a sealed file: magic, version, the cost of scrypt (log₂ N, r, p), salt; four octets of SHA-256 over all this, which tell a damaged
 * header from a wrong passphrase; HMAC-SHA-256 over it, with a key that comes from the passphrase.
 */
export async function newHeader(passphrase: string, random: RandomBytes, cost = COST): Promise<SealedHeader> {
  const salt = random(SALT);
  const covered = new Uint8Array([...MAGIC, VERSION, cost.logN, cost.r, cost.p, ...salt]);
  const keys = await keysOf(passphrase, salt, cost);
  return {
    bytes: new Uint8Array([...covered, ...checksum(covered), ...hmac(sha256, keys.mac, covered)]),
    key: keys.content,
  };
}

/**
 * Reads the header of a sealed file; returns the key of its content.
 *
 * @throws StoreError `BACKUP_INVALID` if it is no such file, `BACKUP_NEWER`, `BACKUP_DAMAGED` (also if it asks for more memory
 *   or time than we give)
 * @throws EncryptionError `WRONG_PASSPHRASE`
 */
export async function readHeader(reader: ByteReader, passphrase: string): Promise<Uint8Array> {
  const bytes = await reader.read(HEADER_BYTES);
  const begin = MAGIC.length;
  if (!equal(bytes.subarray(0, begin), MAGIC)) {
    throw new StoreError('BACKUP_INVALID', 'This is no backup of coi-sdk.');
  }
  const [version, logN, r, p] = bytes.subarray(begin, begin + 4);
  if (version !== undefined && version > VERSION) throw newer();
  const covered = bytes.subarray(0, COVERED);
  const intact = equal(bytes.subarray(COVERED, COVERED + CHECKSUM), checksum(covered));
  if (bytes.length < HEADER_BYTES || !intact || logN === undefined || r === undefined || p === undefined) {
    throw damaged('its header is not what was written');
  }
  const memory = 128 * 2 ** logN * r;
  if (logN < 1 || r < 1 || p < 1 || memory > limits.backupScryptBytes || memory * p > limits.backupScryptWork) {
    throw damaged('it asks for more memory or time than any backup needs');
  }
  const keys = await keysOf(passphrase, bytes.subarray(COVERED - SALT, COVERED), { logN, r, p });
  if (equal(bytes.subarray(COVERED + CHECKSUM), hmac(sha256, keys.mac, covered))) return keys.content;
  throw new EncryptionError('WRONG_PASSPHRASE', 'The passphrase does not open this backup.');
}

async function keysOf(passphrase: string, salt: Uint8Array, { logN, r, p }: ScryptCost) {
  // NFC, so that a passphrase typed on another system gives the same octets (RFC 8265, 4.2).
  const root = await scryptAsync(passphrase.normalize('NFC'), salt, { N: 2 ** logN, r, p, dkLen: 32 });
  const keyFor = (purpose: string) => hkdf(sha256, root, undefined, new TextEncoder().encode(purpose), 32);
  return { mac: keyFor('coi-sdk backup header'), content: keyFor('coi-sdk backup content') };
}

function checksum(bytes: Uint8Array): Uint8Array {
  return sha256(bytes).subarray(0, CHECKSUM);
}

/** In a time that tells nothing about where they differ. */
function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (const [index, octet] of a.entries()) difference |= octet ^ (b[index] ?? 0);
  return difference === 0;
}
