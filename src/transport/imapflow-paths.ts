import type { ImapFlow } from 'imapflow';

/** Path as it goes over the wire: in modified UTF-7 unless the connection speaks UTF-8 (RFC 9051 A.1, RFC 6855). */
export async function encodedPath(flow: ImapFlow, path: string): Promise<string> {
  const { encodePath } = await import('imapflow/lib/tools.js');
  return encodePath(flow, pathOf(flow, path));
}

/** Path from the wire. */
export async function pathDecoder(flow: ImapFlow): Promise<(raw: string) => string> {
  const { decodePath } = await import('imapflow/lib/tools.js');
  return (raw) => {
    const path = decodePath(flow, raw);
    return path.toUpperCase() === 'INBOX' ? 'INBOX' : path;
  };
}

/** Path as imapflow keeps it: INBOX in capitals, others below the personal namespace. */
export function pathOf(flow: ImapFlow, path: string): string {
  if (path.toUpperCase() === 'INBOX') return 'INBOX';
  const prefix = flow.namespace?.prefix;
  return prefix && !path.startsWith(prefix) ? prefix + path : path;
}
