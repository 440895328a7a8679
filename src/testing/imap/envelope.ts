import type { ImapCompileNode } from 'imapflow/lib/handler/types';
import type { MimePart } from '../mime.js';
import type { Codec } from './codec.js';

/** A string as IMAP can carry it: quoted if it is plain ASCII, else a literal. */
export function imapString(text: string | undefined): ImapCompileNode {
  if (text === undefined) return null;
  return { type: /^[\x20-\x7e]{0,1000}$/.test(text) ? 'STRING' : 'LITERAL', value: text };
}

/** ENVELOPE of a mail (RFC 9051 7.5.2). */
export function envelope(mail: MimePart, addressparser: Codec['addressparser']): ImapCompileNode[] {
  const addresses = (name: string) => addressList(mail.header(name), addressparser);
  const from = addresses('from');
  return [
    imapString(mail.header('date')),
    imapString(mail.header('subject')),
    from,
    // Sender and Reply-To default to From.
    addresses('sender') ?? from,
    addresses('reply-to') ?? from,
    addresses('to'),
    addresses('cc'),
    addresses('bcc'),
    imapString(mail.header('in-reply-to')),
    imapString(mail.header('message-id')),
  ];
}

function addressList(value: string | undefined, addressparser: Codec['addressparser']): ImapCompileNode[] | null {
  if (!value) return null;
  const nodes: ImapCompileNode[] = [];
  for (const entry of addressparser(value)) {
    if ('group' in entry && entry.group) {
      // A group is an address without host before its members, and one of NILs behind them.
      nodes.push([null, null, imapString(entry.name), null]);
      for (const member of entry.group) nodes.push(addressNode(member.name, 'address' in member ? member.address : ''));
      nodes.push([null, null, null, null]);
    } else nodes.push(addressNode(entry.name, entry.address ?? ''));
  }
  return nodes.length > 0 ? nodes : null;
}

function addressNode(name: string | undefined, address: string | undefined): ImapCompileNode[] {
  const at = (address ?? '').lastIndexOf('@');
  const mailbox = at < 0 ? (address ?? '') : (address ?? '').slice(0, at);
  return [imapString(name || undefined), null, imapString(mailbox), imapString((address ?? '').slice(at + 1))];
}
