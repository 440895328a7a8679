import { type AbortOptions, throwIfAborted } from '../core/abort.js';
import { InputError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import type { RandomBytes } from '../core/random.js';
import { abortableChunks } from '../store/abortable-chunks.js';
import { openStore, type StoreInput } from '../store/open-store.js';
import { damaged } from '../sync/backup/damaged.js';
import type { BackupEntry, BackupManifest } from '../sync/backup/entries.js';
import type { StateWriter } from '../sync/state-writer.js';
import { invalid } from './check-options.js';

/** How far a backup has come, while it is written or restored. */
export interface BackupProgress {
  /** Records so far. */
  readonly records: number;
  /** Records that there were when the backup was begun; what changed meanwhile comes on top. */
  readonly totalRecords: number;
  /** Octets of the sealed file so far, files of messages included. */
  readonly octets: number;
}

/** What `Account.exportBackup` and `Account.importBackup` have in common. */
export interface BackupOptions extends AbortOptions {
  /**
   * Seals the file: whoever has both can read everything and act as the account towards its chat partners. It is not kept
   * anywhere, and without it the file is worth nothing. Best generated, such as `crypto.randomUUID()`, and shown once.
   */
  readonly passphrase: string;
  /** Called for every piece of the file, some 64 KiB. */
  readonly onProgress?: ((progress: BackupProgress) => void) | undefined;
}

/** Options of `Account.exportBackup`. */
export interface ExportBackupOptions extends BackupOptions {
  /** Replaces a file that is already there, once the new one is complete. Default false. */
  readonly overwrite?: boolean | undefined;
}

/** Options of `Account.importBackup`. */
export interface ImportBackupOptions extends BackupOptions {
  /** Where the account will be kept, as for `Account.open`: a store that is empty, or a path where no file is yet. */
  readonly store: StoreInput;
}

/** What a backup says about itself. */
export interface BackupInfo {
  /** Address of the account: what to give to `Account.open`. */
  readonly email: string;
  /** When the backup was made. */
  readonly createdAt: Date;
  /** How many records it holds: messages, contacts, keys and whatever else the store keeps. */
  readonly records: number;
}

/** See `Account.exportBackup`. */
export async function exportBackup(
  target: string | WritableStream<Uint8Array>,
  options: ExportBackupOptions,
  { writer, random }: { readonly writer: StateWriter; readonly random: RandomBytes },
): Promise<BackupInfo> {
  checkBackupOptions('exportBackup', options, ['passphrase', 'onProgress', 'overwrite', 'signal']);
  const { passphrase, signal, overwrite, onProgress } = options;
  throwIfAborted(signal);
  const [{ snapshot }, { writeEntries }, { sealStream }] = await Promise.all([
    import('../sync/backup/snapshot.js'),
    import('../sync/backup/entries.js'),
    import('../sync/backup/sealed-stream.js'),
  ]);
  const progress = new Progress(onProgress);
  const entries = progress.entries(snapshot(writer));
  const sealed = progress.octets(sealStream(writeEntries(entries), passphrase, { random }));
  if (typeof target === 'string') {
    const { replaceFileFrom, writeFileFrom } = await import('../core/node/files.js');
    await (overwrite ? replaceFileFrom(target, sealed, { signal }) : writeFileFrom(target, sealed, { signal }));
  } else {
    await writeTo(target, abortableChunks(sealed, signal));
  }
  return progress.info();
}

/** See `Account.importBackup`. */
export async function importBackup(
  source: string | AsyncIterable<Uint8Array>,
  options: ImportBackupOptions,
): Promise<BackupInfo> {
  checkBackupOptions('importBackup', options, ['passphrase', 'store', 'onProgress', 'signal']);
  const { passphrase, signal, store, onProgress } = options;
  if (store === undefined) {
    throw new InputError('INVALID_OPTION', 'importBackup: say where the account is to be kept, with "store".');
  }
  throwIfAborted(signal);
  const [{ readEntries }, { openStream }] = await Promise.all([
    import('../sync/backup/entries.js'),
    import('../sync/backup/sealed-stream.js'),
  ]);
  const progress = new Progress(onProgress);
  const sealed = progress.octets(typeof source === 'string' ? await chunksOfFile(source) : source);
  const entries = progress.entries(readEntries(openStream(sealed, passphrase, { signal })));
  try {
    // Nothing is made before the passphrase has proved right.
    await entries.next();
    const info = progress.info();
    await restoreInto(store, entries, signal);
    return info;
  } finally {
    await entries.return(undefined);
  }
}

async function restoreInto(
  input: StoreInput,
  entries: AsyncGenerator<BackupEntry>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { isHalfRestored, requireEmpty, restore } = await import('../sync/backup/restore.js');
  let store = await openStore(input);
  try {
    if (await isHalfRestored(store)) {
      await store.wipe();
      store = await openStore(input);
    }
    await requireEmpty(store);
  } catch (thrown) {
    await store.close();
    throw thrown;
  }
  try {
    await restore(entries, store, { signal });
  } catch (thrown) {
    // What is left if this fails as well is known by its mark.
    await store.wipe().catch(() => store.close());
    throw thrown;
  }
  await store.close();
}

async function chunksOfFile(path: string): Promise<AsyncIterable<Uint8Array>> {
  const { readChunks } = await import('../core/node/files.js');
  return readChunks(path);
}

async function writeTo(target: WritableStream<Uint8Array>, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const writer = target.getWriter();
  try {
    for await (const chunk of chunks) {
      await writer.ready;
      await writer.write(chunk);
    }
    await writer.close();
  } catch (thrown) {
    await writer.abort(thrown).catch(() => {});
    throw thrown;
  } finally {
    writer.releaseLock();
  }
}

/** Watches what passes by. */
class Progress {
  readonly #onProgress: BackupOptions['onProgress'];
  #manifest: BackupManifest | undefined;
  #records = 0;
  #octets = 0;

  constructor(onProgress: BackupOptions['onProgress']) {
    this.#onProgress = onProgress;
  }

  async *entries(entries: AsyncGenerator<BackupEntry>): AsyncGenerator<BackupEntry> {
    for await (const entry of entries) {
      if (entry.kind === 'manifest') this.#manifest = entry.manifest;
      if (entry.kind === 'put') this.#records++;
      yield entry;
    }
  }

  async *octets(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      this.#octets += chunk.length;
      yield chunk;
      const [records, octets] = [this.#records, this.#octets];
      this.#onProgress?.({ records, totalRecords: this.#manifest?.records ?? 0, octets });
    }
  }

  /** Throws `BACKUP_DAMAGED` if the backup does not begin with a manifest. */
  info(): BackupInfo {
    if (this.#manifest === undefined) throw damaged('it does not say what it holds');
    const { email, createdAt, records } = this.#manifest;
    return { email, createdAt: new Date(createdAt), records };
  }
}

function checkBackupOptions(where: string, options: BackupOptions, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) throw invalid(where, 'needs an object such as { passphrase }');
  refuseUnknownOptions(where, options, known);
  if (typeof options.passphrase !== 'string' || options.passphrase === '') {
    throw invalid(`${where}: passphrase`, 'has to be a text that is not empty');
  }
}
