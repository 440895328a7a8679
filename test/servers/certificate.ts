import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './temp.js';

/** A self-signed certificate for 127.0.0.1 and localhost, valid for a day. */
export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
  /** PEM, to be trusted by the client. */
  readonly cert: string;
}

/** Makes a certificate with the `openssl` command. */
export async function makeCertificate(directory: string): Promise<Certificate> {
  const certFile = join(directory, 'cert.pem');
  const keyFile = join(directory, 'key.pem');
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'],
    ...['-keyout', keyFile, '-out', certFile, '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
  ]);
  return { certFile, keyFile, cert: await readFile(certFile, 'utf8') };
}
