import type { AbortOptions } from '../../core/abort.js';
import { limits } from '../../core/limits.js';
import { ArmoredPieces } from '../../openpgp/armor.js';
import type { FetchedMail, ImapBodyPart, ImapFolderSession } from '../../transport/imap.js';

/** Where the encrypted octets of PGP/MIME (RFC 3156 4) stand. */
const SEALED = '2';

/**
 * Fetches what is encrypted of a large mail piece by piece and undoes its armor on the way, so that it is in memory once and not three times.
 * Returns `head` with it; undefined if the mail is to be fetched whole: it is small, or not written as nearly all are.
 *
 * @param head The mail with all header fields and its structure.
 */
export async function fetchSealed(
  folder: ImapFolderSession,
  head: FetchedMail,
  { signal }: AbortOptions,
): Promise<FetchedMail | undefined> {
  const size = head.structure && sealedSize(head.structure);
  if (size === undefined || head.size <= limits.syncBatchBytes || head.size > limits.mailBytes) return undefined;
  const pieces = new ArmoredPieces(Math.min(size, head.size));
  for await (const piece of folder.download(head.uid, SEALED, { ...(signal && { signal }) })) {
    if (!pieces.push(piece)) return undefined;
  }
  const message = pieces.end();
  return message && { ...head, parts: new Map([[SEALED, message]]) };
}

/** Octets of the encrypted part, if it is where it should be and not encoded once more. */
function sealedSize({ type, children }: ImapBodyPart): number | undefined {
  const [version, message, ...others] = children;
  const isPgp =
    type.toLowerCase() === 'multipart/encrypted' && version?.type.toLowerCase() === 'application/pgp-encrypted';
  if (!isPgp || !message || message.children.length > 0 || others.length > 0) return undefined;
  return /^(?:7bit|8bit|binary)$/i.test(message.encoding ?? '7bit') ? message.size : undefined;
}
