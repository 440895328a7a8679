import type { Config, PartialConfig } from 'openpgp';
import { limits } from '../core/limits.js';
import { installPacketGuard } from './packet-guard.js';

/** OpenPGP.js and the settings that we use it with. */
export interface OpenPgp {
  readonly pgp: typeof import('openpgp');
  /** All settings, for the methods that want them complete. */
  readonly config: Config;
}

/**
 * What differs from the library's defaults. Everything else is as it should be: no unauthenticated data, no decryption
 * with signing keys, no SHA-1 signatures, no RSA keys below 2047 bits.
 */
export const settings: PartialConfig = {
  // A random notation in each signature costs 60 octets in every Autocrypt header and protects against faulty hardware only.
  nonDeterministicSignaturesViaNotation: false,
  // Own keys are renewed and Autocrypt passes on the newest self-signature only: older messages have to stay verifiable.
  allowInsecureVerificationWithReformattedKeys: true,
  maxDecompressedMessageSize: limits.pgpPlainBytes,
  maxArgon2MemoryExponent: limits.pgpArgon2MemoryExponent,
  maxUserIDLength: limits.pgpUserIdBytes,
  showVersion: false,
  showComment: false,
};

let loading: Promise<OpenPgp> | undefined;

/** Loads OpenPGP.js on first use: importing the SDK must stay fast. */
export function loadOpenPgp(): Promise<OpenPgp> {
  loading ??= load();
  return loading;
}

async function load(): Promise<OpenPgp> {
  const pgp = await import('openpgp');
  installPacketGuard(pgp);
  return { pgp, config: { ...pgp.config, ...settings } };
}
