import { evidenceOf } from '../../autocrypt/evidence.js';
import { factsOfMail, type KeyMail } from '../../autocrypt/mail-facts.js';
import { CoiError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { readMail } from '../../mail/read-mail.js';
import type { ImapFolderSession, ImapTransport } from '../../transport/imap.js';
import { type ArrivedLesson, learnArrivals } from '../keys/learn-arrivals.js';
import type { SyncContext } from '../sync-context.js';

type KeyContext = Pick<SyncContext, 'keys' | 'writer' | 'identity' | 'logger'>;

/** Header fields that show a key in use. */
const FIELDS = ['From', 'Date', 'Message-ID', 'Content-Type', 'Autocrypt', 'Autocrypt-Setup-Message'] as const;

/**
 * Makes the key of the mailbox at the account's first start, unless the mailbox shows that another device has one: a setup message,
 * mail of ours with a key, or encrypted. Folders that are taken in completely have told by their mails; in the others the
 * server searches all mails, however many there are.
 *
 * @param paths Folders to look into.
 */
export async function makeOwnKey(
  context: KeyContext,
  imap: ImapTransport,
  paths: Iterable<string>,
  signal: AbortSignal,
): Promise<void> {
  const { keys, logger } = context;
  if (!needsOwnKey(context)) return;
  for (const path of paths) {
    if (keys.manager.state() !== 'none') return;
    await imap
      .withFolder(path, (folder) => searchEvidence(context, folder, signal), { readOnly: true, signal })
      .catch((thrown) => {
        // Deleted since: then there is nothing in it.
        if (!(thrown instanceof CoiError && thrown.code === 'FOLDER_MISSING')) throw thrown;
      });
  }
  if (keys.manager.state() !== 'none') return;
  try {
    const { fingerprint } = await keys.manager.create();
    logger.log('info', `The mailbox has an OpenPGP key now: ${fingerprint}.`);
  } catch (thrown) {
    // The user is just making or importing one, or a mail that came meanwhile shows that there is one.
    const isNeedless =
      thrown instanceof CoiError && (thrown.code === 'KEY_EXISTS' || thrown.code === 'KEY_IMPORT_NEEDED');
    if (!isNeedless) throw thrown;
  }
}

/** True if there is no key, and one is wanted. */
export function needsOwnKey({ keys }: Pick<SyncContext, 'keys'>): boolean {
  return keys.manager.enabled && keys.manager.ownKeys.length === 0;
}

async function searchEvidence(context: KeyContext, folder: ImapFolderSession, signal: AbortSignal): Promise<void> {
  if (folder.state.exists === 0) return;
  const { identity, writer } = context;
  const found = new Set(await newest(folder, ['Autocrypt-Setup-Message', 'v1']));
  for (const address of identity.addresses) {
    for (const uid of await newest(folder, ['From', address], ['Autocrypt', ''])) found.add(uid);
    for (const uid of await newest(folder, ['From', address], ['Content-Type', 'multipart/encrypted'])) found.add(uid);
  }
  if (found.size === 0) return;
  // Servers compare pieces of text: who wrote the mail is looked at here.
  const mails = await folder.fetch(
    [...found].sort((a, b) => a - b),
    { headers: FIELDS },
    { signal },
  );
  const lessons: ArrivedLesson[] = [];
  for (const { headers, internalDate } of mails) {
    const mail: KeyMail = { mail: await readMail(headers ?? new Uint8Array()), receivedAt: internalDate };
    const [from, ...others] = mail.mail.from;
    if (from === undefined || others.length > 0 || !identity.addresses.has(from.address)) continue;
    lessons.push({ lesson: { facts: NOTHING, evidence: evidenceOf(mail, await factsOfMail(mail)) }, history: true });
  }
  await writer.run((tx) => learnArrivals(tx, lessons));
}

const NOTHING = { facts: [], publicKeys: [] };

type Field = readonly [name: string, value: string];

async function newest(folder: ImapFolderSession, [name, value]: Field, ...others: readonly Field[]): Promise<number[]> {
  const uids = await folder.searchHeader(name, value, ...others);
  return uids.sort((a, b) => a - b).slice(-limits.keyEvidenceMails);
}
