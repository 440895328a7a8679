import type { encodeWord as encodeWordOfLibrary } from 'nodemailer/lib/mime-funcs';
import type { default as MimeNode, MimeNodeHeaderValue, MimeNodeOptions } from 'nodemailer/lib/mime-node';
import { base32, type RandomBytes, secureRandom } from '../../core/random.js';
import type { MailAddress } from '../parsed-mail.js';
import { FilePlaces } from './file-places.js';

/**
 * A header field: text (encoded as RFC 2047 says where it has to be), addresses, a time in milliseconds since 1970, or
 * something structured that is written as it is (ASCII).
 */
export type MimeHeaderValue =
  | string
  | readonly MailAddress[]
  | { readonly date: number }
  | { readonly structured: string };

/** What every part of a mail has. */
interface MimePartBase {
  /** `type/subtype`, with parameters where there are some. Charset and boundary are added. */
  readonly contentType: string;
  /** Further header fields in the order in which they are written. Names keep their case; of address fields and Content-… each is there once. */
  readonly headers?: readonly (readonly [name: string, value: MimeHeaderValue])[];
}

/** A part that holds content. */
export interface MimeLeaf extends MimePartBase {
  /** Text gets CRLF line ends and `charset=utf-8`, and is written as 7bit, quoted-printable or base64, whichever fits; octets as base64. */
  readonly content: string | Uint8Array;
  /** Content-Disposition without parameters, such as `inline`. */
  readonly disposition?: string;
  /** Written with RFC 2231 in Content-Disposition, and for older programs as `name` in Content-Type. */
  readonly filename?: string;
}

/** A multipart. */
interface MimeBranch extends MimePartBase {
  readonly children: readonly MimePart[];
}

/** A part of a mail to be written. */
export type MimePart = MimeLeaf | MimeBranch;

/** Options of {@link composeMime}. */
export interface ComposeOptions {
  /** Source of the multipart boundaries; inject one for repeatable output. Default: cryptographic. */
  readonly random?: RandomBytes;
}

/**
 * Writes a mail: header fields, then the tree of parts, with CRLF line ends (RFC 5322, 2045 to 2047, 2231). The root's
 * header fields have to name Date and Message-ID. Values must be free of control characters: the caller has checked them.
 */
export async function composeMime(root: MimePart, options: ComposeOptions = {}): Promise<Uint8Array> {
  const [{ default: Node }, { encodeWord }] = await Promise.all([
    import('nodemailer/lib/mime-node'),
    import('nodemailer/lib/mime-funcs'),
  ]);
  const baseBoundary = base32((options.random ?? secureRandom)(16));
  const files = new FilePlaces(baseBoundary);
  const node = new Node(root.contentType, {
    ...nodeOptions(root),
    baseBoundary,
    // `=_` occurs in no quoted-printable or base64 body.
    boundaryPrefix: '=_chat',
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  fill({ node, encodeWord, files }, root);
  return files.fill(await node.build());
}

function nodeOptions(part: MimePart): MimeNodeOptions {
  const cased = new Map((part.headers ?? []).map(([name]) => [name.toLowerCase(), name]));
  return {
    normalizeHeaderKey: (key) => cased.get(key.toLowerCase()) ?? key,
    ...(isLeaf(part) && part.filename !== undefined ? { filename: part.filename } : {}),
  };
}

/** The node being filled, and what of the library's that takes. */
interface Target {
  readonly node: MimeNode;
  readonly encodeWord: typeof encodeWordOfLibrary;
  readonly files: FilePlaces;
}

// Drafts are at most four levels deep.
function fill(to: Target, part: MimePart): void {
  const { node } = to;
  // Not addHeader for the first one: it would write a field of its own for each address of a list.
  const written = new Set<string>();
  for (const [name, value] of part.headers ?? []) {
    if (written.has(name)) node.addHeader(name, headerValue(to, name, value));
    else node.setHeader(name, headerValue(to, name, value));
    written.add(name);
  }
  if (!isLeaf(part)) {
    for (const child of part.children) {
      fill({ ...to, node: node.createChild(child.contentType, nodeOptions(child)) }, child);
    }
    return;
  }
  const { content } = part;
  if (typeof content === 'string') {
    node.setContent(content.replace(/\r\n?|\n/g, '\r\n'));
  } else {
    // Also for text files: quoted-printable would be free to change line ends.
    node.setHeader('Content-Transfer-Encoding', 'base64');
    node.setContent(to.files.reserve(content));
  }
  if (part.disposition !== undefined) {
    const size = typeof content === 'string' ? '' : `; size=${content.byteLength}`;
    node.setHeader('Content-Disposition', part.disposition + size);
  }
}

/** Fields that the library itself knows to hold addresses. */
const ADDRESS_FIELDS = new Set(['from', 'sender', 'to', 'cc', 'reply-to']);

function headerValue({ node, encodeWord }: Target, name: string, value: MimeHeaderValue): MimeNodeHeaderValue {
  // The library passes on what looks like an encoded word, and readers would show something else than what was meant.
  if (typeof value === 'string') return value.includes('=?') ? prepared(encodeWord(value, 'Q', 52)) : value;
  if ('date' in value) return new Date(value.date);
  if ('structured' in value) return prepared(value.structured);
  // The same for names, where the library leaves no way to encode them: no blank, no encoded word (RFC 2047 2).
  const addresses = value.map(({ address, name: shown = '' }) => ({ address, name: shown.replaceAll('=?', '= ?') }));
  return ADDRESS_FIELDS.has(name.toLowerCase()) ? addresses : prepared(node.encodeHeaderValue('To', addresses));
}

function prepared(value: string): MimeNodeHeaderValue {
  return { value, prepared: true, foldLines: true };
}

function isLeaf(part: MimePart): part is MimeLeaf {
  return 'content' in part;
}
