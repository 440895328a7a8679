import type { Message, WebStream } from 'openpgp';
import type { AbortOptions } from '../core/abort.js';
import { AbortedError, describe, EncryptionError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import { concatBytes } from '../mail/bytes.js';
import { gather, toStream } from './byte-stream.js';
import type { PrivateKey, PublicKey } from './key.js';
import { dateFor, keyProblem } from './key-use.js';
import { loadOpenPgp, settings } from './library.js';
import { withinMemory } from './limiter.js';

/** What encrypting needs to know. */
export interface EncryptOptions extends AbortOptions {
  /** Keys of all recipients. */
  readonly to: readonly PublicKey[];
  /** Own key: it signs, and is encrypted to as well, so that the copy in Sent can be read. */
  readonly signWith: PrivateKey;
  /** Milliseconds since 1970. Default: now. */
  readonly now?: number;
  /** Hides the key ids of the recipients (RFC 9580 5.1.8), for mail that goes to a hidden one. Default: false. */
  readonly hideRecipients?: boolean;
}

/**
 * Signs and encrypts to all recipients and oneself. The result is binary: integrity-protected data of version 1, or of
 * version 2 if every key, the own included, announces that it can read it. Nothing is compressed: compressing together
 * what an attacker and the user wrote tells the attacker about the user's part.
 *
 * @throws EncryptionError `KEY_LOCKED`; `KEY_UNUSABLE` naming the keys that are expired, revoked or cannot encrypt;
 *   `LIMIT_EXCEEDED`; `ENCRYPTION_FAILED`.
 */
export async function encrypt(data: Uint8Array, options: EncryptOptions): Promise<Uint8Array> {
  const sealing = await prepare(options);
  return guarded(data.length, options, async () => {
    const { pgp } = await loadOpenPgp();
    const message = await pgp.createMessage({ binary: data });
    return pgp.encrypt({ ...sealing, message: await signed(message, options), format: 'binary' });
  });
}

/** What stands in front of an armored message, and behind it. */
export type Frame = readonly [before: Uint8Array, after: Uint8Array];

/**
 * {@link encrypt} to ASCII armor with CRLF line ends, within a frame. What is large never is in memory more often than needed.
 *
 * @param data In pieces, as they are there.
 * @throws EncryptionError as {@link encrypt}
 */
export async function encryptArmored(
  data: readonly Uint8Array[],
  options: EncryptOptions,
  [before, after]: Frame = [new Uint8Array(), new Uint8Array()],
): Promise<Uint8Array> {
  const sealing = await prepare(options);
  const size = data.reduce((sum, { length }) => sum + length, 0);
  return guarded(size, options, async () => {
    const { pgp } = await loadOpenPgp();
    // Streams cost a millisecond; small messages go without.
    if (size <= limits.pgpSmallMailBytes) {
      const message = await pgp.createMessage({ binary: concatBytes(data) });
      const armored = await pgp.encrypt({ ...sealing, message: await signed(message, options), format: 'armored' });
      return Buffer.concat([before, crlf(armored), after]);
    }
    const message = await pgp.createMessage<WebStream<Uint8Array>>({ binary: toStream(...data) });
    const armored = await pgp.encrypt({ ...sealing, message: await signed(message, options), format: 'armored' });
    return gather(framed(armored, before, after), Math.ceil(before.length + size * ARMOR_FACTOR + after.length));
  });
}

/** Octets of armor for one of content, generously. */
const ARMOR_FACTOR = 1.5;

async function* framed(
  armored: AsyncIterable<string>,
  before: Uint8Array,
  after: Uint8Array,
): AsyncGenerator<Uint8Array> {
  yield before;
  for await (const piece of armored) yield crlf(piece);
  yield after;
}

/** The library ends its lines with LF only. */
function crlf(text: string): Uint8Array {
  return Buffer.from(text.replace(/\n/g, '\r\n'), 'latin1');
}

/** The signature is dated by our clock, while the keys to encrypt to may be dated ahead of it: two steps. */
async function signed<Data extends Uint8Array | WebStream<Uint8Array>>(
  message: Message<Data>,
  { signWith, now = Date.now() }: EncryptOptions,
): Promise<Message<Data>> {
  const { pgp } = await loadOpenPgp();
  const date = dateFor([signWith], now);
  return pgp.sign({ message, signingKeys: signWith.inner, date, format: 'object', config: settings });
}

async function prepare(options: EncryptOptions) {
  const now = options.now ?? Date.now();
  const keys = await usableKeys(options, now);
  return {
    encryptionKeys: keys.map(({ inner }) => inner),
    date: dateFor(keys, now),
    wildcard: options.hideRecipients ?? false,
    config: settings,
  };
}

async function guarded<T>(octets: number, options: AbortOptions, work: () => Promise<T>): Promise<T> {
  try {
    return await withinMemory(octets, work, options);
  } catch (error) {
    if (error instanceof AbortedError) throw error;
    throw new EncryptionError('ENCRYPTION_FAILED', `The message could not be encrypted: ${describe(error)}`, {
      cause: error,
    });
  }
}

async function usableKeys({ to, signWith }: EncryptOptions, now: number): Promise<readonly PublicKey[]> {
  checkUnlocked(signWith);
  const keys = [...new Map([...to, signWith.toPublic()].map((key) => [key.fingerprint, key])).values()];
  if (keys.length > limits.pgpRecipients)
    throw new EncryptionError('LIMIT_EXCEEDED', `A message can be encrypted to at most ${limits.pgpRecipients} keys.`);
  const problems = await Promise.all(
    keys.map(async (key) => ({ fingerprint: key.fingerprint, problem: await keyProblem(key, now) })),
  );
  const unusable = problems.filter(({ problem }) => problem !== undefined);
  if (unusable.length > 0) {
    const list = unusable.map(({ fingerprint, problem }) => `${fingerprint} (${problem})`).join(', ');
    throw new EncryptionError('KEY_UNUSABLE', `These keys cannot be encrypted to: ${list}. Newer ones are needed.`);
  }
  return keys;
}

/**
 * Signs without encrypting: a detached signature, binary.
 *
 * @throws EncryptionError `KEY_LOCKED`, `ENCRYPTION_FAILED`
 */
export async function signDetached(
  data: Uint8Array,
  options: Pick<EncryptOptions, 'signWith' | 'now' | 'signal'>,
): Promise<Uint8Array> {
  const { signWith, now = Date.now() } = options;
  checkUnlocked(signWith);
  const { pgp } = await loadOpenPgp();
  return guarded(data.length, options, async () =>
    pgp.sign({
      message: await pgp.createMessage({ binary: data }),
      signingKeys: signWith.inner,
      date: dateFor([signWith], now),
      detached: true,
      format: 'binary',
      config: settings,
    }),
  );
}

function checkUnlocked(key: PrivateKey): void {
  if (key.locked)
    throw new EncryptionError('KEY_LOCKED', 'The own key is locked. Unlock it with its passphrase first.');
}
