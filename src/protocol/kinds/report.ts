import type { MailPart } from '../../mail/parsed-mail.js';

/**
 * True if the mail itself is a multipart/report (RFC 6522), perhaps within the signature or the footer wrapping that
 * gateways add. A report that somebody attached to a message does not make a report of the message.
 */
export function isReport(root: MailPart): boolean {
  const inner = ['multipart/signed', 'multipart/mixed'].includes(root.contentType) ? root.children[0] : root;
  return inner?.contentType === 'multipart/report';
}
