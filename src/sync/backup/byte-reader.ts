import { type AbortOptions, throwIfAborted } from '../../core/abort.js';
import { abortableChunks } from '../../store/abortable-chunks.js';

/** Reads pieces of a wanted size from chunks of any size. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #signal: AbortSignal | undefined;
  #rest: Uint8Array = new Uint8Array();
  #ended = false;

  constructor(chunks: AsyncIterable<Uint8Array>, { signal }: AbortOptions = {}) {
    this.#signal = signal;
    this.#chunks = abortableChunks(chunks, signal)[Symbol.asyncIterator]();
  }

  /** The next `size` octets; fewer if the source ends before. */
  async read(size: number): Promise<Uint8Array> {
    throwIfAborted(this.#signal);
    const pieces: Uint8Array[] = [];
    let missing = size;
    while (missing > 0 && (await this.#fill())) {
      const piece = this.#rest.subarray(0, missing);
      this.#rest = this.#rest.subarray(piece.length);
      pieces.push(piece);
      missing -= piece.length;
    }
    const [only] = pieces;
    return pieces.length === 1 && only !== undefined ? only : joined(pieces, size - missing);
  }

  /** True if nothing follows. */
  async atEnd(): Promise<boolean> {
    return !(await this.#fill());
  }

  /** Lets the source go, wherever it is. */
  async close(): Promise<void> {
    this.#ended = true;
    await this.#chunks.return?.();
  }

  /** False at the end. */
  async #fill(): Promise<boolean> {
    while (this.#rest.length === 0 && !this.#ended) {
      const next = await this.#chunks.next();
      if (next.done) this.#ended = true;
      else this.#rest = next.value;
    }
    return this.#rest.length > 0;
  }
}

function joined(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
