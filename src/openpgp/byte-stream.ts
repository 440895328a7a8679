const PIECE = 256 * 1024;

/** Octets as a stream, so that what works on them needs not have them all several times. */
export function toStream(...parts: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  const left = [...parts];
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      for (let part = left[0]; part && at >= part.length; part = left[0]) {
        left.shift();
        at = 0;
      }
      const [part] = left;
      if (!part) return controller.close();
      // No copy: the library changes nothing of it, and keeps it until it is done.
      controller.enqueue(part.subarray(at, at + PIECE));
      at += PIECE;
    },
  });
}

/** All octets of a stream, gathered as they come. `expected` is how many they are thought to be: room for more costs nothing, too little a copy. */
export async function gather(stream: AsyncIterable<Uint8Array>, expected: number): Promise<Uint8Array> {
  let bytes = Buffer.allocUnsafeSlow(expected);
  let length = 0;
  for await (const piece of stream) {
    if (length + piece.length > bytes.length) bytes = Buffer.concat([bytes], 2 * (length + piece.length));
    bytes.set(piece, length);
    length += piece.length;
  }
  return bytes.subarray(0, length);
}
