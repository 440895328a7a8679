import { describe, EncryptionError, InputError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import { withoutArmor } from './armor.js';
import { loadOpenPgp, settings } from './library.js';
import { withinMemory } from './limiter.js';
import { countingPackets } from './packet-guard.js';
import { checkPacketCount, packetSpans, packetTag } from './packets.js';
import { s2kCost } from './s2k.js';

/**
 * Encrypts a text with a passphrase (AES-256, iterated S2K, integrity-protected data of version 1: what every OpenPGP
 * program reads), armored.
 *
 * @throws InputError `INVALID_OPTION` if the passphrase is empty.
 */
export async function encryptWithPassphrase(text: string, passphrase: string): Promise<string> {
  if (passphrase === '') throw new InputError('INVALID_OPTION', 'The passphrase is empty.');
  const { pgp } = await loadOpenPgp();
  const message = await pgp.createMessage({ binary: new TextEncoder().encode(text) });
  return pgp.encrypt({ message, passwords: passphrase, format: 'armored', config: settings });
}

/**
 * Undoes {@link encryptWithPassphrase}. Signatures inside are not looked at.
 *
 * @throws EncryptionError `WRONG_PASSPHRASE`; `DECRYPTION_FAILED` if it is damaged or not encrypted with a passphrase;
 *   `LIMIT_EXCEEDED` if trying the passphrase would take too much time or memory: whoever wrote the message chose that.
 */
export async function decryptWithPassphrase(armored: string, passphrase: string): Promise<string> {
  const bytes = withoutArmor(new TextEncoder().encode(armored));
  checkPassphraseCost(bytes);
  const { pgp, config } = await loadOpenPgp();
  return withinMemory(bytes.length, async () => {
    try {
      const message = await pgp.readMessage({ binaryMessage: bytes, config: settings });
      const sessionKeys = await pgp
        .decryptSessionKeys({ message, passwords: passphrase, config: settings })
        .catch((cause: unknown) => {
          throw wrongPassphrase(cause);
        });
      const candidates = sessionKeys
        .slice(0, limits.pgpSessionKeys)
        .map(({ data, algorithm }) => ({ data, algorithm: algorithm ?? ('aes256' as const) }));
      const own = countingPackets({ ...config, maxDecompressedMessageSize: limits.pgpPlainSmallBytes });
      const plain = await message.decrypt(undefined, undefined, candidates, undefined, own).catch((cause: unknown) => {
        // Old forms have no checksum of the session key: a wrong passphrase gives a wrong key.
        throw cause instanceof EncryptionError ? cause : wrongPassphrase(cause);
      });
      const data = plain.getLiteralData();
      if (!(data instanceof Uint8Array)) throw new Error('there is no content');
      return new TextDecoder().decode(data);
    } catch (error) {
      if (error instanceof EncryptionError) throw error;
      throw new EncryptionError('DECRYPTION_FAILED', `The message cannot be decrypted: ${describe(error)}`, {
        cause: error,
      });
    }
  });
}

function wrongPassphrase(cause: unknown): EncryptionError {
  return new EncryptionError('WRONG_PASSPHRASE', 'The passphrase does not open this message.', { cause });
}

/** Where the S2K specifier stands in each version of the packet: behind version, cipher, AEAD and lengths. */
const S2K_OFFSET: ReadonlyMap<number, number> = new Map([
  [4, 2],
  [5, 3],
  [6, 5],
]);

/** Sums up what the passphrase would have to go through (RFC 9580 5.3). */
function checkPassphraseCost(bytes: Uint8Array): void {
  checkPacketCount(bytes);
  let cost = 0;
  let found = 0;
  for (const { tag, bodyStart } of packetSpans(bytes)) {
    if (tag !== packetTag.symmetricSessionKey) continue;
    found++;
    cost += s2kCost(bytes, bodyStart + (S2K_OFFSET.get(bytes[bodyStart] ?? 0) ?? 0));
  }
  if (found === 0) throw new EncryptionError('DECRYPTION_FAILED', 'The message is not encrypted with a passphrase.');
  if (cost > limits.pgpS2kBytes)
    throw new EncryptionError(
      'LIMIT_EXCEEDED',
      'Trying a passphrase on this message would take too much time or memory; it is not opened.',
    );
}
