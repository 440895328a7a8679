import type { FolderRecord, MessageRecord } from '../../store/records.js';
import type { FetchedMail } from '../../transport/imap.js';
import type { IncomingCopy } from '../incoming.js';
import { readCopies } from '../ingest/arrival.js';
import { join } from '../ingest/join.js';
import { planDeliveryReceipts } from '../receipts/plan-receipts.js';
import type { SyncContext } from '../sync-context.js';
import { patchFolder } from '../sync-context.js';
import { learnTokens } from '../trust/learn-tokens.js';
import { takeTyping } from '../trust/take-typing.js';

/** A batch to be joined into the state. */
export interface CommitBatch {
  readonly record: FolderRecord;
  readonly mails: readonly FetchedMail[];
  /** INTERNALDATE before which everything is history; see {@link isHistory}. */
  readonly historyDate: number;
  /** New position in the folder, written with the mails. */
  readonly position?: Partial<FolderRecord>;
  /** Told after the commit. */
  readonly done?: (messages: readonly MessageRecord[]) => void;
}

/**
 * Reads and commits batches one after the other, one batch behind the fetching: `add` waits for the batch before, so that at most two are in
 * memory, and the network and this process both have something to do.
 */
export class Committer {
  readonly #context: SyncContext;
  #last: Promise<void> = Promise.resolve();

  constructor(context: SyncContext) {
    this.#context = context;
  }

  /** Takes a batch; rejects with what went wrong with an earlier one. */
  async add(batch: CommitBatch): Promise<void> {
    await this.#last;
    this.#last = this.#commit(batch);
    // Whoever adds next, or flushes, gets the failure.
    this.#last.catch(() => undefined);
  }

  /** Resolves when all that was added is committed. */
  async flush(): Promise<void> {
    await this.#last;
  }

  /** The same, whatever became of it: for those who give up. */
  async settled(): Promise<void> {
    await this.#last.catch(() => undefined);
  }

  async #commit({ record, mails, historyDate, position, done }: CommitBatch): Promise<void> {
    const copies = mails.map(
      (mail): IncomingCopy => ({
        folder: record.path,
        role: record.role,
        uidValidity: record.uidValidity,
        mail,
        // What comes back from among the blocked mail comes back silently.
        history: record.role === 'blocked' || isHistory(record, mail, historyDate),
      }),
    );
    const arrivals = await readCopies(this.#context, copies);
    const messages = await this.#context.writer.run(async (tx) => {
      if (position) await patchFolder(tx, record.path, position);
      const joined = await join(tx, arrivals);
      await learnTokens(tx, joined, this.#context.keys);
      await takeTyping(tx, joined);
      await planDeliveryReceipts(tx, [...tx.news], this.#context.receipts);
      return joined;
    });
    done?.(messages);
  }
}

/**
 * True for a mail that lay in the mailbox at the very first start. In a folder that we met later (or anew, after its UIDVALIDITY changed), and
 * in those that mails are moved to, the UID does not tell; there the time of arrival does, which moving preserves.
 */
export function isHistory(
  record: Pick<FolderRecord, 'role' | 'historyBelow'>,
  mail: Pick<FetchedMail, 'uid' | 'internalDate'>,
  historyDate: number,
): boolean {
  if (mail.uid < record.historyBelow) return true;
  const tells = record.role === 'inbox' && record.historyBelow > 1;
  return !tells && mail.internalDate < historyDate;
}
