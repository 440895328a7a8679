import { EncryptionError } from '../core/errors.js';
import { decodeTransfer } from '../mail/transfer-encoding.js';
import { loadOpenPgp } from './library.js';

const ARMOR = /-----BEGIN PGP/;
const BASE64 = /^[A-Za-z0-9+/\s]{1,1500000}={0,2}\s{0,9}$/;

/**
 * The octets of a key that comes as octets, as armored text, or as bare base64 as in an Autocrypt header.
 *
 * @throws EncryptionError `KEY_INVALID` if it is none of them or larger than `maxBytes`.
 */
export async function keyBytes(input: Uint8Array | string, maxBytes: number): Promise<Uint8Array> {
  const text = typeof input === 'string' ? input : armoredText(input);
  // Base64 takes a third more, armor adds line ends, header and checksum.
  if ((text ?? input).length > maxBytes * 1.4 + 4096) throw tooLarge(maxBytes);
  const bytes = text === undefined ? toBytes(input) : await decodeText(text);
  if (bytes.length > maxBytes) throw tooLarge(maxBytes);
  return bytes;
}

/** Files with armored keys come as octets, too. The first octet of an OpenPGP packet is never ASCII. */
function armoredText(bytes: Uint8Array): string | undefined {
  const first = bytes[0] ?? 0;
  return first < 0x80 ? new TextDecoder().decode(bytes.subarray(0, 2_000_000)) : undefined;
}

function toBytes(input: Uint8Array | string): Uint8Array {
  return typeof input === 'string' ? new TextEncoder().encode(input) : input;
}

async function decodeText(text: string): Promise<Uint8Array> {
  if (ARMOR.test(text)) return unarmor(text);
  if (!BASE64.test(text)) throw invalid('it is neither armored text nor base64');
  return decodeTransfer(new TextEncoder().encode(text), 'base64');
}

/**
 * The octets in armored text.
 *
 * @throws EncryptionError `KEY_INVALID`
 */
async function unarmor(text: string): Promise<Uint8Array> {
  const { pgp } = await loadOpenPgp();
  try {
    const { data } = await pgp.unarmor(text);
    // Typed as a stream; for a string it is octets.
    if (data instanceof Uint8Array) return data;
  } catch (error) {
    throw invalid('its armor is damaged', error);
  }
  throw invalid('its armor is damaged');
}

function tooLarge(maxBytes: number): EncryptionError {
  return invalid(`it is larger than ${maxBytes} octets`);
}

/** An error about a key that cannot be read. */
export function invalid(why: string, cause?: unknown): EncryptionError {
  return new EncryptionError('KEY_INVALID', `This OpenPGP key cannot be used: ${why}.`, { cause });
}
