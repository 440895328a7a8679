import type { MessageStructureObject } from 'imapflow';
import type { ImapBodyPart } from './imap.js';

/**
 * imapflow's BODYSTRUCTURE as ours. The part number of a multipart at the root is empty, of a single part at the root
 * `1` (RFC 9051 6.4.5.1). A forwarded mail (message/rfc822) is one part, without children. Depth is bounded by
 * imapflow's parser (25 levels).
 */
export function bodyPart(node: MessageStructureObject): ImapBodyPart {
  const multipart = node.type.startsWith('multipart/');
  return {
    part: node.part ?? (multipart ? '' : '1'),
    type: node.type,
    params: { ...node.parameters },
    dispositionParams: { ...node.dispositionParameters },
    size: Number.isSafeInteger(node.size) ? (node.size ?? 0) : 0,
    children: multipart ? (node.childNodes ?? []).map(bodyPart) : [],
    ...(node.disposition ? { disposition: node.disposition } : {}),
    ...(node.id ? { id: node.id } : {}),
    ...(node.encoding ? { encoding: node.encoding } : {}),
  };
}
