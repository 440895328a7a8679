/** Account options from environment variables, shared by the examples. */
export function accountFromEnvironment() {
  const { EMAIL, PASSWORD, IMAP_HOST, IMAP_PORT, SMTP_HOST, SMTP_PORT, ALLOW_INSECURE } = process.env;
  if (!EMAIL || !PASSWORD) {
    console.error('Set EMAIL and PASSWORD (and IMAP_HOST, SMTP_HOST where they cannot be found from the address).');
    process.exit(2);
  }
  // Only the tests' own mail host on loopback speaks without TLS.
  const insecure = ALLOW_INSECURE === '1' ? { secure: false, allowInsecure: true } : {};
  return {
    email: EMAIL,
    password: PASSWORD,
    ...(IMAP_HOST ? { imap: { host: IMAP_HOST, ...(IMAP_PORT ? { port: Number(IMAP_PORT) } : {}), ...insecure } } : {}),
    ...(SMTP_HOST ? { smtp: { host: SMTP_HOST, ...(SMTP_PORT ? { port: Number(SMTP_PORT) } : {}), ...insecure } } : {}),
  };
}
