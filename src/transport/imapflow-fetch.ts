import type { FetchMessageObject, FetchQueryObject } from 'imapflow';
import { type AbortOptions, throwIfAborted } from '../core/abort.js';
import { InputError, MailError, ServerError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import { bodyPart } from './body-structure.js';
import type { FetchedMail, ImapFetchQuery, ImapFlags, UidSet } from './imap.js';
import { misbehaved } from './imap-errors.js';
import type { ImapLink } from './imapflow-link.js';
import { uidFilter, uidSets } from './uid-sets.js';

/** Fetched rows by UID. A server may spread what it tells about one mail over several answers. */
type Rows = Map<number, FetchMessageObject>;

/** Section numbers that may be asked for: `2`, `1.3`, with `.MIME`, `.HEADER` or `.TEXT`, or these words alone. */
const SECTION = /^(\d{1,9}(\.\d{1,9}){0,50}(\.(MIME|HEADER|TEXT))?|HEADER|TEXT)$/;

/**
 * UID FETCH of what the query names, ascending, without those that are gone.
 *
 * @param onStray called when the server reports flags of a mail that nobody asked for: somebody changed it.
 */
export async function fetchMails(
  link: ImapLink,
  uids: UidSet,
  query: ImapFetchQuery,
  onStray: () => void,
  options: AbortOptions = {},
): Promise<FetchedMail[]> {
  const parts = query.parts ?? [];
  for (const part of parts) checkSection(part);
  const sections = [
    ...(query.headers === true ? ['HEADER'] : []),
    ...parts.flatMap((part) => [part, ...(/^[\d.]+$/.test(part) ? [`${part}.MIME`] : [])]),
  ];
  const wanted: FetchQueryObject = {
    uid: true,
    flags: true,
    internalDate: true,
    size: true,
    ...(query.source ? { source: query.source === true ? true : { start: 0, maxLength: query.source } } : {}),
    ...(Array.isArray(query.headers) ? { headers: [...query.headers] } : {}),
    ...(query.structure ? { bodyStructure: true } : {}),
    ...(sections.length > 0 ? { bodyParts: sections.map(bounded) } : {}),
  };
  const rows = await fetchRows(link, uids, wanted, onStray, options);
  if (query.structure) await fetchWithoutStructure(link, uids, wanted, rows, onStray, options);
  return [...rows.keys()]
    .sort((a, b) => a - b)
    .flatMap((uid) => {
      const row = rows.get(uid);
      return row ? [mailOf(row, query, link.clock.now())] : [];
    });
}

/**
 * A BODYSTRUCTURE of more than 25 levels is dropped by imapflow's parser together with the whole answer, so that the
 * mail looks as if it were gone. Fetched again without it.
 */
async function fetchWithoutStructure(
  link: ImapLink,
  uids: UidSet,
  query: FetchQueryObject,
  rows: Rows,
  onStray: () => void,
  options: AbortOptions,
): Promise<void> {
  const there = Array.isArray(uids) ? uids : [...(await fetchRows(link, uids, { uid: true }, onStray, options)).keys()];
  const missing = there.filter((uid: number) => !rows.has(uid));
  if (missing.length === 0) return;
  const { bodyStructure: _, ...rest } = query;
  for (const [uid, row] of await fetchRows(link, missing, rest, onStray, options)) rows.set(uid, row);
}

/** Flags of mails; where the server has no CONDSTORE, `changedSince` is of no effect. */
export async function fetchFlags(
  link: ImapLink,
  uids: UidSet,
  onStray: () => void,
  options: { readonly changedSince?: string } & AbortOptions = {},
): Promise<ImapFlags[]> {
  const rows = await fetchRows(link, uids, { uid: true, flags: true }, onStray, options);
  return [...rows.values()]
    .filter((row) => row.flags)
    .sort((a, b) => a.uid - b.uid)
    .map((row) => ({ uid: row.uid, flags: [...(row.flags ?? [])], ...modSeqOf(row) }));
}

/** Octets of one part from the offset `from` on, piece by piece. */
export async function* downloadPart(
  link: ImapLink,
  uid: number,
  part: string,
  onStray: () => void,
  { from = 0, ...options }: { readonly from?: number } & AbortOptions = {},
): AsyncIterable<Uint8Array> {
  checkSection(part);
  const octets = async (start: number, maxLength: number): Promise<Uint8Array | undefined> => {
    const query = { uid: true, bodyParts: [{ key: part, start, maxLength }] };
    const row = (await fetchRows(link, [uid], query, onStray, options)).get(uid);
    if (!row) throw vanished(uid);
    return row.bodyParts?.get(part.toLowerCase());
  };
  const piece = limits.imapPieceBytes;
  for (let start = from; ; ) {
    const bytes = await octets(start, piece);
    if (!bytes?.length) {
      // Dovecot answers like this for a mail that was expunged, too: the end counts only while the beginning is there.
      if (start > 0 && !(await octets(0, 1))?.length) throw vanished(uid);
      return;
    }
    if (bytes.length > piece) throw misbehaved(link.endpoint, 'more octets of a part than were asked for');
    yield bytes;
    start += bytes.length;
    if (bytes.length < piece) return;
    if (start > limits.imapLiteralBytes) {
      throw new MailError(
        'LIMIT_EXCEEDED',
        `Part ${part} of mail ${uid} is larger than ${limits.imapLiteralBytes} bytes.`,
      );
    }
  }
}

function vanished(uid: number): ServerError {
  return new ServerError('NOT_FOUND', `Mail ${uid} is no longer in this folder.`);
}

async function fetchRows(
  link: ImapLink,
  uids: UidSet,
  query: FetchQueryObject,
  onStray: () => void,
  { signal, changedSince }: { readonly changedSince?: string } & AbortOptions,
): Promise<Rows> {
  const rows: Rows = new Map();
  const wanted = uidFilter(uids);
  // `9:*` always answers with the last mail, even if its UID is smaller: no news.
  const open = !Array.isArray(uids) && (uids as { to: unknown }).to === '*';
  const since = changedSince === undefined ? {} : { changedSince: modSeq(changedSince) };
  for (const set of uidSets(uids)) {
    throwIfAborted(signal);
    await link.run(
      async () => {
        for await (const row of link.flow.fetch(set, query, { uid: true, ...since })) {
          if (row.uid && wanted(row.uid)) {
            rows.set(row.uid, merge(rows.get(row.uid), row));
            if (rows.size > limits.imapFolderMails)
              throw misbehaved(link.endpoint, 'more mails than a folder can hold');
          } else if (!open) onStray();
        }
      },
      { signal },
    );
  }
  return rows;
}

function merge(before: FetchMessageObject | undefined, row: FetchMessageObject): FetchMessageObject {
  if (!before) return row;
  const bodyParts = new Map([...(before.bodyParts ?? []), ...(row.bodyParts ?? [])]);
  return { ...before, ...row, ...(bodyParts.size ? { bodyParts } : {}) };
}

function mailOf(row: FetchMessageObject, query: ImapFetchQuery, now: number): FetchedMail {
  const date = new Date(row.internalDate ?? Number.NaN).getTime();
  const parts = new Map<string, Uint8Array>();
  for (const part of query.parts ?? []) {
    for (const name of [part, `${part}.MIME`]) {
      const bytes = row.bodyParts?.get(name.toLowerCase());
      if (bytes) parts.set(name, bytes);
    }
  }
  return {
    uid: row.uid,
    flags: [...(row.flags ?? [])],
    // Every real server tells; what arrives without a date is taken as new.
    internalDate: Number.isNaN(date) ? now : date,
    size: row.size ?? row.source?.length ?? 0,
    ...modSeqOf(row),
    ...(query.source && row.source ? { source: row.source } : {}),
    ...(query.headers && row.headers ? { headers: row.headers } : {}),
    ...(query.structure && row.bodyStructure ? { structure: bodyPart(row.bodyStructure) } : {}),
    ...(query.parts?.length ? { parts } : {}),
  };
}

function modSeqOf(row: FetchMessageObject): { modSeq?: string } {
  return row.modseq ? { modSeq: row.modseq.toString() } : {};
}

function modSeq(value: string): bigint {
  if (/^\d{1,19}$/.test(value)) return BigInt(value);
  throw new InputError('INVALID_OPTION', `"${value}" is not a mod-sequence: it must be a decimal number.`);
}

/** Headers of 100 MB exist; of more than the limit nothing is read, but one octet beyond tells that it was exceeded. */
function bounded(section: string): { key: string; start?: number; maxLength?: number } {
  const header = section.endsWith('HEADER') || section.endsWith('.MIME');
  return header ? { key: section, start: 0, maxLength: limits.headerBytes + 1 } : { key: section };
}

function checkSection(part: string): void {
  if (SECTION.test(part)) return;
  throw new InputError(
    'INVALID_OPTION',
    `"${part}" is not a part of a mail. Use a number from its structure, such as "2" or "1.3".`,
  );
}
