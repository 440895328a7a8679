import { describe, EncryptionError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import { loadOpenPgp, settings } from './library.js';
import { packetSpans, packetTag } from './packets.js';

/**
 * Encrypts with a passphrase alone, as an Autocrypt Setup Message wants it: one salted and iterated S2K, AES-256, integrity
 * protected (RFC 9580 5.3, 5.13.1). Armored.
 *
 * @throws EncryptionError `ENCRYPTION_FAILED`
 */
export async function encryptWithPassphrase(text: string, passphrase: string): Promise<string> {
  const { pgp } = await loadOpenPgp();
  try {
    return await pgp.encrypt({
      message: await pgp.createMessage({ binary: new TextEncoder().encode(text) }),
      passwords: passphrase,
      format: 'armored',
      config: {
        ...settings,
        aeadProtect: false,
        s2kType: pgp.enums.s2k.iterated,
        preferredSymmetricAlgorithm: pgp.enums.symmetric.aes256,
      },
    });
  } catch (error) {
    throw new EncryptionError('ENCRYPTION_FAILED', `Encrypting with a passphrase failed: ${describe(error)}`, {
      cause: error,
    });
  }
}

/**
 * Undoes {@link encryptWithPassphrase}. Takes that form only, and looks at what trying the passphrase costs beforehand.
 *
 * @param armored One armored message.
 * @throws EncryptionError `DECRYPTION_FAILED` if it has another form, `LIMIT_EXCEEDED` if trying would cost too much,
 *   `WRONG_PASSPHRASE`, also where the message was changed: nobody can tell these apart.
 */
export async function decryptWithPassphrase(armored: string, passphrase: string): Promise<string> {
  const { pgp } = await loadOpenPgp();
  const config = { ...settings, maxDecompressedMessageSize: limits.setupMessageBytes };
  checkForm(await octetsOf(armored));
  const message = await pgp.readMessage({ armoredMessage: armored, config }).catch((error: unknown) => {
    throw malformed(describe(error), error);
  });
  try {
    const { data } = await pgp.decrypt({ message, passwords: passphrase, format: 'binary', config });
    return new TextDecoder().decode(data);
  } catch (error) {
    throw new EncryptionError('WRONG_PASSPHRASE', 'The passphrase is wrong, or the message was damaged.', {
      cause: error,
    });
  }
}

async function octetsOf(armored: string): Promise<Uint8Array> {
  const { pgp } = await loadOpenPgp();
  const { data } = await pgp.unarmor(armored).catch((error: unknown) => {
    throw malformed('its armor is damaged', error);
  });
  // Typed as a stream; for a string it is octets.
  if (data instanceof Uint8Array) return data;
  throw malformed('its armor is damaged');
}

const ITERATED = 3;
const ARGON2 = 4;
const AES_128 = 7;
const AES_256 = 9;

/** One passphrase packet of version 4 with iterated S2K (62 MiB are hashed at most) and AES, then the protected data. */
function checkForm(bytes: Uint8Array): void {
  const [first, second, ...more] = packetSpans(bytes);
  const isPair =
    first?.tag === packetTag.symmetricSessionKey &&
    !first.open &&
    second?.tag === packetTag.protectedData &&
    more.length === 0;
  if (!isPair) {
    // Each further one would cost another try.
    throw malformed('it must be one passphrase packet and the data');
  }
  const [version, cipher, s2k] = bytes.subarray(first.bodyStart, first.end);
  if (s2k === ARGON2) {
    throw new EncryptionError(
      'LIMIT_EXCEEDED',
      'Trying the passphrase could take any amount of memory (Argon2); the message was not opened.',
    );
  }
  if (version !== 4 || s2k !== ITERATED) throw malformed('the passphrase must be used with salted and iterated S2K');
  if (cipher !== AES_128 && cipher !== AES_256) throw malformed('the cipher must be AES-128 or AES-256');
}

function malformed(why: string, cause?: unknown): EncryptionError {
  return new EncryptionError('DECRYPTION_FAILED', `The message cannot be opened with a passphrase: ${why}.`, { cause });
}
