import { sha3_256 } from '@noble/hashes/sha3.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { normalizeAddress } from '../mail/address.js';
import { asBuffer } from '../mail/bytes.js';

/** SHA3-256 of a normalised address, as `COI-From-Hash` has it: hex in the COI drafts, unpadded base64 in the Dovecot plugin. */
export interface AddressHash {
  readonly hex: string;
  readonly base64: string;
}

/** Both forms of the hash of an address. The address is normalised first. */
export function addressHash(address: string): AddressHash {
  const digest = sha3_256(new TextEncoder().encode(normalizeAddress(address)));
  return { hex: bytesToHex(digest), base64: asBuffer(digest).toString('base64').replace(/=+$/, '') };
}
