import { type AbortOptions, throwIfAborted } from '../../core/abort.js';
import { StoreError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { abortableChunks } from '../abortable-chunks.js';
import type { Connection } from './connection.js';
import type { SqlValue } from './driver.js';

/**
 * The blobs of one account, in rows of `limits.blobChunkBytes`. A blob that is being written has a row in `_blobs` whose `chunks`
 * is NULL and which nobody sees; the transaction that sets it replaces the older blob of the same id.
 */
export class Blobs {
  readonly #connection: Connection;
  readonly #account: number;

  constructor(connection: Connection, account: number) {
    this.#connection = connection;
    this.#account = account;
  }

  /** Puts a whole blob; inside a transaction. */
  put(id: string, bytes: Uint8Array): void {
    const row = this.#begin(id);
    let number = 0;
    for (; number === 0 || number * limits.blobChunkBytes < bytes.length; number++) {
      const end = (number + 1) * limits.blobChunkBytes;
      this.#putChunk(row, number, bytes.subarray(number * limits.blobChunkBytes, end), end >= bytes.length);
    }
    this.#finish(id, row, number);
  }

  /** Removes a blob; inside a transaction. */
  remove(id: string): void {
    const row = this.#find(id)?.row;
    if (row !== undefined) this.#removeRow(row);
  }

  /** Removes all blobs of the account; inside a transaction. */
  removeAll(): void {
    this.#connection.run('DELETE FROM _chunks WHERE blob IN (SELECT _row FROM _blobs WHERE _account = ?)', [
      this.#account,
    ]);
    this.#connection.run('DELETE FROM _blobs WHERE _account = ?', [this.#account]);
  }

  /** Writes a blob piece by piece, each row in a transaction of its own. */
  async write(id: string, chunks: AsyncIterable<Uint8Array>, { signal }: AbortOptions): Promise<void> {
    throwIfAborted(signal);
    const row = await this.#connection.write(() => this.#begin(id));
    try {
      let number = 0;
      // One piece is held back, because the last one is marked as such.
      let held: Uint8Array | undefined;
      for await (const piece of evenPieces(abortableChunks(chunks, signal))) {
        if (held) await this.#writeChunk(row, number++, held);
        held = piece;
      }
      const last = held ?? new Uint8Array();
      await this.#connection.write(() => {
        this.#putChunk(row, number, last, true);
        this.#finish(id, row, number + 1);
      });
    } catch (error) {
      // If this fails as well (the store was closed), the next opening cleans up.
      await this.#connection.write(() => this.#removeRow(row)).catch(() => {});
      throw error;
    }
  }

  /** The bytes of a blob; throws `NOT_FOUND`. */
  async *read(id: string): AsyncGenerator<Uint8Array> {
    this.#connection.flush();
    const found = this.#find(id);
    if (!found) throw new StoreError('NOT_FOUND', `The store has no blob "${id}".`);
    for (let number = 0; number < found.chunks; number++) {
      const data = this.#connection.get('SELECT data FROM _chunks WHERE blob = ? AND number = ?', [
        found.row,
        number,
      ])?.[0];
      if (data === undefined) {
        throw new StoreError('NOT_FOUND', `The blob "${id}" was replaced or removed while it was read.`);
      }
      const place = this.#place(found.row, number, number === found.chunks - 1);
      const bytes = this.#connection.codec.decodeBytes(place, data);
      if (bytes.length > 0) yield bytes;
    }
  }

  #begin(id: string): number {
    const values = [this.#account, this.#idColumn(id)];
    return this.#connection.get(
      'INSERT INTO _blobs (_account, id) VALUES (?, ?) RETURNING _row',
      values,
    )?.[0] as number;
  }

  async #writeChunk(row: number, number: number, bytes: Uint8Array): Promise<void> {
    await this.#connection.write(() => this.#putChunk(row, number, bytes, false));
  }

  #putChunk(row: number, number: number, bytes: Uint8Array, last: boolean): void {
    const data = this.#connection.codec.encodeBytes(this.#place(row, number, last), bytes);
    this.#connection.run('INSERT INTO _chunks (blob, number, data) VALUES (?, ?, ?)', [row, number, data]);
  }

  #finish(id: string, row: number, chunks: number): void {
    this.remove(id);
    this.#connection.run('UPDATE _blobs SET chunks = ?2 WHERE _row = ?1', [row, chunks]);
  }

  #find(id: string): { row: number; chunks: number } | undefined {
    const found = this.#connection.get(
      'SELECT _row, chunks FROM _blobs WHERE _account = ? AND id = ? AND chunks IS NOT NULL',
      [this.#account, this.#idColumn(id)],
    );
    return found && { row: found[0] as number, chunks: found[1] as number };
  }

  #removeRow(row: number): void {
    this.#connection.run('DELETE FROM _chunks WHERE blob = ?', [row]);
    this.#connection.run('DELETE FROM _blobs WHERE _row = ?', [row]);
  }

  #idColumn(id: string): SqlValue {
    return this.#connection.codec.column(this.#account, '_blobs', 'id', id);
  }

  /** Row numbers are never used twice, so a chunk fits nowhere else; `last` shows if the end was cut off. */
  #place(row: number, number: number, last: boolean): string {
    return `${this.#account} _blobs ${row} ${number} ${last ? 'last' : 'more'}`;
  }
}

/** Pieces of exactly `limits.blobChunkBytes`, the last one smaller. */
async function* evenPieces(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let piece = new Uint8Array(limits.blobChunkBytes);
  let filled = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const taken = chunk.subarray(at, at + piece.length - filled);
      piece.set(taken, filled);
      filled += taken.length;
      at += taken.length;
      if (filled === piece.length) {
        yield piece;
        piece = new Uint8Array(limits.blobChunkBytes);
        filled = 0;
      }
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}
