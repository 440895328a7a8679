import { limits } from '../core/limits.js';
import { parseAddressList } from './address-list.js';
import { asBuffer } from './bytes.js';
import type { MailLibraries } from './libraries.js';
import { parseMailDate } from './mail-date.js';
import { parseMessageId, parseMessageIds } from './message-id.js';
import type { MailAddress, MailHeaders, MailPart, MailProblem, ParsedMail } from './parsed-mail.js';
import { sha256Hex } from './sha256.js';
import { textPartsToRead } from './text-parts.js';

/** What a {@link ParsedMail} is made of. */
export interface MailSource {
  readonly headers: MailHeaders;
  readonly root: MailPart;
  readonly size: number;
  /** Octets behind the header, if the mail is there as a whole. */
  readonly body?: Uint8Array;
  readonly problems: readonly MailProblem[];
  readonly libraries: MailLibraries;
}

/** Reads the header fields that every mail has, and hashes what identifies the mail. */
export async function buildMail(source: MailSource): Promise<ParsedMail> {
  const { headers, root, libraries } = source;
  const problems = [...source.problems];
  const addresses = (name: string): readonly MailAddress[] => {
    const { addresses: list, cut } = addressesOf(headers.getAll(name), libraries);
    if (cut)
      problems.push({
        code: 'limit',
        detail: `${name} has more than ${limits.addresses} addresses; the rest was left out.`,
      });
    return list;
  };
  const from = addresses('From');
  const [sender] = addresses('Sender');
  const to = addresses('To');
  const cc = addresses('Cc');
  const replyTo = addresses('Reply-To');
  const messageId =
    parseMessageId(headers.get('X-Microsoft-Original-Message-ID') ?? '') ??
    parseMessageId(headers.get('Message-ID') ?? '');
  const date = parseMailDate(headers.get('Date') ?? '');
  const subject = headers.text('Subject');
  const bodyHash = source.body && (await sha256Hex(normalizedBody(source.body)));
  return {
    headers,
    from,
    ...(sender && { sender }),
    to,
    cc,
    replyTo,
    ...(messageId !== undefined && { messageId }),
    inReplyTo: parseMessageIds(headers.get('In-Reply-To') ?? ''),
    references: parseMessageIds(headers.get('References') ?? ''),
    ...(date !== undefined && { date }),
    ...(subject !== undefined && { subject }),
    root,
    size: source.size,
    ...(bodyHash !== undefined && { bodyHash }),
    shapeHash: await sha256Hex(shapeOf(root)),
    problems,
  };
}

function addressesOf(
  values: readonly string[],
  libraries: MailLibraries,
): { addresses: readonly MailAddress[]; cut: boolean } {
  const [only] = values;
  if (only === undefined) return { addresses: [], cut: false };
  const lists = values.slice(0, limits.sameFields).map((value) => parseAddressList(value, libraries));
  const all = lists.flatMap((list) => list.addresses);
  return {
    addresses: all.slice(0, limits.addresses),
    cut: values.length > limits.sameFields || all.length > limits.addresses || lists.some((list) => list.cut),
  };
}

/** CRLF line ends, no blank lines at the end: transports change both. */
function normalizedBody(body: Uint8Array): Uint8Array {
  const lines = withCrlf(body);
  let end = lines.length;
  while (end > 0 && isLineEnd(lines[end - 1])) end--;
  return lines.subarray(0, end);
}

function withCrlf(body: Uint8Array): Uint8Array {
  let bare = 0;
  for (let i = 0; i < body.length; i++) if (body[i] === LF && body[i - 1] !== CR) bare++;
  if (bare === 0) return body;
  const out = new Uint8Array(body.length + bare);
  let length = 0;
  for (let i = 0; i < body.length; i++) {
    const byte = body[i] ?? 0;
    if (byte === LF && body[i - 1] !== CR) out[length++] = CR;
    out[length++] = byte;
  }
  return out;
}

const LF = 0x0a;
const CR = 0x0d;

function isLineEnd(byte: number | undefined): boolean {
  return byte === LF || byte === CR;
}

/** Part numbers and types, then the text parts. Sizes are left out: servers do not agree on them. */
function shapeOf(root: MailPart): Uint8Array {
  const lines: string[] = [];
  const chunks: Uint8Array[] = [];
  const visit = (part: MailPart): void => {
    lines.push(`${part.path} ${part.contentType}\n`);
    for (const child of part.children) visit(child);
  };
  visit(root);
  for (const part of textPartsToRead(toCandidate(root))) {
    const content = part.part.content();
    lines.push(`${part.part.path} ${content === undefined ? 'missing' : 'text'}\n`);
    if (content !== undefined) chunks.push(normalizedBody(content), Uint8Array.of(LF));
  }
  return Buffer.concat([asBuffer(new TextEncoder().encode(lines.join(''))), ...chunks]);
}

interface Candidate {
  readonly part: MailPart;
  readonly info: { readonly type: string; readonly disposition?: string };
  readonly encodedSize: number;
  readonly children: readonly Candidate[];
}

function toCandidate(part: MailPart): Candidate {
  const info = { type: part.contentType, ...(part.disposition !== undefined && { disposition: part.disposition }) };
  return { part, info, encodedSize: part.encodedSize, children: part.children.map(toCandidate) };
}
