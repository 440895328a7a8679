import * as openpgp from 'openpgp';
import { DOMAIN } from './servers.js';

/** Somebody of the bench with a key. */
export interface Correspondent {
  readonly email: string;
  readonly privateKey: openpgp.PrivateKey;
  readonly publicKey: openpgp.PublicKey;
  /** Base64 of the public key in five packets, as an Autocrypt field has it. */
  readonly keyData: string;
}

/** Makes a key as mail programs of today read it. */
export async function correspondent(email: string): Promise<Correspondent> {
  const { privateKey, publicKey } = await openpgp.generateKey({
    type: 'ecc',
    curve: 'curve25519Legacy',
    userIDs: [{ email }],
    format: 'object',
    date: new Date(Date.UTC(2025, 0, 1)),
    config: { nonDeterministicSignaturesViaNotation: false },
  });
  return { email, privateKey, publicKey, keyData: Buffer.from(publicKey.write()).toString('base64') };
}

/** An encrypted and signed chat mail as a chat program writes it; `files`: octets of an attachment. */
export async function encryptedChatMail(
  from: Correspondent,
  to: Correspondent,
  index: number,
  date: number,
  file?: Uint8Array,
): Promise<{ raw: string; date: number }> {
  const written = new Date(date).toUTCString().replace('GMT', '+0000');
  const messageId = `<chat$e${index}x${from.email.split('@')[0]}@${DOMAIN}>`;
  const autocrypt = autocryptField(from);
  const text = [
    'Content-Type: text/plain; charset=utf-8; format=flowed',
    'Content-Transfer-Encoding: quoted-printable',
  ];
  const words = [
    `Message number ${index}: lorem ipsum dolor sit amet, consectetur adipisici elit, sed eiusmod tempor =E2=9C=93`,
    'incidunt ut labore et dolore magna aliqua.',
    '',
  ];
  const header = [
    `Date: ${written}`,
    `From: Sender <${from.email}>`,
    `To: ${to.email}`,
    `Message-ID: ${messageId}`,
    `References: <chat$first${from.email.split('@')[0]}@${DOMAIN}>`,
    'Subject: Chat: lorem ipsum',
    'Chat-Version: 1.0',
    autocrypt,
    `HP-Outer: Date: ${written}`,
    `HP-Outer: From: <${from.email}>`,
    `HP-Outer: To: <${to.email}>`,
    `HP-Outer: Message-ID: ${messageId}`,
    'HP-Outer: Subject: ...',
    'HP-Outer: Chat-Version: 1.0',
    'MIME-Version: 1.0',
  ];
  const payload =
    file === undefined
      ? [...header, `${text[0]};\r\n hp="cipher"`, text[1], '', ...words]
      : [
          ...header,
          'Content-Type: multipart/mixed; boundary=inside;\r\n hp="cipher"',
          '',
          '--inside',
          ...text,
          '',
          ...words,
          '--inside',
          'Content-Type: application/octet-stream; name=file.bin',
          'Content-Disposition: attachment; filename=file.bin',
          'Content-Transfer-Encoding: base64',
          '',
          Buffer.from(file).toString('base64').replace(/.{76}/g, '$&\r\n'),
          '--inside--',
          '',
        ];
  const armored = await openpgp.encrypt({
    message: await openpgp.createMessage({ binary: Buffer.from(payload.join('\r\n')) }),
    encryptionKeys: [to.publicKey, from.publicKey],
    signingKeys: from.privateKey,
    config: { nonDeterministicSignaturesViaNotation: false },
  });
  const raw = [
    `Return-Path: <${from.email}>`,
    `Delivered-To: ${to.email}`,
    `Date: ${written}`,
    `From: <${from.email}>`,
    `To: <${to.email}>`,
    `Message-ID: ${messageId}`,
    'Subject: ...',
    'Chat-Version: 1.0',
    autocrypt,
    'MIME-Version: 1.0',
    'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=outside',
    '',
    '--outside',
    'Content-Type: application/pgp-encrypted',
    '',
    'Version: 1',
    '',
    '--outside',
    'Content-Type: application/octet-stream; name=encrypted.asc',
    '',
    armored.trimEnd().replace(/\r?\n/g, '\r\n'),
    '',
    '--outside--',
    '',
  ].join('\r\n');
  return { raw, date };
}

function autocryptField({ email, keyData }: Correspondent): string {
  return `Autocrypt: addr=${email}; prefer-encrypt=mutual;\r\n keydata=${keyData.replace(/.{76}/g, '$&\r\n ')}`;
}
