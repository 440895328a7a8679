/** Octets of a mail from its lines, with CRLF. */
export function mailOf(...lines: string[]): Uint8Array {
  return new TextEncoder().encode(lines.join('\r\n'));
}

/** The same where each character is one octet. */
export function latin1MailOf(...lines: string[]): Uint8Array {
  return Uint8Array.from(lines.join('\r\n'), (char) => char.charCodeAt(0));
}
