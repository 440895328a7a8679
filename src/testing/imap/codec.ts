import type { compiler, parser } from 'imapflow/lib/handler/imap-handler';
import type { ImapStream } from 'imapflow/lib/handler/imap-stream';
import type addressparser from 'nodemailer/lib/addressparser';

/** The libraries that the IMAP server is made of. */
export interface Codec {
  readonly parser: typeof parser;
  readonly compiler: typeof compiler;
  readonly ImapStream: typeof ImapStream;
  readonly addressparser: typeof addressparser;
}

/** Loads them on first use, so that importing `coi-sdk/testing` stays cheap. */
export async function loadCodec(): Promise<Codec> {
  const [handler, stream, addresses] = await Promise.all([
    import('imapflow/lib/handler/imap-handler'),
    import('imapflow/lib/handler/imap-stream'),
    import('nodemailer/lib/addressparser'),
  ]);
  return {
    parser: handler.parser,
    compiler: handler.compiler,
    ImapStream: stream.ImapStream,
    addressparser: addresses.default,
  };
}
