import type { ConnectionOptions } from 'node:tls';
import type { TlsSettings } from './settings.js';

/** Settings in the form of `node:tls`. Keys that were not set stay away: both libraries merge them over their own. */
export function tlsOptions(tls: TlsSettings | undefined): ConnectionOptions {
  return {
    minVersion: tls?.minVersion ?? 'TLSv1.2',
    rejectUnauthorized: !tls?.allowInvalidCertificates,
    ...(tls?.ca === undefined ? {} : { ca: typeof tls.ca === 'string' ? tls.ca : [...tls.ca] }),
    ...(tls?.servername === undefined ? {} : { servername: tls.servername }),
  };
}
