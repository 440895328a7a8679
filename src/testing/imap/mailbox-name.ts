/** Modified UTF-7 to text (RFC 3501 5.1.3). What is no valid encoding is taken as it stands. */
export function decodeMailboxName(name: string): string {
  return name.replace(/&([A-Za-z0-9+,]*)-/g, (_, encoded: string) => {
    if (encoded === '') return '&';
    const bytes = Buffer.from(encoded.replace(/,/g, '/'), 'base64');
    // UTF-16 big endian.
    return bytes
      .subarray(0, bytes.length & ~1)
      .swap16()
      .toString('utf16le');
  });
}

/** Text to modified UTF-7. */
export function encodeMailboxName(name: string): string {
  return name.replace(/&|[^\x20-\x7e]+/g, (run) => {
    if (run === '&') return '&-';
    const encoded = Buffer.from(run, 'utf16le').swap16().toString('base64');
    return `&${encoded.replace(/=+$/, '').replace(/\//g, ',')}-`;
  });
}

/** A folder name as the host writes it: always a quoted string. */
export function quotedMailboxName(name: string): string {
  return `"${encodeMailboxName(name).replace(/["\\]/g, '\\$&')}"`;
}
