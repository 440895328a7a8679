import { InputError } from '../core/errors.js';
import { type RandomBytes, randomId, secureRandom } from '../core/random.js';
import { parseAddressList } from '../mail/address-list.js';
import { composeMime, type MimeHeaderValue, type MimePart } from '../mail/compose/mime.js';
import { loadMailLibraries } from '../mail/libraries.js';
import { parseMailDate } from '../mail/mail-date.js';
import { HeaderFields } from '../mail/mail-headers.js';
import { type EncryptOptions, encryptArmored, type Frame } from './encrypt.js';

/** What {@link sealMail} needs to know. */
export interface SealOptions extends EncryptOptions {
  /** Source of the outer multipart boundary; inject one for repeatable output. Default: cryptographic. */
  readonly random?: RandomBytes;
  /** Further header fields of the mail, each whole and with CRLF at its end, such as `foldField` makes them. */
  readonly fields?: readonly string[];
}

/** The only fields that are repeated outside, besides MIME's own and a Subject that says nothing. */
const OUTSIDE = ['From', 'To', 'Date', 'Message-ID', 'Chat-Version', 'Autocrypt', 'Auto-Submitted', 'Expires'];
/** Fields of addresses: their names stay inside. */
const ADDRESSES = new Set(['From', 'To']);
/** What stands outside as Subject, as chat programs write it. */
const OUTER_SUBJECT = '...';

/**
 * Signs and encrypts a whole mail as it was written for sending in plain text (CRLF line ends): PGP/MIME (RFC 3156 4)
 * with header protection (RFC 9788): everything goes inside, and outside stand only the fields that servers need and
 * that programs must see before they decrypt.
 *
 * Gossip and tokens belong into the mail before it is sealed, or into `fields`. Its Message-ID stands outside as well, so it must not tell
 * anything, such as a group's id.
 *
 * @throws InputError `INVALID_HEADER` if From, Date, Message-ID or the header itself is missing.
 * @throws EncryptionError as `encrypt`
 */
export async function sealMail(mail: Uint8Array, options: SealOptions): Promise<Uint8Array> {
  const { header: written, body } = split(mail);
  const header = written + (options.fields ?? []).join('');
  const outer = await outerFields(header);
  const payload = [Buffer.from(protectedHeader(header, outer), 'latin1'), body];
  return encryptArmored(payload, options, await frameFor(outer, options.random ?? secureRandom));
}

/** The mail around what is encrypted. The composer would copy that, so it gets a word in its place. */
async function frameFor(outer: readonly (readonly [string, OuterField])[], random: RandomBytes): Promise<Frame> {
  const placeholder = randomId(random);
  const mail = Buffer.from(await composeMime(frameOf(outer, placeholder), { random }));
  const at = mail.indexOf(placeholder);
  return [mail.subarray(0, at), mail.subarray(at + placeholder.length)];
}

function frameOf(outer: readonly (readonly [string, OuterField])[], content: string): MimePart {
  return {
    contentType: 'multipart/encrypted; protocol="application/pgp-encrypted"',
    headers: outer.map(([name, { value }]) => [name, value] as const),
    children: [
      {
        contentType: 'application/pgp-encrypted',
        headers: [SEVEN_BIT, ['Content-Description', 'PGP/MIME version identification']],
        content: 'Version: 1\r\n',
      },
      {
        contentType: 'application/octet-stream',
        headers: [
          SEVEN_BIT,
          ['Content-Description', 'OpenPGP encrypted message'],
          ['Content-Disposition', { structured: 'inline; filename="encrypted.asc"' }],
        ],
        content,
      },
    ],
  };
}

const SEVEN_BIT = ['Content-Transfer-Encoding', '7bit'] as const;

function split(mail: Uint8Array): { header: string; body: Uint8Array } {
  const at = Buffer.from(mail.buffer, mail.byteOffset, mail.byteLength).indexOf('\r\n\r\n');
  if (at < 0) throw new InputError('INVALID_HEADER', 'Only a whole mail with CRLF line ends can be encrypted.');
  return { header: Buffer.from(mail.subarray(0, at + 2)).toString('latin1'), body: mail.subarray(at + 2) };
}

/** A field as it stands outside: for the composer, and as text for HP-Outer. */
interface OuterField {
  readonly value: MimeHeaderValue;
  readonly text: string;
}

async function outerFields(header: string): Promise<(readonly [string, OuterField])[]> {
  const libraries = await loadMailLibraries();
  const fields = new HeaderFields(Buffer.from(header, 'latin1'), libraries);
  const outer: (readonly [string, OuterField])[] = [];
  for (const name of OUTSIDE) {
    const text = fields.get(name);
    if (text === undefined || text === '') {
      if (name !== 'From' && name !== 'Date' && name !== 'Message-ID') continue;
      throw new InputError('INVALID_HEADER', `A mail without ${name} cannot be encrypted.`);
    }
    if (name === 'Date') {
      outer.push([name, dateField(text)]);
      continue;
    }
    if (!ADDRESSES.has(name)) {
      outer.push([name, { value: { structured: text }, text }]);
      continue;
    }
    const addresses = parseAddressList(text, libraries).addresses.map(({ address }) => ({ address }));
    outer.push([name, { value: addresses, text: addresses.map(({ address }) => `<${address}>`).join(', ') }]);
  }
  return [...outer, ['Subject', { value: OUTER_SUBJECT, text: OUTER_SUBJECT }]];
}

function dateField(written: string): OuterField {
  const date = parseMailDate(written);
  if (date === undefined)
    throw new InputError('INVALID_HEADER', 'A mail whose Date cannot be read cannot be encrypted.');
  return { value: { date }, text: new Date(date).toUTCString().replace('GMT', '+0000') };
}

/** The header of the payload: the mail's own, marked, and a copy of what stands outside (RFC 9788 2.2). */
function protectedHeader(header: string, outer: readonly (readonly [string, OuterField])[]): string {
  const fields = header.split(/\r\n(?![ \t])/).filter((field) => field !== '');
  const kept = fields.filter((field) => !/^(?:mime-version|hp-outer|content-type)[ \t]*:/i.test(field));
  const type = fields.find((field) => /^content-type[ \t]*:/i.test(field)) ?? 'Content-Type: text/plain';
  const copies = outer.map(([name, { text }]) => fold(`HP-Outer: ${name}: ${text}`));
  return [...kept, ...copies, `${type};\r\n hp="cipher"`, ''].join('\r\n');
}

/** Folds at blanks where a line would be longer than 78 characters (RFC 5322 2.1.1). */
function fold(line: string): string {
  let folded = '';
  let length = 0;
  for (const word of line.split(' ')) {
    if (folded !== '' && length + 1 + word.length > 78) {
      folded += '\r\n';
      length = 0;
    }
    folded += folded === '' ? word : ` ${word}`;
    length += 1 + word.length;
  }
  return folded;
}
