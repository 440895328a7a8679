import type { KeyManager } from '../autocrypt/key-manager.js';
import { parseFingerprint, parseVerificationCode, type VerificationCode } from '../autocrypt/verification.js';
import { EncryptionError, InputError, RecipientKeyError } from '../core/errors.js';

/** A key that somebody has announced. */
export interface ContactKey {
  /** Lower case hex; `formatFingerprint` of `coi-sdk/autocrypt` makes it readable. */
  readonly fingerprint: string;
  /** Dates of the first and of the last of their messages that announced it, as far as they are here. */
  readonly firstSeen: Date;
  readonly lastSeen: Date;
  /** Messages to them are encrypted to this one. */
  readonly current: boolean;
  /** The user has verified it. */
  readonly verified: boolean;
}

/** What the event `contact:key` tells. */
export interface ContactKeyChange {
  /** Lower case hex. */
  readonly oldFingerprint: string;
  readonly newFingerprint: string;
  /** Whether the new key comes from themselves or was passed on by others. */
  readonly source: 'direct' | 'gossip';
  /** Date of the message that brought it. */
  readonly date: Date;
  /** The user had verified the old key. */
  readonly wasVerified: boolean;
}

/**
 * Compares what the user typed, pasted or scanned with the key in use for an address; returns its fingerprint if it is that one.
 *
 * @throws InputError `INVALID_OPTION`
 * @throws EncryptionError `FINGERPRINT_MISMATCH`, `MISSING_KEY`
 */
export async function comparedFingerprint(manager: KeyManager, address: string, given: string): Promise<string> {
  if (typeof given !== 'string')
    throw new InputError('INVALID_OPTION', 'contact.verify: pass a fingerprint or the content of a code.');
  const { fingerprint, address: named } = readCode(given);
  if (named !== undefined && named !== address) {
    throw new InputError(
      'INVALID_OPTION',
      `This code is for ${named}, not for ${address}. Verify that contact with it.`,
    );
  }
  const peer = await manager.peer(address);
  if (peer.fingerprint === undefined) {
    const message = `No usable key of ${address} is known yet. A message from them brings it.`;
    throw new RecipientKeyError('MISSING_KEY', message, [address]);
  }
  if (peer.fingerprint === fingerprint) return fingerprint;
  throw new EncryptionError(
    'FINGERPRINT_MISMATCH',
    `This is not the key that is used for ${address}: an old or a new one of theirs, or somebody writes in their name. Nothing was changed.`,
  );
}

function readCode(given: string): VerificationCode {
  return /^\s*openpgp4fpr:/i.test(given) ? parseVerificationCode(given) : { fingerprint: parseFingerprint(given) };
}
