import { throwIfAborted } from '../core/abort.js';
import { limits } from '../core/limits.js';
import { buildMail } from './build-mail.js';
import { bareId, type ContentInfo, mimeType, transferEncoding } from './content-info.js';
import { loadMailLibraries, type MailLibraries } from './libraries.js';
import { HeaderFields } from './mail-headers.js';
import { LazyPart, type PartSource } from './mail-part.js';
import type { MailPart, MailProblem, ParsedMail } from './parsed-mail.js';
import { textPartsToRead } from './text-parts.js';

/** A part in a BODYSTRUCTURE (RFC 9051 7.5.2), as an IMAP transport gives it. */
export interface BodyStructurePart {
  /** Part number; that of the root does not matter. */
  readonly part: string;
  readonly type: string;
  readonly params: Readonly<Record<string, string>>;
  readonly disposition?: string;
  readonly dispositionParams: Readonly<Record<string, string>>;
  readonly id?: string;
  readonly encoding?: string;
  /** Octets as encoded in the mail. */
  readonly size: number;
  readonly children: readonly BodyStructurePart[];
}

/** A mail that was fetched in pieces. */
export interface MailPieces {
  /** Octets of the mail's header (`BODY[HEADER]`). */
  readonly headers: Uint8Array;
  readonly structure: BodyStructurePart;
  /** By part number: the octets of a part, still transfer-encoded; under `n.MIME` its header, where that was fetched. */
  readonly parts: ReadonlyMap<string, Uint8Array>;
  /** RFC822.SIZE. */
  readonly size: number;
}

/** Kinds of parts that programs read, if they are small: reports, polls, signatures. */
const DATA_TYPES = new Set([
  'message/delivery-status',
  'message/global-delivery-status',
  'message/disposition-notification',
  'text/rfc822-headers',
  'application/json',
  'application/pgp-encrypted',
]);

/**
 * What has to be fetched for {@link parsedMailFromParts}: the numbers of the text parts and of small parts that are meant
 * for programs, and `n.MIME` for the header of HTML and of every other part (it may say what that is for). With these, the mail
 * gets the same `shapeHash` as if it had been fetched whole.
 */
export function partsToFetch(structure: BodyStructurePart): string[] {
  const root = toShape(structure, '', 0, { count: 0, cut: false });
  const texts = textPartsToRead(root);
  const wanted: string[] = [];
  visitLeaves(root, (part) => {
    const small = part.encodedSize <= limits.dataPartBytes;
    if (texts.has(part) || (small && DATA_TYPES.has(part.info.type))) {
      wanted.push(part.path);
      // Its header says whether it is a text, or the description of a group or person.
      if (part.info.type === 'text/html' && part !== root) wanted.push(`${part.path}.MIME`);
    }
    // A mail that is a single part has its fields in its own header.
    else if (part !== root) wanted.push(`${part.path}.MIME`);
  });
  return wanted;
}

/** The mail as {@link readMail} would give it, without the contents that were not fetched. Never fails because of what is in it. */
export async function parsedMailFromParts(
  pieces: MailPieces,
  options: { readonly signal?: AbortSignal } = {},
): Promise<ParsedMail> {
  throwIfAborted(options.signal);
  const libraries = await loadMailLibraries();
  const headers = new HeaderFields(headerBlock(pieces.headers), libraries);
  const count = { count: 0, cut: headers.cut };
  const shape = toShape(pieces.structure, '', 0, count);
  const problems: MailProblem[] = count.cut
    ? [{ code: 'limit', detail: 'The mail has more parts than are read.' }]
    : [];
  return buildMail({
    headers,
    root: toPart(shape, pieces, headers, libraries),
    size: pieces.size,
    problems,
    libraries,
  });
}

interface Shape {
  readonly path: string;
  readonly info: ContentInfo;
  readonly encodedSize: number;
  readonly children: readonly Shape[];
}

function toShape(part: BodyStructurePart, path: string, depth: number, state: { count: number; cut: boolean }): Shape {
  state.count++;
  const type = mimeType(part.type) ?? 'text/plain';
  const multipart = type.startsWith('multipart/');
  const children: Shape[] = [];
  for (const child of multipart ? part.children : []) {
    if (depth >= limits.mimeDepth || state.count >= limits.mimeParts) {
      state.cut = true;
      break;
    }
    children.push(toShape(child, `${path === '' ? '' : `${path}.`}${children.length + 1}`, depth + 1, state));
  }
  const contentId = bareId(part.id);
  const info: ContentInfo = {
    type: multipart && children.length === 0 ? 'text/plain' : type,
    params: lowerKeys(part.params),
    ...(part.disposition !== undefined && { disposition: part.disposition.toLowerCase() }),
    dispositionParams: lowerKeys(part.dispositionParams),
    ...(contentId !== undefined && { contentId }),
    encoding: transferEncoding(part.encoding),
  };
  return { path: path === '' && children.length === 0 ? '1' : path, info, encodedSize: part.size, children };
}

function toPart(
  shape: Shape,
  pieces: MailPieces,
  rootHeaders: HeaderFields | undefined,
  libraries: MailLibraries,
): MailPart {
  const mime = pieces.parts.get(`${shape.path}.MIME`);
  const headers = rootHeaders ?? new HeaderFields(mime ? headerBlock(mime) : new Uint8Array(), libraries);
  const encoded = pieces.parts.get(shape.path);
  const source: PartSource = {
    ...shape,
    headers,
    encoded,
    children: shape.children.map((child) => toPart(child, pieces, undefined, libraries)),
  };
  return new LazyPart(source, libraries);
}

function visitLeaves(shape: Shape, visit: (leaf: Shape) => void): void {
  if (shape.children.length === 0) visit(shape);
  for (const child of shape.children) visitLeaves(child, visit);
}

/** Servers send the blank line behind the header along. */
function headerBlock(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 0x0a || bytes[end - 1] === 0x0d)) end--;
  return bytes.subarray(0, end);
}

function lowerKeys(params: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(params).map(([name, value]) => [name.toLowerCase(), value]));
}
