import type { MaybeStream, Message, PartialConfig, SessionKey, WebStream } from 'openpgp';
import type { AbortOptions } from '../core/abort.js';
import { describe, EncryptionError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import { toStream } from './byte-stream.js';
import type { PrivateKey, PublicKey } from './key.js';
import { loadOpenPgp, settings } from './library.js';
import { withinMemory } from './limiter.js';
import { countingPackets } from './packet-guard.js';
import { checkPacketCount, packetSpans, packetTag } from './packets.js';
import { dataSignatures, type SignatureResult, Signatures } from './signatures.js';

/** An encrypted message that was opened. */
export interface OpenedMessage {
  readonly encrypted: true;
  readonly data: Uint8Array;
  /** Still to be checked, once the sender's key is known. Empty if nobody signed. */
  readonly signatures: Signatures;
}

/** An encrypted message that was opened, and its signatures checked. */
export interface DecryptedMessage {
  readonly encrypted: true;
  readonly data: Uint8Array;
  readonly signatures: readonly SignatureResult[];
}

/** What {@link openMessage} needs to know. */
export interface OpenOptions extends AbortOptions {
  /** Own keys, in any order; all are tried that the message may be for. */
  readonly keys: readonly PrivateKey[];
}

/**
 * Opens an encrypted message, binary: integrity-protected data of version 1 or 2, to named or hidden recipients. Old data
 * without protection (MDC) is refused: anybody could have changed it.
 *
 * @throws EncryptionError `MISSING_KEY` if it is for none of the keys, `KEY_LOCKED` if it is for a locked one,
 *   `DECRYPTION_FAILED` if it is damaged, `LIMIT_EXCEEDED` if opening it would cost too much.
 */
export async function openMessage(message: Uint8Array, options: OpenOptions): Promise<OpenedMessage> {
  checkMessage(message);
  const isSmall = message.length <= limits.pgpSmallMailBytes;
  if (isSmall) {
    const opened = await withinMemory(
      message.length,
      () => open(message, options.keys, limits.pgpPlainSmallBytes),
      options,
    );
    if (opened) return opened;
  }
  // It unpacks to something large, or is large itself: alone.
  const large = limits.pgpSmallMailBytes + 1;
  const opened = await withinMemory(large, () => open(message, options.keys, limits.pgpPlainBytes), options);
  if (opened) return opened;
  throw new EncryptionError('LIMIT_EXCEEDED', 'The mail unpacks to more than can be read; it is not opened.');
}

/**
 * {@link openMessage}, then checks the signatures with these keys.
 *
 * @throws EncryptionError as {@link openMessage}
 */
export async function decrypt(
  message: Uint8Array,
  options: OpenOptions & { readonly verifyWith: readonly PublicKey[] },
): Promise<DecryptedMessage> {
  const { data, signatures } = await openMessage(message, options);
  return { encrypted: true, data, signatures: await signatures.verify(options.verifyWith) };
}

/** Counts what opening would have to work through, before anything is read. */
function checkMessage(message: Uint8Array): void {
  checkPacketCount(message);
  let recipients = 0;
  for (const { tag, bodyStart } of packetSpans(message)) {
    if (tag === packetTag.publicKeySessionKey) recipients++;
    const isVersion2 = tag === packetTag.protectedData && message[bodyStart] === 2;
    // RFC 9580 5.13.2: each chunk is decrypted for itself.
    const chunkBytes = isVersion2 ? 2 ** ((message[bodyStart + 3] ?? 0) + 6) : Number.POSITIVE_INFINITY;
    if (recipients > limits.pgpRecipients || message.length / chunkBytes > limits.pgpAeadChunks)
      throw new EncryptionError(
        'LIMIT_EXCEEDED',
        'Opening the mail would take too long: it has too many recipients or pieces.',
      );
  }
}

/** Undefined if the content is larger than `maxBytes`. */
async function open(
  bytes: Uint8Array,
  keys: readonly PrivateKey[],
  maxBytes: number,
): Promise<OpenedMessage | undefined> {
  const { pgp, config } = await loadOpenPgp();
  const bounded: PartialConfig = { ...settings, maxDecompressedMessageSize: maxBytes };
  try {
    // A large one as a stream: it would be in memory once more.
    const message: Message<MaybeStream<Uint8Array>> =
      bytes.length > limits.pgpSmallMailBytes
        ? await pgp.readMessage<WebStream<Uint8Array>>({ binaryMessage: toStream(bytes), config: bounded })
        : await pgp.readMessage({ binaryMessage: bytes, config: bounded });
    const sessionKeys = await findSessionKeys(message, keys);
    const plain = await message.decrypt(
      undefined,
      undefined,
      sessionKeys,
      undefined,
      countingPackets({ ...config, ...bounded }),
    );
    // Without keys nothing is checked; it brings the signatures, and makes sure that the rest of the message is in order.
    const unchecked = await plain.verify([], undefined, config);
    const data = plain.getLiteralData();
    if (!(data instanceof Uint8Array)) throw new Error('there is no content');
    const packets = await Promise.all(unchecked.map(async ({ signature }) => (await signature).packets));
    const signatures = dataSignatures(packets.flat(), pgp);
    return { encrypted: true, data, signatures: new Signatures(data, signatures) };
  } catch (error) {
    const own = ownErrorIn(error);
    if (own) throw own;
    if (isTooLarge(error)) return undefined;
    throw new EncryptionError('DECRYPTION_FAILED', `The mail cannot be decrypted: ${describe(error)}`, {
      cause: error,
    });
  }
}

/** Where we count within the library's reading, it wraps our error into its own. */
function ownErrorIn(error: unknown): EncryptionError | undefined {
  let cause = error;
  for (let depth = 0; depth < 10 && cause instanceof Error; depth++) {
    if (cause instanceof EncryptionError) return cause;
    cause = cause.cause;
  }
  return undefined;
}

/** The library has no other sign for it than its words. */
function isTooLarge(error: unknown): boolean {
  return describe(error).includes('Maximum decompressed message size exceeded');
}

/** Key id of a hidden recipient (RFC 9580 5.1.8). */
const HIDDEN = '0000000000000000';

async function findSessionKeys(
  message: Message<MaybeStream<Uint8Array>>,
  keys: readonly PrivateKey[],
): Promise<SessionKey[]> {
  const { pgp } = await loadOpenPgp();
  const ids = message.getEncryptionKeyIDs();
  const candidates = keys.filter(({ inner }) => ids.some((id) => inner.getKeys(id).length > 0));
  if (candidates.length === 0) {
    if (ids.length === 0)
      throw new EncryptionError(
        'DECRYPTION_FAILED',
        'The mail is not encrypted to any key, and cannot be opened with one.',
      );
    const names = ids.slice(0, 5).map((id) => id.toHex());
    const message = `The mail is encrypted to other keys (${names.join(', ')}); import the key that it is for.`;
    throw new EncryptionError('MISSING_KEY', message);
  }
  const unlocked = candidates.filter(({ locked }) => !locked);
  if (unlocked.length === 0)
    throw new EncryptionError('KEY_LOCKED', 'The key that this mail is for is locked. Unlock it with its passphrase.');
  const found = await pgp
    .decryptSessionKeys({ message, decryptionKeys: unlocked.map(({ inner }) => inner), config: settings })
    .catch((error: unknown) => {
      // With hidden recipients a wrong key and a damaged mail look the same.
      if (ids.some((id) => id.toHex() !== HIDDEN && unlocked.some(({ inner }) => inner.getKeys(id).length > 0)))
        throw error;
      const message = 'The mail is encrypted to hidden keys, and none of the own ones is among them.';
      throw new EncryptionError('MISSING_KEY', message, { cause: error });
    });
  // Version 2 data names its cipher itself, so the session key does not.
  return found
    .slice(0, limits.pgpSessionKeys)
    .map(({ data, algorithm }) => ({ data, algorithm: algorithm ?? 'aes256' }));
}
