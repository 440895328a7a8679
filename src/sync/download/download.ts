import { throwIfAborted } from '../../core/abort.js';
import { CoiError, InputError, MailError, ServerError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { readMail } from '../../mail/read-mail.js';
import { transferDecoder } from '../../mail/transfer-encoding.js';
import type { AttachmentRecord, MessageRecord } from '../../store/records.js';
import type { Store } from '../../store/store.js';
import type { ImapTransport } from '../../transport/imap.js';
import type { DownloadOptions } from '../engine.js';
import type { AccountKeys } from '../keys/account-keys.js';
import { readWhole } from '../outbox/outbox-delivery.js';
import { holdFolder } from './download-connection.js';
import { partOf, sealedPart } from './sealed-part.js';

/** Where downloads come from. */
export interface DownloadSource {
  readonly store: Store;
  readonly keys: AccountKeys;
  /** A connection to download over, for one user; rejects while the account is offline. */
  readonly connect: (options: DownloadOptions) => Promise<{ readonly imap: ImapTransport; readonly done: () => void }>;
}

/** A copy of the message on the server. `uidValidity` is missing if it was just found there. */
interface Copy {
  readonly folder: string;
  readonly uidValidity?: string;
  readonly uid: number;
  /** Octets of the mail. */
  readonly size: number;
}

/**
 * The decoded octets of a file of a message: from the store, from the outbox as long as it was not filed, else from any copy on the server.
 *
 * @throws InputError `NOT_FOUND`; ServerError `NOT_FOUND` if no copy is left; NetworkError while offline; MailError `LIMIT_EXCEEDED`; AbortedError.
 */
export async function* downloadPart(
  source: DownloadSource,
  messageKey: string,
  part: string,
  options: DownloadOptions = {},
): AsyncIterable<Uint8Array> {
  const { store } = source;
  const [message] = await store.get('messages', [messageKey]);
  const attachment = message?.attachments.find((candidate) => candidate.part === part);
  if (!message || !attachment) {
    throw new InputError(
      'NOT_FOUND',
      `The message has no file with part number "${part}". Take it from message.attachments.`,
    );
  }
  const pieces =
    (await fromStore(store, attachment)) ??
    (await fromOutbox(source, message, attachment, options)) ??
    fromServer(source, message, attachment, options);
  let received = 0;
  for await (const piece of pieces) {
    throwIfAborted(options.signal);
    received += piece.length;
    if (received > limits.mailBytes)
      throw new MailError('LIMIT_EXCEEDED', `The file is larger than ${limits.mailBytes} bytes.`);
    if (piece.length === 0) continue;
    options.onProgress?.(received, Math.max(received, attachment.size));
    yield piece;
  }
}

async function fromStore(store: Store, { blob }: AttachmentRecord): Promise<AsyncIterable<Uint8Array> | undefined> {
  if (blob === undefined) return undefined;
  const pieces = store.readBlob(blob)[Symbol.asyncIterator]();
  try {
    const first = await pieces.next();
    return continued(first, pieces);
  } catch (thrown) {
    if (thrown instanceof CoiError && thrown.code === 'NOT_FOUND') return undefined;
    throw thrown;
  }
}

async function* continued(
  first: IteratorResult<Uint8Array>,
  rest: AsyncIterator<Uint8Array>,
): AsyncIterable<Uint8Array> {
  try {
    for (let next = first; !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

async function fromOutbox(
  { store, keys }: DownloadSource,
  message: MessageRecord,
  attachment: AttachmentRecord,
  options: DownloadOptions,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const [record] = await store.list('outbox', { index: 'byMessage', prefix: [message.key], limit: 1 });
  if (!record) return undefined;
  const content = await partOf(await readMail(await readWhole(store, record)), sectionOf(attachment), keys, options);
  return content && single(content);
}

async function* fromServer(
  source: DownloadSource,
  message: MessageRecord,
  attachment: AttachmentRecord,
  options: DownloadOptions,
): AsyncIterable<Uint8Array> {
  throwIfAborted(options.signal);
  const { imap, done } = await source.connect(options);
  try {
    const decoder = transferDecoder(attachment.encoding?.toLowerCase() ?? '7bit');
    let from = 0;
    let size: number | undefined;
    for await (const copy of copiesOf(source.store, imap, message)) {
      // A mail that is moved while it is read (we do that ourselves) is read on at its new place, if it is the same to the octet.
      if (from > 0 && copy.size !== size) continue;
      size = copy.size;
      if (message.security.encrypted) {
        const content = await sealedPart(imap, copy, sectionOf(attachment), source.keys, options).catch(
          goneIsUndefined,
        );
        if (content === undefined) continue;
        yield content;
        return;
      }
      try {
        for await (const piece of fromCopy(imap, copy, attachment, from, options)) {
          from += piece.length;
          yield decoder.push(piece);
        }
      } catch (thrown) {
        goneIsUndefined(thrown);
        continue;
      }
      // Nothing of a file that has something in it: that is how some servers say that the mail is gone.
      if (from === 0 && attachment.size > 0) continue;
      yield decoder.end();
      return;
    }
    throw new ServerError(
      'NOT_FOUND',
      'No copy of this message is left in the mailbox, so its file cannot be downloaded any more.',
    );
  } finally {
    done();
  }
}

/** A copy that is gone is no failure as long as there may be others. */
function goneIsUndefined(thrown: unknown): undefined {
  const gone = thrown instanceof CoiError && (thrown.code === 'NOT_FOUND' || thrown.code === 'FOLDER_MISSING');
  if (!gone) throw thrown;
  return undefined;
}

/** The copies we know of, those we got to know of meanwhile, then those a search finds: another device may just have moved them. */
async function* copiesOf(store: Store, imap: ImapTransport, message: MessageRecord): AsyncIterable<Copy> {
  const tried = new Set<string>();
  for (let more = true; more; ) {
    const known = await store.list('locations', { index: 'byMessage', prefix: [message.key] });
    const next = known.find(({ key }) => !tried.has(key));
    if (next) yield next;
    if (next) tried.add(next.key);
    more = next !== undefined;
  }
  const folders = await store.list('folders');
  for (const { path } of folders) {
    const found = await imap
      .withFolder(path, async (session) => {
        const uids = await session.searchHeader('Message-ID', message.outerId ?? message.messageId);
        // Anybody can send a mail with the same id.
        const rows = uids.length > 0 ? await session.fetch(uids.slice(0, 10), {}) : [];
        return rows.filter(({ size }) => size === message.size);
      })
      .catch((thrown) => {
        if (thrown instanceof CoiError && thrown.code === 'FOLDER_MISSING') return [];
        throw thrown;
      });
    for (const { uid, size } of found) yield { folder: path, uid, size };
  }
}

async function* fromCopy(
  imap: ImapTransport,
  { folder, uid, uidValidity }: Copy,
  attachment: AttachmentRecord,
  from: number,
  { signal }: DownloadOptions,
): AsyncIterable<Uint8Array> {
  const { session, release } = await holdFolder(imap, folder, { signal });
  try {
    if (uidValidity !== undefined && session.state.uidValidity !== uidValidity) {
      throw new ServerError('NOT_FOUND', 'The folder was made anew, so the mail lies elsewhere.');
    }
    yield* session.download(uid, sectionOf(attachment), { from, signal });
  } finally {
    release();
  }
}

/** The only part of a mail without multiparts has the number 1 (RFC 9051 6.4.5). */
function sectionOf({ part }: AttachmentRecord): string {
  return part || '1';
}

async function* single(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
