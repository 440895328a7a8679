import { limits } from '../core/limits.js';
import type { MailPart } from '../mail/parsed-mail.js';
import { parseChatContent } from './chat-content.js';

/** One stretch of text in the forms that the mail offers. Any of the lists may be empty. */
export interface TextBlock {
  readonly plain: readonly MailPart[];
  readonly html: readonly MailPart[];
  readonly markdown: readonly MailPart[];
}

/** A mail's tree of parts, sorted into what is text and what is a file. Both in the order of the parts. */
export interface MailBody {
  readonly blocks: readonly TextBlock[];
  readonly files: readonly MailPart[];
}

interface Collector {
  readonly blocks: TextBlock[];
  readonly files: MailPart[];
  /** Parts for programs (h-cards and the like): shown only if there is nothing else. */
  readonly data: TextBlock[];
  /** Invitations that stand beside the text; usually they come a second time as a file. */
  readonly calendars: MailPart[];
}

/** Parts of these kinds describe something to a program; beside them stands a text for people. */
const DATA_CONTENT = new Set([
  'contact',
  'profile',
  'profilerequest',
  'group',
  'groupinfo',
  'groupfacts',
  'grouprequested',
  'location',
  'poll',
  'pollvote',
  'pollclose',
]);

const TEXT_TYPES: ReadonlyMap<string, keyof TextBlock> = new Map([
  ['text/plain', 'plain'],
  ['text/html', 'html'],
  ['text/markdown', 'markdown'],
]);

/** Parts that only serve the multipart around them. */
const HIDDEN_PARTS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  [
    'multipart/signed',
    new Set(['application/pgp-signature', 'application/pkcs7-signature', 'application/x-pkcs7-signature']),
  ],
  ['multipart/encrypted', new Set(['application/pgp-encrypted'])],
  ['multipart/appledouble', new Set(['application/applefile'])],
]);

/** The same words for other devices (AMP, watches): never shown, never a file. */
const OTHER_RENDITIONS = new Set(['text/x-amp-html', 'text/watch-html', 'application/json']);

/**
 * Sorts the parts of a mail: which are its text (one of several forms each, RFC 2046 5.1.4), which are files, and which
 * are not to be shown (`Chat-Content: ignore`, signatures, resource forks). Works without any content being there.
 */
export function readBody(root: MailPart): MailBody {
  const collector = newCollector();
  visit(root, collector, true);
  if (!collector.files.some(isCalendar)) collector.files.push(...collector.calendars.slice(0, 1));
  const nothing = collector.blocks.length === 0 && collector.files.length === 0;
  return { blocks: nothing ? collector.data : collector.blocks, files: collector.files };
}

function newCollector(): Collector {
  return { blocks: [], files: [], data: [], calendars: [] };
}

// Recursion is bounded: reading a mail stops at limits.mimeDepth levels.
function visit(part: MailPart, into: Collector, isRoot = false): void {
  const role = isRoot ? undefined : parseChatContent(part.headers.get('Chat-Content'))?.value;
  if (role === 'ignore') return;
  if (part.contentType.startsWith('multipart/')) {
    visitMultipart(part, into);
    return;
  }
  const form = textForm(part, isRoot);
  if (form === undefined) into.files.push(part);
  else (role !== undefined && DATA_CONTENT.has(role) ? into.data : into.blocks).push(block({ [form]: [part] }));
}

function visitMultipart(part: MailPart, into: Collector): void {
  if (part.contentType === 'multipart/alternative') visitAlternative(part.children, into);
  else if (part.contentType === 'multipart/related') visitRelated(part, into);
  else if (part.contentType === 'multipart/digest') into.files.push(...part.children);
  else {
    const hidden = HIDDEN_PARTS.get(part.contentType);
    for (const child of part.children) if (!hidden?.has(child.contentType)) visit(child, into);
  }
}

/** The root of a multipart/related (RFC 2387) is text, whatever else it holds are files that the text shows. */
function visitRelated(part: MailPart, into: Collector): void {
  const start = part.params.get('start')?.replace(/^<|>$/g, '');
  const root = part.children.find((child) => start !== undefined && child.contentId === start) ?? part.children[0];
  for (const child of part.children) {
    if (child === root || child.contentType.startsWith('multipart/')) visit(child, into);
    else into.files.push(child);
  }
}

/** All children say the same; we keep each form once, and the files that came with one of them. */
function visitAlternative(children: readonly MailPart[], into: Collector): void {
  const forms: { plain: readonly MailPart[]; html: readonly MailPart[]; markdown: readonly MailPart[] } = {
    plain: [],
    html: [],
    markdown: [],
  };
  for (const child of children) {
    if (OTHER_RENDITIONS.has(child.contentType)) continue;
    if (child.contentType === 'text/calendar') {
      into.calendars.push(child);
      continue;
    }
    const inner = newCollector();
    visit(child, inner);
    into.files.push(...inner.files);
    into.data.push(...inner.data);
    into.calendars.push(...inner.calendars);
    for (const name of ['html', 'markdown', 'plain'] as const) {
      // The plain text of `mixed(html, footer)` is no rendition of the whole once there is one.
      if (forms[name].length === 0) forms[name] = inner.blocks.flatMap((found) => found[name]);
    }
  }
  const words = block(forms);
  if (words.plain.length + words.html.length + words.markdown.length > 0) into.blocks.push(words);
}

function isCalendar(part: MailPart): boolean {
  return part.contentType === 'text/calendar' || part.contentType === 'application/ics';
}

function block(forms: Partial<TextBlock>): TextBlock {
  return { plain: forms.plain ?? [], html: forms.html ?? [], markdown: forms.markdown ?? [] };
}

/** Which kind of text a part is; undefined if it is a file. A text with a file name is one, but a `name` alone does not make a file of the whole mail. */
function textForm(part: MailPart, isRoot: boolean): keyof TextBlock | undefined {
  if (part.disposition === 'attachment' || part.dispositionParams.has('filename')) return undefined;
  // Nobody reads megabytes; as a file it can at least be downloaded.
  if (part.encodedSize > limits.textPartBytes) return undefined;
  if (part.params.has('name') && !isRoot) return undefined;
  const form = TEXT_TYPES.get(part.contentType);
  if (form !== undefined) return form;
  return isRoot && (part.contentType === 'text/enriched' || part.contentType === 'text/richtext') ? 'plain' : undefined;
}
