import type { AnyPacket, PacketList, SignaturePacket } from 'openpgp';
import { describe, EncryptionError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import type { PublicKey } from './key.js';
import { loadOpenPgp, settings } from './library.js';
import { packetSpans, packetTag } from './packets.js';

/** Who a signature says it is by. Nothing is verified yet: use it only to look for a key. */
export interface SignatureIssuer {
  /** 16 lower-case hex digits; of the primary key or of a subkey. */
  readonly keyId: string;
  /** Lower-case hex, if the signature tells; of the primary key or of a subkey. */
  readonly fingerprint?: string;
}

/** Outcome of checking one signature. */
export interface SignatureResult extends SignatureIssuer {
  /** `invalid`: the key is known, and the signature is not by it, or the key was expired or revoked when it was made. */
  readonly state: 'valid' | 'invalid' | 'unknown-key';
  /** `valid`: of the primary key that signed. Otherwise what the signature claims, if it claims something. */
  readonly fingerprint?: string;
  /** When it was made by its own account, milliseconds since 1970. */
  readonly created?: number;
}

/**
 * Signatures over some octets. They are checked when the keys are there: these may come with the very mail, or belong to
 * somebody whose name stands inside of the encryption.
 */
export class Signatures {
  readonly #data: Uint8Array;
  readonly #packets: readonly SignaturePacket[];

  constructor(data: Uint8Array, packets: readonly SignaturePacket[]) {
    this.#data = data;
    this.#packets = packets;
  }

  /** Who they say they are by, in order. */
  get issuers(): readonly SignatureIssuer[] {
    return this.#packets.map(issuerOf);
  }

  /** Checks each signature with the key that it names. */
  async verify(keys: readonly PublicKey[]): Promise<readonly SignatureResult[]> {
    const results: SignatureResult[] = [];
    // One after the other: each hashes the whole mail.
    for (const packet of this.#packets) results.push(await this.#check(packet, keys));
    return results;
  }

  async #check(packet: SignaturePacket, keys: readonly PublicKey[]): Promise<SignatureResult> {
    const created = packet.created?.getTime();
    const common = { ...issuerOf(packet), ...(created !== undefined && { created }) };
    const named = keys.filter(({ inner }) => inner.getKeys(packet.issuerKeyID).length > 0);
    if (named.length === 0) return { ...common, state: 'unknown-key' };
    // Several versions of one key, say from before and after it was renewed: which comes first must not matter.
    for (const key of named) {
      if (await this.#isBy(key, packet)) return { ...common, state: 'valid', fingerprint: key.fingerprint };
    }
    return { ...common, state: 'invalid' };
  }

  async #isBy(key: PublicKey, packet: SignaturePacket): Promise<boolean> {
    const { pgp } = await loadOpenPgp();
    const list: PacketList<SignaturePacket> = new pgp.PacketList();
    list.push(packet);
    const { signatures } = await pgp.verify({
      message: await pgp.createMessage({ binary: this.#data }),
      signature: new pgp.Signature(list),
      verificationKeys: key.inner,
      format: 'binary',
      // Judged at the time of the signature, not at ours: mail is read again years later, and clocks differ.
      date: null,
      config: settings,
    });
    return (await signatures[0]?.verified.catch(() => false)) ?? false;
  }
}

function issuerOf({ issuerKeyID, issuerFingerprint }: SignaturePacket): SignatureIssuer {
  const fingerprint = issuerFingerprint && Buffer.from(issuerFingerprint).toString('hex');
  return { keyId: issuerKeyID.toHex(), ...(fingerprint && { fingerprint }) };
}

/**
 * Reads a detached signature.
 *
 * @param data - What was signed, exactly.
 * @param signature - Binary.
 * @throws EncryptionError `DECRYPTION_FAILED` if it is no signature; `LIMIT_EXCEEDED` if it holds too many.
 */
export async function readSignatures(data: Uint8Array, signature: Uint8Array): Promise<Signatures> {
  let count = 0;
  for (const span of packetSpans(signature)) {
    if (++count > limits.pgpPackets) throw tooMany();
    if (span.tag !== packetTag.signature || span.chunks !== 1) throw notASignature();
  }
  const { pgp } = await loadOpenPgp();
  const { packets } = await pgp
    .readSignature({ binarySignature: signature, config: settings })
    .catch((error: unknown) => {
      throw notASignature(error);
    });
  return new Signatures(data, dataSignatures(packets, pgp));
}

/** Signatures over data, without those that the library could not read or that are about something else. */
export function dataSignatures(packets: readonly AnyPacket[], pgp: typeof import('openpgp')): SignaturePacket[] {
  const found = packets.filter(
    (packet): packet is SignaturePacket =>
      packet instanceof pgp.SignaturePacket &&
      (packet.signatureType === pgp.enums.signature.binary || packet.signatureType === pgp.enums.signature.text),
  );
  if (found.length > limits.pgpSignatures) throw tooMany();
  return found;
}

function tooMany(): EncryptionError {
  return new EncryptionError(
    'LIMIT_EXCEEDED',
    `The mail has more than ${limits.pgpSignatures} signatures; it is not read.`,
  );
}

function notASignature(cause?: unknown): EncryptionError {
  const why = cause === undefined ? 'it holds something else' : describe(cause);
  return new EncryptionError('DECRYPTION_FAILED', `The signature of this mail cannot be read: ${why}`, { cause });
}
