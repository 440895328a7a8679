import { composeMime, type MimeHeaderValue, type MimePart } from '../../../src/mail/compose/mime.js';
import { readMail } from '../../../src/mail/read-mail.js';
import type { PrivateKey, PublicKey } from '../../../src/openpgp/key.js';
import { minimizeKey } from '../../../src/openpgp/key-use.js';
import { generateKey } from '../../../src/openpgp/keys.js';
import { type OpenedMail, type OpenMailOptions, openMail } from '../../../src/openpgp/open-mail.js';
import { type SealOptions, sealMail } from '../../../src/openpgp/seal-mail.js';

/** 1 May 2026. */
export const NOW = Date.UTC(2026, 4, 1, 12);
export const DAY = 24 * 3600_000;

export interface Actor {
  readonly address: string;
  readonly key: PrivateKey;
  readonly publicKey: PublicKey;
}

/** Somebody with a key. */
export async function actor(name: string, now = NOW): Promise<Actor> {
  const address = `${name}@example.org`;
  const key = await generateKey({ address, now });
  return { address, key, publicKey: await minimizeKey(key, { at: now }) };
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

/** A mail from Ada to Bob, in plain text. */
export function plainMail(
  more: Partial<Record<string, MimeHeaderValue>> = {},
  root: MimePart = { contentType: 'text/plain; charset=utf-8', content: 'Meet me at nine.\n' },
): Promise<Uint8Array> {
  const headers: Record<string, MimeHeaderValue | undefined> = {
    From: [{ address: 'ada@example.org', name: 'Ada' }],
    To: [{ address: 'bob@example.org', name: 'Bob' }],
    Date: { date: NOW },
    'Message-ID': '<inner@example.org>',
    Subject: 'A secret plan',
    'Chat-Version': '1.0',
    ...more,
  };
  const fields = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return composeMime({ ...root, headers: [...fields, ...(root.headers ?? [])] });
}

export function seal(mail: Uint8Array, from: Actor, to: readonly Actor[], more: Partial<SealOptions> = {}) {
  return sealMail(mail, { to: to.map(({ publicKey }) => publicKey), signWith: from.key, now: NOW, ...more });
}

/** Opens a mail as `to`, who knows the keys of `senders`. */
export async function open(
  mail: Uint8Array | string,
  to: Actor,
  senders: readonly Actor[] = [],
  more: Partial<OpenMailOptions> = {},
): Promise<OpenedMail> {
  const bytes = typeof mail === 'string' ? utf8(mail) : mail;
  return openMail(await readMail(bytes), {
    keys: [to.key],
    keysOf: async () => senders.map(({ publicKey }) => publicKey),
    ...more,
  });
}

/** A mail around an encrypted message, armored or not, with these outer fields. */
export function pgpMime(message: Uint8Array, headers: readonly string[] = []): string {
  return [
    ...(headers.length > 0 ? headers : ['From: ada@example.org', 'To: bob@example.org', 'Subject: ...']),
    'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b',
    '',
    '--b',
    'Content-Type: application/pgp-encrypted',
    '',
    'Version: 1',
    '',
    '--b',
    'Content-Type: application/octet-stream',
    'Content-Transfer-Encoding: base64',
    '',
    Buffer.from(message).toString('base64').replace(/.{76}/g, '$&\r\n'),
    '--b--',
    '',
  ].join('\r\n');
}

/** Lines of a mail. */
export function lines(...text: readonly string[]): string {
  return text.join('\r\n');
}
