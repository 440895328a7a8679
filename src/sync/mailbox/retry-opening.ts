import { ServerError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import type { LocationRecord } from '../../store/records.js';
import type { ImapTransport } from '../../transport/imap.js';
import type { IncomingCopy } from '../incoming.js';
import { type Arrival, readCopies } from '../ingest/arrival.js';
import { join } from '../ingest/join.js';
import type { SyncContext } from '../sync-context.js';
import { learnTokens } from '../trust/learn-tokens.js';
import { fetchMails, nextBatch } from './fetch-mails.js';

type RetryContext = Pick<SyncContext, 'store' | 'writer' | 'keys' | 'suspects' | 'logger'>;

/**
 * Reads copies again that waited for a key which has come: those that could not be opened, and those whose signature could not be checked.
 * From the newest down, a batch at a time; what is left is in the store, so that it survives being offline. Returns true if there is more.
 */
export async function retryOpening(context: RetryContext, imap: ImapTransport, signal: AbortSignal): Promise<boolean> {
  const [retry] = await context.store.list('retries', { limit: 1 });
  if (retry === undefined) return false;
  const { waitsFor, reached } = retry;
  const copies = await context.store.list('locations', {
    index: 'waiting',
    prefix: [waitsFor],
    reverse: true,
    ...(reached !== undefined && { before: reached }),
    limit: limits.retryBatch,
  });
  const arrivals: Arrival[] = [];
  for (const [folder, inFolder] of byFolder(copies)) {
    arrivals.push(...(await readAgain(context, imap, folder, inFolder, signal).catch(goneIsNothing)));
  }
  const last = copies.at(-1);
  const finished = last === undefined || copies.length < limits.retryBatch;
  await context.writer.run(async (tx) => {
    await learnTokens(tx, await join(tx, arrivals), context.keys);
    const current = await tx.get('retries', waitsFor);
    // Another key came meanwhile: from the beginning.
    if (current?.at !== retry.at) return;
    if (finished) tx.remove('retries', waitsFor);
    else tx.put('retries', { ...current, reached: [last.internalDate, last.key] });
  });
  return (await context.store.count('retries', { limit: 1 })) > 0;
}

function byFolder(copies: readonly LocationRecord[]): Map<string, LocationRecord[]> {
  const folders = new Map<string, LocationRecord[]>();
  for (const copy of copies) {
    const list = folders.get(copy.folder);
    if (list === undefined) folders.set(copy.folder, [copy]);
    else list.push(copy);
  }
  return folders;
}

/** A folder that was deleted must not keep the others waiting. */
function goneIsNothing(thrown: unknown): Arrival[] {
  if (thrown instanceof ServerError && thrown.code === 'FOLDER_MISSING') return [];
  throw thrown;
}

/** Fetches copies of one folder and reads them. Those that are gone, or moved by a new UIDVALIDITY, are found by the next look into the folders. */
async function readAgain(
  context: RetryContext,
  imap: ImapTransport,
  folder: string,
  copies: readonly LocationRecord[],
  signal: AbortSignal,
): Promise<Arrival[]> {
  const { store, suspects, logger } = context;
  const [record] = await store.get('folders', [folder]);
  if (record === undefined) return [];
  const uids = copies.filter(({ uidValidity }) => uidValidity === record.uidValidity).map(({ uid }) => uid);
  const known = new Map(copies.map((copy) => [copy.uid, copy]));
  const fetching = { imap, suspects, logger, signal };
  return imap.withFolder(
    folder,
    async (session) => {
      if (session.state.uidValidity !== record.uidValidity || uids.length === 0) return [];
      const arrivals: Arrival[] = [];
      let rest = await session.fetch(
        uids.sort((a, b) => a - b),
        {},
        { signal },
      );
      while (rest.length > 0) {
        const batch = nextBatch(rest, limits.retryBatch);
        rest = rest.slice(batch.length);
        const mails = await fetchMails(fetching, session, batch);
        const found = mails.map((mail): IncomingCopy => {
          // The same copy as then, with the flags that it has now.
          const internalDate = known.get(mail.uid)?.internalDate ?? mail.internalDate;
          return {
            ...{ folder, role: record.role, uidValidity: record.uidValidity },
            ...{ mail: { ...mail, internalDate }, history: true },
          };
        });
        arrivals.push(...(await readCopies(context, found)));
      }
      return arrivals;
    },
    { signal },
  );
}
