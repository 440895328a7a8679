import { limits } from '../core/limits.js';

/** What decides whether a part is text that is read with the mail. */
export interface TextCandidate {
  readonly info: { readonly type: string; readonly disposition?: string };
  readonly encodedSize: number;
  readonly children: readonly TextCandidate[];
}

const TEXT_TYPES = new Set(['text/plain', 'text/html', 'text/markdown']);

/** True for the types that a message's text comes in. */
function isTextType(type: string): boolean {
  return TEXT_TYPES.has(type);
}

/**
 * The text parts that are read with a mail, whether it is fetched whole or in pieces: no attachments, none longer than
 * `limits.textPartBytes`, in order until `limits.textPartsBytes` are reached.
 */
export function textPartsToRead<Part extends TextCandidate & { readonly children: readonly Part[] }>(
  root: Part,
): Set<Part> {
  const found = new Set<Part>();
  let total = 0;
  // The tree is at most limits.mimeDepth deep.
  const visit = (part: Part): void => {
    for (const child of part.children) visit(child);
    if (part.children.length > 0 || !isTextType(part.info.type) || part.info.disposition === 'attachment') return;
    if (part.encodedSize > limits.textPartBytes || total + part.encodedSize > limits.textPartsBytes) return;
    total += part.encodedSize;
    found.add(part);
  };
  visit(root);
  return found;
}
