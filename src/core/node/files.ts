import { createReadStream } from 'node:fs';
import { open, rename, unlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { type AbortOptions, throwIfAborted } from '../abort.js';
import { AbortedError, CoiError, InputError } from '../errors.js';
import { randomId } from '../random.js';

/** A file in memory. */
export interface FileContent {
  /** Last component of the path. */
  readonly filename: string;
  readonly content: Uint8Array;
}

/** Options of {@link readFileWithin}. */
export interface ReadFileOptions extends AbortOptions {
  /** Octets; a larger file is refused before it is read. */
  readonly maxBytes: number;
}

/**
 * Reads a file that is to be sent.
 *
 * @throws InputError `FILE_NOT_FOUND` if there is no readable file, `ATTACHMENT_TOO_LARGE` before anything is read.
 */
export async function readFileWithin(path: string, options: ReadFileOptions): Promise<FileContent> {
  throwIfAborted(options.signal);
  const filename = basename(path);
  try {
    const file = await open(path, 'r');
    try {
      const stats = await file.stat();
      if (!stats.isFile()) {
        throw new InputError('FILE_NOT_FOUND', `"${path}" is not a regular file. Give the path of a file.`);
      }
      if (stats.size > options.maxBytes) throw tooLarge(path, stats.size, options.maxBytes);
      // One octet more than allowed tells whether the file has grown since.
      const chunks: Uint8Array[] = [];
      let size = 0;
      for await (const chunk of file.createReadStream({
        start: 0,
        end: options.maxBytes,
        autoClose: false,
        ...(options.signal ? { signal: options.signal } : {}),
      })) {
        chunks.push(chunk as Uint8Array);
        size += (chunk as Uint8Array).length;
      }
      if (size > options.maxBytes) throw tooLarge(path, size, options.maxBytes);
      return { filename, content: Buffer.concat(chunks) };
    } finally {
      await file.close();
    }
  } catch (thrown) {
    throw fileError(thrown, path, 'read', options.signal);
  }
}

/** Options of {@link writeFileFrom}. */
export interface WriteFileOptions extends AbortOptions {
  /** Replaces a file that is already there. Default false. */
  readonly overwrite?: boolean | undefined;
}

/**
 * Writes chunks to a new file as they come, onto the disk; what was written is removed again when it does not come to an end.
 *
 * @throws InputError `INVALID_OPTION` if there is such a file already or its folder is missing or not writable.
 */
export async function writeFileFrom(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  options: WriteFileOptions = {},
): Promise<void> {
  throwIfAborted(options.signal);
  const file = await open(path, options.overwrite ? 'w' : 'wx').catch((thrown: unknown) => {
    throw fileError(thrown, path, 'write', options.signal);
  });
  try {
    for await (const chunk of chunks) {
      throwIfAborted(options.signal);
      await file.appendFile(chunk);
    }
    await file.sync();
    await file.close();
  } catch (thrown) {
    await file.close().catch(() => {});
    await unlink(path).catch(() => {});
    throw fileError(thrown, path, 'write', options.signal);
  }
}

/** {@link writeFileFrom} into a file beside it first, so that one that is there already is kept until the new one is complete. */
export async function replaceFileFrom(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  options: AbortOptions = {},
): Promise<void> {
  const beside = `${path}.${randomId()}.partial`;
  await writeFileFrom(beside, chunks, options);
  await rename(beside, path).catch(async (thrown: unknown) => {
    await unlink(beside).catch(() => {});
    throw fileError(thrown, path, 'write', options.signal);
  });
}

/**
 * The octets of a file, piece by piece. It is opened when the first one is asked for.
 *
 * @throws InputError `FILE_NOT_FOUND` if there is no readable file.
 */
export async function* readChunks(path: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(path)) yield chunk as Uint8Array;
  } catch (thrown) {
    throw fileError(thrown, path, 'read', undefined);
  }
}

function tooLarge(path: string, size: number, max: number): InputError {
  return new InputError(
    'ATTACHMENT_TOO_LARGE',
    `"${path}" has ${size} octets, but only ${max} can be sent with this message. Share a link instead.`,
  );
}

function fileError(thrown: unknown, path: string, act: 'read' | 'write', signal: AbortSignal | undefined): unknown {
  if (thrown instanceof CoiError) return thrown;
  if (signal?.aborted) return new AbortedError(signal.reason);
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  if (act === 'read') {
    const reason = code === 'ENOENT' ? 'There is no file' : `The file cannot be read (${code})`;
    return new InputError('FILE_NOT_FOUND', `${reason}: "${path}". Check the path and its permissions.`, {
      cause: thrown,
    });
  }
  if (!FILE_CODES.has(code)) return thrown;
  const reason =
    code === 'EEXIST' ? 'There is a file already, set `overwrite` to replace it' : `Cannot write (${code})`;
  return new InputError('INVALID_OPTION', `${reason}: "${path}".`, { cause: thrown });
}

const FILE_CODES = new Set([
  'EEXIST',
  'ENOENT',
  'EACCES',
  'EPERM',
  'EISDIR',
  'ENOTDIR',
  'EROFS',
  'ENOSPC',
  'ENAMETOOLONG',
]);
