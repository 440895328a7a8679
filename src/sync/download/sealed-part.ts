import { MailError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { parsedMailFromParts } from '../../mail/body-structure.js';
import type { MailPart, ParsedMail } from '../../mail/parsed-mail.js';
import { readMail } from '../../mail/read-mail.js';
import { openMail } from '../../openpgp/open-mail.js';
import type { ImapFolderSession, ImapTransport } from '../../transport/imap.js';
import type { DownloadOptions } from '../engine.js';
import type { AccountKeys } from '../keys/account-keys.js';
import { fetchSealed } from './fetch-sealed.js';

/** A part of a mail that is there as a whole, decoded; opens the encryption first if there is one. Undefined if there is no such part. */
export async function partOf(
  outer: ParsedMail,
  part: string,
  keys: AccountKeys,
  { signal }: DownloadOptions = {},
): Promise<Uint8Array | undefined> {
  const how = { ...(signal && { signal }) };
  // Who signed it was looked at when the message came in.
  const own = keys.manager.decryptionKeys;
  const { mail } = await openMail(outer, { ...how, keys: own, keysOf: async () => [] });
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
  const outer = await imap.withFolder(
    copy.folder,
    async (session) => {
      if (copy.uidValidity !== undefined && session.state.uidValidity !== copy.uidValidity) return undefined;
      return fetchOuter(session, copy.uid, options);
    },
    { readOnly: true, ...(signal && { signal }) },
  );
  return outer && partOf(outer, part, keys, options);
}

async function fetchOuter(
  session: ImapFolderSession,
  uid: number,
  { signal }: DownloadOptions,
): Promise<ParsedMail | undefined> {
  const how = { ...(signal && { signal }) };
  const [head] = await session.fetch([uid], { headers: true, structure: true }, how);
  const sealed = head && (await fetchSealed(session, head, how));
  const { headers, structure, parts, size } = sealed ?? {};
  if (headers && structure && parts && size !== undefined)
    return parsedMailFromParts({ headers, structure, parts, size }, how);
  const [mail] = await session.fetch([uid], { source: true }, how);
  return mail?.source && readMail(mail.source, how);
}

function findPart(part: MailPart, path: string): MailPart | undefined {
  if (part.path === path && part.children.length === 0) return part;
  for (const child of part.children) {
    const found = findPart(child, path);
    if (found) return found;
  }
  return undefined;
}
