import { limits } from '../core/limits.js';
import { normalizeAddress } from '../mail/address.js';
import type { MailAddress, ParsedMail } from '../mail/parsed-mail.js';
import { type AutocryptHeader, formatGossipHeader, validAutocryptHeaders } from './header.js';

/** Visible recipients of a mail to be written. Bcc is not among them: its recipients must not be revealed. */
export interface GossipRecipients {
  /** Addresses of To and Cc. */
  readonly recipients: readonly string[];
  /** Addresses of Reply-To, whose keys answers will need. */
  readonly replyTo?: readonly string[];
}

/**
 * The values of the `Autocrypt-Gossip` fields for the root part of an encrypted payload (Level 1, "Key Gossip Injection in
 * Outbound Messages"): one for each address of To, Cc and Reply-To with a key, each once, in their order. Empty if the
 * message goes to one person who answers to the sender: they need no key but the sender's.
 *
 * @param keys Binary minimised keys by normalised address: those that the mail is encrypted to. Keys of the sender's own
 * addresses are not to be among them, the `Autocrypt` field has them.
 * @throws InputError `INVALID_ADDRESS`, `MESSAGE_TOO_LARGE` see {@link formatGossipHeader}
 */
export function gossipFields(to: GossipRecipients, keys: ReadonlyMap<string, Uint8Array>): string[] {
  const recipients = new Set(to.recipients.map(normalizeAddress));
  const replyTo = new Set((to.replyTo ?? []).map(normalizeAddress));
  const addresses = [...new Set([...recipients, ...replyTo])].filter((address) => keys.has(address));
  const isNews = recipients.size > 1 || addresses.some((address) => !recipients.has(address));
  if (!isNews) return [];
  return addresses.flatMap((address) => {
    const keyData = keys.get(address);
    return keyData === undefined ? [] : [formatGossipHeader({ address, keyData })];
  });
}

/**
 * The gossip of a mail that counts: `Autocrypt-Gossip` fields in the root of the payload, for addresses of To, Cc and
 * Reply-To only (those inside, where the payload has any), one each; of several for one address none counts. A
 * `prefer-encrypt` in gossip means nothing. Keys are not looked at.
 *
 * @param memberKeys Keys from elsewhere in the payload, taken for addresses that have no field.
 */
export function readGossip(
  mail: ParsedMail,
  payload: ParsedMail,
  memberKeys: readonly { readonly address: string; readonly keyData: Uint8Array }[] = [],
): AutocryptHeader[] {
  const recipients = visibleRecipients(mail, payload);
  const found = new Map<string, AutocryptHeader | 'several'>();
  const fields = payload.headers.getAll('Autocrypt-Gossip').slice(0, limits.gossipHeaders);
  for (const header of validAutocryptHeaders(fields)) {
    if (!recipients.has(header.address)) continue;
    found.set(header.address, found.has(header.address) ? 'several' : { ...header, preferEncrypt: 'nopreference' });
  }
  const cards = new Map<string, AutocryptHeader | 'several'>();
  for (const { address, keyData } of memberKeys.slice(0, limits.gossipHeaders)) {
    const normalized = normalizeAddress(address);
    if (!recipients.has(normalized) || found.has(normalized)) continue;
    const card = { address: normalized, keyData, preferEncrypt: 'nopreference' } as const;
    cards.set(normalized, cards.has(normalized) ? 'several' : card);
  }
  return [...found.values(), ...cards.values()].filter((header) => header !== 'several');
}

/** To, Cc and Reply-To of the payload if it names recipients (the outer ones may be stand-ins then), else of the mail. */
function visibleRecipients(mail: ParsedMail, payload: ParsedMail): ReadonlySet<string> {
  const source = payload.to.length + payload.cc.length > 0 ? payload : mail;
  const all: readonly MailAddress[] = [...source.to, ...source.cc, ...source.replyTo];
  return new Set(all.map(({ address }) => address));
}
