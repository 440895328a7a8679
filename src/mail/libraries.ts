import type libmime from 'libmime';
import type charset from 'libmime/lib/charset.js';
import type addressparser from 'nodemailer/lib/addressparser';

/** The libraries that reading a mail needs. */
export interface MailLibraries {
  readonly libmime: libmime.Libmime;
  readonly charset: charset.Charset;
  readonly addressparser: typeof addressparser;
}

let loading: Promise<MailLibraries> | undefined;

/** Loads them on first use: importing the SDK must stay fast. */
export function loadMailLibraries(): Promise<MailLibraries> {
  loading ??= load();
  return loading;
}

async function load(): Promise<MailLibraries> {
  const [mime, charsets, addresses] = await Promise.all([
    import('libmime'),
    import('libmime/lib/charset.js'),
    import('nodemailer/lib/addressparser'),
  ]);
  return { libmime: mime.default, charset: charsets.default, addressparser: addresses.default };
}
