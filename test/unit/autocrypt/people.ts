import { encodeBase64 } from '../../../src/autocrypt/base64.js';
import { formatAutocryptHeader, formatGossipHeader } from '../../../src/autocrypt/header.js';
import { KeyManager } from '../../../src/autocrypt/key-manager.js';
import type { KeyManagerOptions } from '../../../src/autocrypt/key-options.js';
import type { KeyMail } from '../../../src/autocrypt/mail-facts.js';
import type { ParsedMail } from '../../../src/mail/parsed-mail.js';
import { readMail } from '../../../src/mail/read-mail.js';
import type { PrivateKey } from '../../../src/openpgp/key.js';
import { minimizeKey } from '../../../src/openpgp/key-use.js';
import { generateKey } from '../../../src/openpgp/keys.js';
import type { PreferEncrypt } from '../../../src/store/key-records.js';

export const DAY = 24 * 3600_000;
/** When the tests take place. */
export const NOW = Date.UTC(2026, 0, 15, 12);
export const ME = 'me@example.org';

/** A clock that stands still until it is set. */
export function clockAt(start = NOW) {
  let now = start;
  return { now: () => now, after: () => () => {}, set: (time: number) => (now = time) };
}

export interface Person {
  readonly address: string;
  readonly key: PrivateKey;
  readonly keyData: Uint8Array;
  readonly fingerprint: string;
  /** Value of their Autocrypt field. */
  readonly header: string;
  readonly mutual: string;
  readonly gossip: string;
}

/** Somebody with a new key. */
export async function person(address: string, options: { made?: number; expires?: number } = {}): Promise<Person> {
  const now = options.made ?? NOW - 400 * DAY;
  const key = await generateKey({ address, now, ...(options.expires !== undefined && { expires: options.expires }) });
  const small = await minimizeKey(key, { address, at: now });
  const keyData = small.bytes();
  const header = (preferEncrypt: PreferEncrypt) => formatAutocryptHeader({ address, preferEncrypt, keyData });
  return {
    ...{
      address,
      key,
      keyData,
      fingerprint: key.fingerprint,
      header: header('nopreference'),
      mutual: header('mutual'),
    },
    gossip: formatGossipHeader({ address, keyData }),
  };
}

export interface MailDraft {
  readonly from?: string;
  readonly to?: string;
  readonly date?: number;
  readonly id?: string;
  /** Further fields. */
  readonly fields?: readonly (readonly [string, string])[];
  readonly type?: string;
  readonly body?: string;
}

/** A mail from these fields; without `from` there is none of the usual fields, as in a payload. */
export function mail(draft: MailDraft): Promise<ParsedMail> {
  const { from, to = ME, date, id, fields = [], type = 'text/plain', body = 'Hello' } = draft;
  const lines = [
    ...(from === undefined ? [] : [`From: ${from}`, `To: ${to}`]),
    ...(date === undefined ? [] : [`Date: ${new Date(date).toUTCString()}`]),
    ...(id === undefined ? [] : [`Message-ID: <${id}>`]),
    ...fields.map(([name, value]) => `${name}: ${value}`),
    `Content-Type: ${type}`,
    '',
    body,
  ];
  return readMail(new TextEncoder().encode(lines.join('\r\n')));
}

let count = 0;

/** A mail as it came in, received when it was dated unless said otherwise. */
export async function incoming(
  draft: MailDraft & Partial<Pick<KeyMail, 'payload' | 'signed' | 'spam' | 'memberKeys'>> & { receivedAt?: number },
): Promise<KeyMail> {
  const { payload, signed, spam, memberKeys, receivedAt, ...rest } = draft;
  const date = rest.date ?? NOW;
  return {
    mail: await mail({ id: `mail-${++count}@example.org`, ...rest, date }),
    receivedAt: receivedAt ?? date,
    ...(payload && { payload }),
    ...(signed !== undefined && { signed }),
    ...(spam !== undefined && { spam }),
    ...(memberKeys && { memberKeys }),
  };
}

/** A mail with that person's Autocrypt field. */
export function mailWithKey(from: Person, draft: MailDraft & { receivedAt?: number } = {}): Promise<KeyMail> {
  return incoming({ from: from.address, ...draft, fields: [['Autocrypt', from.header], ...(draft.fields ?? [])] });
}

/** A key manager of ours. */
export function manager(options: Partial<KeyManagerOptions> = {}): Promise<KeyManager> {
  return KeyManager.open({ addresses: ME, clock: clockAt(), ...options });
}

/** One with a key. */
export async function readyManager(options: Partial<KeyManagerOptions> = {}): Promise<KeyManager> {
  const keys = await manager(options);
  await keys.create();
  return keys;
}

export { encodeBase64 };
