import type { KeyManager } from '../../autocrypt/key-manager.js';
import { CoiError, EncryptionError } from '../../core/errors.js';
import { parseMailDate } from '../../mail/mail-date.js';
import type { MailHeaders, ParsedMail } from '../../mail/parsed-mail.js';
import { readMail } from '../../mail/read-mail.js';
import { openMail } from '../../openpgp/open-mail.js';
import type { Identity } from '../incoming.js';
import type { AccountKeys } from '../keys/account-keys.js';

/** A mail of the folder of storage messages, as far as it can be believed. */
export type OpenedStorageMail =
  | {
      readonly state: 'counts';
      readonly mail: ParsedMail;
      /** The fields outside of the encryption. */
      readonly outside: MailHeaders;
      readonly secured: boolean;
    }
  | { readonly state: 'ignored' }
  | { readonly state: 'locked' };

const IGNORED = { state: 'ignored' } as const;

/** What changes with the own keys: mails that could not be opened are worth another try then. */
export function keysState(keys: KeyManager): string {
  return keys.decryptionKeys.map(({ fingerprint }) => fingerprint).join(' ');
}

/**
 * Opens a mail of the folder of storage messages. Anybody may have got a mail in there: it counts only if it is from ourselves, and once
 * there is an own key only if it is encrypted to it and signed by it, with everything that it says inside.
 */
export async function openStorageMail(
  source: Uint8Array,
  keys: AccountKeys,
  identity: Identity,
): Promise<OpenedStorageMail> {
  try {
    const outer = await readMail(source);
    const [from] = outer.from;
    if (from === undefined || outer.from.length > 1 || !identity.addresses.has(from.address)) return IGNORED;
    const own = keys.manager.decryptionKeys;
    if (own.length === 0) return withoutKey(outer, keys.manager, identity);
    // All own keys: what was written with one that was replaced since stays true.
    const opened = await openMail(outer, { keys: own, keysOf: async () => keys.ownPublicKeys() });
    const { security, payloadHeaders: headers, warnings } = opened;
    if (!security.encrypted || security.signature !== 'valid' || headers === undefined) return IGNORED;
    if (warnings.includes('from-mismatch')) return IGNORED;
    const date = parseMailDate(headers.get('Date') ?? '') ?? outer.date;
    const mail = { ...opened.mail, headers, ...(date !== undefined && { date }) };
    return { state: 'counts', mail, outside: outer.headers, secured: true };
  } catch (thrown) {
    if (thrown instanceof EncryptionError) return { state: 'locked' };
    if (thrown instanceof CoiError) return IGNORED;
    throw thrown;
  }
}

function withoutKey(mail: ParsedMail, keys: KeyManager, identity: Identity): OpenedStorageMail {
  if (mail.root.contentType === 'multipart/encrypted') return { state: 'locked' };
  // There is a key, on another device: then plain text could be anybody's.
  if (keys.state(identity.email) === 'import-needed') return { state: 'locked' };
  return { state: 'counts', mail, outside: mail.headers, secured: false };
}
