import { EncryptionError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import { type RandomBytes, randomId, secureRandom } from '../core/random.js';
import { domainOf, normalizeAddress, parseAddress } from '../mail/address.js';
import { composeMime } from '../mail/compose/mime.js';
import type { MailPart, ParsedMail } from '../mail/parsed-mail.js';
import type { PrivateKey } from '../openpgp/key.js';
import { parsePrivateKey } from '../openpgp/keys.js';
import { decryptWithPassphrase, encryptWithPassphrase } from '../openpgp/passphrase.js';
import type { PreferEncrypt } from '../store/key-records.js';
import { findArmor, withArmorHeaders } from './armor.js';
import { newSetupCode, normalizeSetupCode } from './setup-code.js';
import { setupFormProblem } from './setup-form.js';

/** What {@link writeSetupMessage} is made from. */
export interface SetupMessageDraft {
  /** Own address: sender and recipient. */
  readonly address: string;
  /** Complete and unlocked, so that subkeys that old mail was encrypted to are not lost. */
  readonly key: PrivateKey;
  readonly preferEncrypt: PreferEncrypt;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Words for the user in front; default: English. */
  readonly text?: string;
  /** For the code and the Message-ID. Default: cryptographic. */
  readonly random?: RandomBytes;
}

/** A setup message, to be put into the own mailbox. */
export interface WrittenSetupMessage {
  /** What the user has to type on the other device. To be shown to them, and kept nowhere. */
  readonly code: string;
  /** The mail, RFC 5322. */
  readonly mail: Uint8Array;
  /** Its Message-ID, without angle brackets. */
  readonly messageId: string;
}

/** Content type of the attachment that a setup message consists of. */
export const SETUP_FILE_TYPE = 'application/autocrypt-setup';

const TEXT = [
  'This message carries the encryption key of your mailbox to another device of yours.',
  '',
  'Open it there with a mail or chat program that knows Autocrypt, and type the setup code that this device has shown.',
  'You can also keep it as a backup, together with the code.',
].join('\n');

/**
 * Writes an Autocrypt Setup Message (Level 1, "Setup Message Creation"). Only ever when the user asks for one.
 *
 * @throws EncryptionError `KEY_LOCKED`, `ENCRYPTION_FAILED`
 * @throws InputError `INVALID_ADDRESS`
 */
export async function writeSetupMessage(draft: SetupMessageDraft): Promise<WrittenSetupMessage> {
  const { key, random = secureRandom } = draft;
  if (key.locked) throw new EncryptionError('KEY_LOCKED', 'Unlock the key with its passphrase first.');
  const address = parseAddress(draft.address);
  const code = newSetupCode(random);
  const secret = withArmorHeaders(key.armored(), [['Autocrypt-Prefer-Encrypt', draft.preferEncrypt]]);
  const encrypted = withArmorHeaders(await encryptWithPassphrase(secret, code), [
    ['Passphrase-Format', 'numeric9x4'],
    ['Passphrase-Begin', code.slice(0, 2)],
  ]);
  const messageId = `${randomId(random)}@${domainOf(address)}`;
  const explanation = 'This is the Autocrypt setup file used to transfer settings and keys between mail programs.';
  const mail = await composeMime(
    {
      contentType: 'multipart/mixed',
      headers: [
        ['From', [{ address }]],
        ['To', [{ address }]],
        ['Subject', 'Autocrypt Setup Message'],
        ['Date', { date: draft.now }],
        ['Message-ID', { structured: `<${messageId}>` }],
        ['Autocrypt-Setup-Message', 'v1'],
      ],
      children: [
        { contentType: 'text/plain', content: draft.text ?? TEXT },
        {
          contentType: SETUP_FILE_TYPE,
          disposition: 'attachment',
          filename: 'autocrypt-setup-message.html',
          content: `<html><body>\n<p>${explanation}</p>\n<pre>\n${encrypted.trimEnd()}\n</pre></body></html>\n`,
        },
      ],
    },
    { random },
  );
  return { code, mail, messageId };
}

/** A setup message that was found in the own mailbox, not opened yet. */
export interface SetupMessage {
  /** Own address that it is for. */
  readonly address: string;
  /** Date of the mail, milliseconds since 1970. The newest of several is the one to import. */
  readonly date?: number;
  /** The code has 9 × 4 digits, so that a program can show nine fields for it. Otherwise it may be any text. */
  readonly isNumeric: boolean;
  /** The first characters of the code, to recognise it by. */
  readonly codeBegin?: string;
  /** The encrypted key, armored. */
  readonly encrypted: string;
}

/**
 * Looks whether a mail is a setup message for one of the own addresses. Undefined if it does not claim to be one, or is
 * of a later version: such mails are to be ignored.
 *
 * @throws EncryptionError `SETUP_MESSAGE_FOREIGN` if it does not come from and go to one and the same own address,
 *   `SETUP_MESSAGE_INVALID` if it has another form: tell the user, and do not offer to import it.
 */
export function readSetupMessage(mail: ParsedMail, ownAddresses: Iterable<string>): SetupMessage | undefined {
  if (mail.headers.get('Autocrypt-Setup-Message')?.trim().toLowerCase() !== 'v1') return undefined;
  const [from, ...otherFrom] = mail.from.map(({ address }) => address);
  const to = [...mail.to, ...mail.cc].map(({ address }) => address);
  const own = new Set([...ownAddresses].map(normalizeAddress));
  if (from === undefined || otherFrom.length > 0 || to.length !== 1 || to[0] !== from || !own.has(from)) {
    throw new EncryptionError(
      'SETUP_MESSAGE_FOREIGN',
      'This setup message is not from you to yourself. Do not import it: whoever sent it would read your mail.',
    );
  }
  const [human, setup] = mail.root.children;
  if (mail.root.contentType !== 'multipart/mixed' || human === undefined || !isHuman(human)) {
    throw malformed('it does not begin with words for people');
  }
  if (setup?.contentType !== SETUP_FILE_TYPE) throw malformed('its second part is not the setup file');
  if (setup.encodedSize > limits.setupMessageBytes) throw malformed('the setup file is too large');
  const content = setup.content();
  if (content === undefined) throw malformed('the setup file was not fetched');
  return readSetupFile(content, { address: from, ...(mail.date !== undefined && { date: mail.date }) });
}

/**
 * Reads the attachment of a setup message, where it is known already who sent it to whom.
 *
 * @throws EncryptionError `SETUP_MESSAGE_INVALID`
 */
export function readSetupFile(content: Uint8Array, place: Pick<SetupMessage, 'address' | 'date'>): SetupMessage {
  if (content.length > limits.setupMessageBytes) throw malformed('the setup file is too large');
  const block = findArmor(new TextDecoder().decode(content), 'PGP MESSAGE');
  if (block === undefined) throw malformed('there is no encrypted key in the setup file');
  const codeBegin = block.headers.get('passphrase-begin')?.slice(0, 36);
  return {
    ...place,
    isNumeric: block.headers.get('passphrase-format') === 'numeric9x4',
    ...(codeBegin !== undefined && codeBegin !== '' && { codeBegin }),
    encrypted: block.text,
  };
}

/** What was in a setup message. */
export interface SetupContent {
  readonly key: PrivateKey;
  readonly preferEncrypt: PreferEncrypt;
}

/**
 * Opens a setup message with its code. Only ever when the user asks for it: the code proves that they made it.
 *
 * @param code As the user typed it; of 36 digits the dashes are put where they belong.
 * @throws EncryptionError `SETUP_CODE_WRONG`; `SETUP_MESSAGE_INVALID` if what is inside is no key as it should be, or if it
 *   is not encrypted as Level 1 says: trying the code could then take any amount of time and memory.
 */
export async function openSetupMessage(message: SetupMessage, code: string): Promise<SetupContent> {
  const problem = setupFormProblem(message.encrypted);
  if (problem !== undefined) throw malformed(problem);
  const payload = await decryptWithPassphrase(message.encrypted, normalizeSetupCode(code)).catch((error: unknown) => {
    throw translated(error);
  });
  const begin = '-----BEGIN PGP PRIVATE KEY BLOCK-----';
  const block = payload.trimStart().startsWith(begin) ? findArmor(payload, 'PGP PRIVATE KEY BLOCK') : undefined;
  if (block === undefined) throw malformed('what is inside does not begin with a private key');
  const key = await parsePrivateKey(block.text).catch((error: unknown) => {
    throw malformed('the key inside cannot be read', error);
  });
  if (key.locked) throw malformed('the key inside is locked with a passphrase of its own');
  return {
    key,
    preferEncrypt: block.headers.get('autocrypt-prefer-encrypt') === 'mutual' ? 'mutual' : 'nopreference',
  };
}

function translated(error: unknown): unknown {
  if (!(error instanceof EncryptionError)) return error;
  if (error.code === 'WRONG_PASSPHRASE') {
    return new EncryptionError(
      'SETUP_CODE_WRONG',
      'The setup code does not open this setup message. Check its digits.',
      {
        cause: error,
      },
    );
  }
  return malformed('it is not encrypted as it should be', error);
}

function isHuman(part: MailPart): boolean {
  return part.contentType.startsWith('text/') || part.contentType === 'multipart/alternative';
}

function malformed(why: string, cause?: unknown): EncryptionError {
  return new EncryptionError(
    'SETUP_MESSAGE_INVALID',
    `This setup message cannot be imported: ${why}. Make a new one on the other device.`,
    { cause },
  );
}
