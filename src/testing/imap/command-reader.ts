import type { Socket } from 'node:net';
import type { ImapStreamItem } from 'imapflow/lib/handler/types';
import type { Codec } from './codec.js';

/** Sizes that end a connection. */
export interface ReaderLimits {
  readonly lineBytes: number;
  readonly literalBytes: number;
}

const silent = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/**
 * Cuts what a client sends into command lines with their literals. imapflow's stream is made for the client side; the
 * server side adds the invitation to send a literal, and LITERAL+ (RFC 7888), which needs none.
 */
export class CommandReader {
  readonly #items: AsyncIterator<ImapStreamItem>;
  #current: ImapStreamItem | undefined;

  constructor(codec: Codec, socket: Socket, limits: ReaderLimits, invite: () => void) {
    class CommandStream extends codec.ImapStream {
      override checkLiteralMarker(line: Buffer): boolean {
        const plus = line.lastIndexOf('+}');
        if (plus > 0 && line.length - plus <= 4) {
          return super.checkLiteralMarker(Buffer.concat([line.subarray(0, plus), line.subarray(plus + 1)]));
        }
        const literal = super.checkLiteralMarker(line);
        if (literal) invite();
        return literal;
      }
    }
    const stream = new CommandStream({
      logger: silent,
      maxLineLength: limits.lineBytes,
      maxLiteralSize: limits.literalBytes,
      maxResponseSize: limits.lineBytes + limits.literalBytes,
    });
    socket.pipe(stream);
    socket.once('close', () => stream.destroy());
    this.#items = stream[Symbol.asyncIterator]();
  }

  /**
   * The next line with its literals; undefined at the end. The one before is done with then.
   *
   * @throws Error if a line or literal is too large.
   */
  async next(): Promise<{ line: Buffer; literals: Buffer[] } | undefined> {
    this.#current?.next();
    this.#current = undefined;
    const result = await this.#items.next().catch((error: NodeJS.ErrnoException) => {
      // The socket went away in the middle of a line.
      if (error.code === 'ERR_STREAM_PREMATURE_CLOSE') return { done: true as const, value: undefined };
      throw error;
    });
    if (result.done) return undefined;
    this.#current = result.value;
    return { line: result.value.payload, literals: result.value.literals };
  }
}
