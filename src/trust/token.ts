import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { sha3_256 } from '@noble/hashes/sha3.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { limits } from '../core/limits.js';
import { normalizeAddress } from '../mail/address.js';

/** A client token (protocol 10): what it says, and how it stood in the mail. */
export interface TrustToken {
  /** Exactly as it was written; whoever holds it presents it like this. */
  readonly raw: string;
  /** When it was issued, seconds since 1970. */
  readonly created: number;
  /** For how long it is valid, seconds. */
  readonly validity: number;
  /** Unpadded base64 of SHA3-256 of who may use it and who issued it. */
  readonly hash: string;
  /** Unpadded base64 of the issuer's MAC. */
  readonly secret: string;
  /** Further fields, in their order, which a later version may have added. They are covered by the MAC. */
  readonly unknown: readonly (readonly [name: string, value: string])[];
}

/** Whom a token is about; addresses in any form. */
export interface TokenPair {
  /** Who may use it. */
  readonly from: string;
  /** Who issued it. */
  readonly to: string;
}

const VERSION = '1';
const KNOWN = new Set(['created', 'validity', 'hash', 'secret']);
const INFO = utf8ToBytes('coi-token-1');

/**
 * Reads a token. Undefined for anything but a token of version 1: a field twice, one missing, or `secret` not being the last one, which
 * would leave fields that nobody vouches for.
 */
export function parseToken(raw: string): TrustToken | undefined {
  if (raw.length > limits.tokenChars || !/^[\x21-\x7e]+$/.test(raw)) return undefined;
  const [version, ...parts] = raw.split('-');
  if (version !== VERSION) return undefined;
  const fields = new Map<string, string>();
  for (const part of parts) {
    const colon = part.indexOf(':');
    const name = part.slice(0, colon);
    if (colon < 1 || fields.has(name)) return undefined;
    fields.set(name, part.slice(colon + 1));
  }
  const created = seconds(fields.get('created'));
  const validity = seconds(fields.get('validity'));
  const hash = fields.get('hash');
  const secret = fields.get('secret');
  if (created === undefined || validity === undefined || !hash || !secret) return undefined;
  if ([...fields.keys()].at(-1) !== 'secret') return undefined;
  return { raw, created, validity, hash, secret, unknown: [...fields].filter(([name]) => !KNOWN.has(name)) };
}

/** Issues a token for somebody: only whoever has the token secret can, and can tell it from a forged one. */
export function issueToken(
  tokenSecret: Uint8Array,
  pair: TokenPair,
  { created, validity }: Pick<TrustToken, 'created' | 'validity'>,
): TrustToken {
  const hash = pairHash(pair);
  const signed = `${VERSION}-created:${created}-validity:${validity}-hash:${hash}-secret:`;
  const secret = macOf(tokenSecret, signed);
  return { raw: signed + secret, created, validity, hash, secret, unknown: [] };
}

/** True if whoever has this token secret issued the token. Takes the same time whatever is wrong with it. */
export function isIssuedBy(tokenSecret: Uint8Array, token: TrustToken): boolean {
  const signed = token.raw.slice(0, token.raw.length - token.secret.length);
  return sameInConstantTime(macOf(tokenSecret, signed), token.secret);
}

/** Hash of a pair as it stands in a token. */
export function pairHash({ from, to }: TokenPair): string {
  return unpadded(sha3_256(utf8ToBytes(`${normalizeAddress(from)}:${normalizeAddress(to)}`)));
}

/** The secret that an account issues its tokens with: the same on every device that has the key. */
export function tokenSecretFrom(primarySecretKey: Uint8Array): Uint8Array {
  return hkdf(sha256, primarySecretKey, undefined, INFO, 32);
}

function macOf(tokenSecret: Uint8Array, signed: string): string {
  return unpadded(hmac(sha3_256, tokenSecret, utf8ToBytes(signed)));
}

function seconds(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,12}$/.test(value) ? Number(value) : undefined;
}

function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64').replace(/=+$/, '');
}

function sameInConstantTime(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ (b.charCodeAt(i) || 0);
  return difference === 0;
}
