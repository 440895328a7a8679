import { foldField, formatAutocryptHeader, formatGossipHeader } from '../../src/autocrypt/header.js';
import { signDetached } from '../../src/openpgp/encrypt.js';
import type { PrivateKey } from '../../src/openpgp/key.js';
import { minimizeKey } from '../../src/openpgp/key-use.js';
import { generateKey } from '../../src/openpgp/keys.js';
import { sealMail } from '../../src/openpgp/seal-mail.js';
import { writeChatMail } from '../../src/protocol/write.js';
import type { IncomingCopy } from '../../src/sync/incoming.js';

/** When the keys of these tests were made. */
const MADE = Date.UTC(2024, 0, 1);

/** Somebody who can write sealed mail. */
export interface Sealer {
  readonly address: string;
  readonly key: PrivateKey;
  readonly keyData: Uint8Array;
}

/** Makes somebody with a new key. */
export async function sealer(address: string): Promise<Sealer> {
  const key = await generateKey({ address, now: MADE });
  return { address, key, keyData: (await minimizeKey(key, { address, at: MADE })).bytes() };
}

/** A mail to be sealed. */
export interface SealedDraft {
  readonly from: Sealer;
  readonly to: readonly Sealer[];
  readonly text: string;
  /** Message-ID, without angle brackets. */
  readonly id: string;
  readonly date: number;
  /** Whom it is encrypted to, beside its sender. Default: all in `to`. */
  readonly sealTo?: readonly Sealer[];
  /** Default true. */
  readonly withHeader?: boolean;
  readonly gossip?: readonly Sealer[];
  readonly attachments?: readonly { readonly filename: string; readonly content: Uint8Array }[];
  /** Further fields, outside. */
  readonly fields?: readonly string[];
  /** Sealed, or just written. Default true. */
  readonly sealed?: boolean;
}

/** The octets of a mail, sealed if it is to be. */
export async function sealedMail(draft: SealedDraft): Promise<Uint8Array> {
  const { from, to, text, id, date, withHeader = true, gossip = [], sealed = true, fields = [] } = draft;
  const written = await writeChatMail(
    {
      from: { address: from.address },
      to: to.map(({ address }) => ({ address })),
      text,
      messageId: id,
      date,
      ...(draft.attachments && { attachments: draft.attachments }),
      ...(to.length > 1 && { subject: 'All of us' }),
    },
    { encrypted: sealed },
  );
  const { address, keyData } = from;
  const autocrypt = formatAutocryptHeader({ address, preferEncrypt: 'mutual', keyData });
  const inside = [
    ...(withHeader ? [foldField('Autocrypt', autocrypt)] : []),
    ...gossip.map((other) => foldField('Autocrypt-Gossip', formatGossipHeader(other))),
  ];
  const payload = Buffer.concat([Buffer.from(inside.join('')), written.bytes]);
  const keys = (draft.sealTo ?? to).map(({ key }) => key.toPublic());
  const bytes = sealed ? await sealMail(payload, { to: keys, signWith: from.key, now: date }) : payload;
  return Buffer.concat([Buffer.from(fields.map((field) => `${field}\r\n`).join('')), bytes]);
}

/** A copy as it comes from the server. */
export function copyOf(
  source: Uint8Array,
  place: { uid: number; folder?: string; at?: number; history?: boolean },
): IncomingCopy {
  const { uid, folder = 'INBOX', at = Date.UTC(2024, 6, 1, 0, uid), history = false } = place;
  return {
    folder,
    role: folder === 'Sent' ? 'sent' : 'inbox',
    uidValidity: '1',
    history,
    mail: { uid, flags: [], internalDate: at, size: source.length, source },
  };
}

/** A mail with a file that is signed, and not encrypted (RFC 3156 5). */
export async function signedMail(from: Sealer, to: string, text: string, file: Uint8Array): Promise<Uint8Array> {
  const date = Date.now() - 60_000;
  const content = [
    'Content-Type: multipart/mixed; boundary=m',
    '',
    '--m',
    'Content-Type: text/plain; charset=utf-8',
    '',
    text,
    '--m',
    'Content-Type: application/octet-stream; name="file.bin"',
    'Content-Disposition: attachment; filename="file.bin"',
    'Content-Transfer-Encoding: base64',
    '',
    Buffer.from(file).toString('base64').replace(/.{76}/g, '$&\r\n'),
    '--m--',
    '',
  ].join('\r\n');
  const signature = await signDetached(Buffer.from(content), { signWith: from.key, now: date });
  const { address, keyData } = from;
  const autocrypt = formatAutocryptHeader({ address, preferEncrypt: 'nopreference', keyData });
  return Buffer.from(
    [
      `From: ${address}`,
      `To: ${to}`,
      `Date: ${new Date(date).toUTCString()}`,
      'Message-ID: <signed@example.net>',
      foldField('Autocrypt', autocrypt).trimEnd(),
      'MIME-Version: 1.0',
      'Content-Type: multipart/signed; protocol="application/pgp-signature"; micalg=pgp-sha512; boundary=s',
      '',
      '--s',
      content,
      '--s',
      'Content-Type: application/pgp-signature',
      'Content-Transfer-Encoding: base64',
      '',
      Buffer.from(signature).toString('base64'),
      '--s--',
      '',
    ].join('\r\n'),
  );
}
