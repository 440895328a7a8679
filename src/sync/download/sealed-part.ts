import { MailError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import type { MailPart } from '../../mail/parsed-mail.js';
import { readMail } from '../../mail/read-mail.js';
import { openMail } from '../../openpgp/open-mail.js';
import type { ImapTransport } from '../../transport/imap.js';
import type { DownloadOptions } from '../engine.js';
import type { AccountKeys } from '../keys/account-keys.js';

/** A part of a mail that was fetched whole, decoded; opens the encryption first if there is one. Undefined if there is no such part. */
export async function partOf(
  raw: Uint8Array,
  part: string,
  keys: AccountKeys,
  { signal }: DownloadOptions = {},
): Promise<Uint8Array | undefined> {
  const how = { ...(signal && { signal }) };
  // Who signed it was looked at when the message came in.
  const own = keys.manager.decryptionKeys;
  const { mail } = await openMail(await readMail(raw, how), { ...how, keys: own, keysOf: async () => [] });
  return findPart(mail.root, part)?.content();
}

/**
 * The same for a mail on the server. Inside of an encryption the server knows no parts, so all of the mail is fetched. Undefined if the
 * mail is gone.
 *
 * @throws MailError `LIMIT_EXCEEDED`
 */
export async function sealedPart(
  imap: ImapTransport,
  copy: { readonly folder: string; readonly uidValidity?: string; readonly uid: number; readonly size: number },
  part: string,
  keys: AccountKeys,
  options: DownloadOptions,
): Promise<Uint8Array | undefined> {
  if (copy.size > limits.mailBytes)
    throw new MailError('LIMIT_EXCEEDED', `The encrypted mail is larger than ${limits.mailBytes} bytes.`);
  const { signal } = options;
  const raw = await imap.withFolder(
    copy.folder,
    async (session) => {
      if (copy.uidValidity !== undefined && session.state.uidValidity !== copy.uidValidity) return undefined;
      const [mail] = await session.fetch([copy.uid], { source: true }, { ...(signal && { signal }) });
      return mail?.source;
    },
    { readOnly: true, ...(signal && { signal }) },
  );
  return raw && partOf(raw, part, keys, options);
}

function findPart(part: MailPart, path: string): MailPart | undefined {
  if (part.path === path && part.children.length === 0) return part;
  for (const child of part.children) {
    const found = findPart(child, path);
    if (found) return found;
  }
  return undefined;
}
