import { type AbortOptions, abortable, throwIfAborted } from '../core/abort.js';
import { InputError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import { buildMail } from './build-mail.js';
import { concatBytes } from './bytes.js';
import { loadMailLibraries, type MailLibraries } from './libraries.js';
import { LazyPart } from './mail-part.js';
import { parseMimeTree, type RawPart } from './mime-tree.js';
import type { MailPart, MailProblem, ParsedMail } from './parsed-mail.js';

/**
 * Reads a mail from its octets (RFC 5322, RFC 2045). Whatever they are, the result is a mail; what could not be read is
 * in its `problems`. At most `limits.mailBytes` are looked at. The octets must not be changed afterwards: parts are
 * views on them.
 *
 * @throws InputError `INVALID_OPTION` if the input is neither octets nor a stream of octets.
 * @throws AbortedError when the signal fires.
 */
export async function readMail(
  raw: Uint8Array | AsyncIterable<Uint8Array>,
  options: AbortOptions = {},
): Promise<ParsedMail> {
  throwIfAborted(options.signal);
  const { bytes, tooLarge } = raw instanceof Uint8Array ? cut(raw) : await collect(raw, options.signal);
  const libraries = await loadMailLibraries();
  throwIfAborted(options.signal);
  const problems: MailProblem[] = [];
  if (tooLarge) {
    problems.push({
      code: 'too-large',
      detail: `The mail is larger than ${limits.mailBytes} octets; only its beginning was read.`,
    });
  }
  const tree = parseMimeTree(bytes, libraries);
  if (tree.cut)
    problems.push({ code: 'limit', detail: 'The mail has more parts, levels or header fields than are read.' });
  const body = bytes.subarray(tree.root.bodyStart);
  const root = toPart(tree.root, '', bytes, libraries, problems);
  return buildMail({
    headers: tree.root.headers,
    root,
    size: raw instanceof Uint8Array ? raw.length : bytes.length,
    body,
    problems,
    libraries,
  });
}

/** Numbers the parts like IMAP (RFC 9051 6.4.5). Recursion is bounded by `limits.mimeDepth`. */
function toPart(
  raw: RawPart,
  path: string,
  mail: Uint8Array,
  libraries: MailLibraries,
  problems: MailProblem[],
): MailPart {
  const { info, headers } = raw;
  const children = raw.children.map((child, index) =>
    toPart(child, `${path === '' ? '' : `${path}.`}${index + 1}`, mail, libraries, problems),
  );
  const broken = info.type.startsWith('multipart/') && children.length === 0;
  if (broken)
    problems.push({
      code: 'unreadable',
      detail: 'A multipart has no parts: its delimiter does not occur. It is shown as text.',
    });
  const encoded = mail.subarray(raw.bodyStart, raw.bodyEnd);
  const source = {
    path: path === '' && children.length === 0 ? '1' : path,
    info: broken ? { ...info, type: 'text/plain' } : info,
    encodedSize: encoded.length,
    headers,
    children,
    encoded,
    raw: mail.subarray(raw.start, raw.end),
  };
  return new LazyPart(source, libraries);
}

function cut(raw: Uint8Array): { bytes: Uint8Array; tooLarge: boolean } {
  const tooLarge = raw.length > limits.mailBytes;
  return { bytes: tooLarge ? raw.subarray(0, limits.mailBytes) : raw, tooLarge };
}

async function collect(
  raw: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<{ bytes: Uint8Array; tooLarge: boolean }> {
  if (!isAsyncIterable(raw)) throw notBytes(raw);
  const chunks: Uint8Array[] = [];
  let length = 0;
  const iterator = raw[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await abortable(iterator.next(), signal);
      if (next.done) break;
      if (!(next.value instanceof Uint8Array)) throw notBytes(next.value);
      chunks.push(next.value);
      length += next.value.length;
      // A stream may never end; what is beyond the limit would not be looked at anyway.
      if (length > limits.mailBytes) return cut(concatBytes(chunks));
    }
  } finally {
    // Not awaited: a source that hangs would hang here, too.
    iterator.return?.().catch(() => undefined);
  }
  return { bytes: concatBytes(chunks), tooLarge: false };
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

function notBytes(given: unknown): InputError {
  const what = given === null ? 'null' : typeof given;
  return new InputError(
    'INVALID_OPTION',
    `A mail is read from a Uint8Array or an async iterable of them, not from ${what}. Encode a string with TextEncoder first.`,
  );
}
