import type { ImapCompileNode } from 'imapflow/lib/handler/types';
import { MimePart, parameters } from '../mime.js';
import type { Codec } from './codec.js';
import { envelope, imapString } from './envelope.js';

/** BODYSTRUCTURE, or BODY without the extension data (RFC 9051 7.5.2). */
export function bodyStructure(
  part: MimePart,
  addressparser: Codec['addressparser'],
  extended: boolean,
): ImapCompileNode[] {
  const [type = 'text', subtype = 'plain'] = part.type.value.split('/');
  if (type === 'multipart') {
    // A multipart without parts is not allowed here; show an empty text part.
    const children = part.children.length > 0 ? part.children : [new MimePart()];
    return [
      ...children.map((child) => bodyStructure(child, addressparser, extended)),
      imapString(subtype),
      ...(extended ? [parameterList(part.type.params), disposition(part), null, null] : []),
    ];
  }
  const nodes: ImapCompileNode[] = [
    imapString(type),
    imapString(subtype),
    parameterList(part.type.params),
    imapString(part.header('content-id')),
    imapString(part.header('content-description')),
    imapString(part.header('content-transfer-encoding')?.toLowerCase() || '7bit'),
    part.body.length,
  ];
  if (part.message) {
    nodes.push(envelope(part.message, addressparser), bodyStructure(part.message, addressparser, extended));
  }
  if (part.message || type === 'text') nodes.push(lines(part.body));
  if (extended) nodes.push(imapString(part.header('content-md5')), disposition(part), null, null);
  return nodes;
}

function parameterList(params: ReadonlyMap<string, string>): ImapCompileNode {
  if (params.size === 0) return null;
  return [...params].flatMap(([name, value]) => [imapString(name), imapString(value)]);
}

function disposition(part: MimePart): ImapCompileNode {
  const value = part.header('content-disposition');
  if (!value) return null;
  const parsed = parameters(value);
  return [imapString(parsed.value), parameterList(parsed.params)];
}

function lines(body: Buffer): number {
  let count = 0;
  for (let at = body.indexOf(10); at >= 0; at = body.indexOf(10, at + 1)) count++;
  return count;
}
