/**
 * Octets of base64 text, white space within it ignored. Undefined if it is no base64: what is then in its place is said
 * by the caller's error.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  const dense = text.replace(/\s+/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(dense) || dense.replace(/=+$/, '').length % 4 === 1) return undefined;
  return new Uint8Array(Buffer.from(dense, 'base64'));
}

/** Base64 with padding, in one line. */
export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
