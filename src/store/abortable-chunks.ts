import { abortable, throwIfAborted } from '../core/abort.js';

/** The same chunks, until the signal fires: even a source that has stalled is then left at once, and told to stop. */
export async function* abortableChunks(
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  throwIfAborted(signal);
  const source = chunks[Symbol.asyncIterator]();
  let ended = false;
  try {
    for (;;) {
      const next = await abortable(source.next(), signal);
      ended = next.done === true;
      if (next.done) break;
      yield next.value;
    }
    throwIfAborted(signal);
  } finally {
    // Not awaited: a generator that waits for its own source only stops when that answers.
    if (!ended) void source.return?.().catch(() => {});
  }
}
