import { type CoiError, describe, NetworkError } from '../core/errors.js';
import type { ServerSettings } from './settings.js';

/** The server that an error message talks about. */
export interface Endpoint {
  readonly protocol: 'IMAP' | 'SMTP';
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte. */
  readonly secure: boolean;
}

/** Host, port and TLS mode with the defaults of {@link ServerSettings} filled in. */
export function endpointOf(protocol: 'IMAP' | 'SMTP', server: ServerSettings): Endpoint {
  const secure = server.secure ?? true;
  const implicit = protocol === 'IMAP' ? 993 : 465;
  const explicit = protocol === 'IMAP' ? 143 : 587;
  return { protocol, host: server.host, port: server.port ?? (secure ? implicit : explicit), secure };
}

/** `IMAP server mail.example.org:993`. */
export function nameOf(endpoint: Endpoint): string {
  return `${endpoint.protocol} server ${endpoint.host}:${endpoint.port}`;
}

/** OpenSSL's verification results as Node spells them, and Node's own check of the name. */
const CERTIFICATE =
  /^(CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|CRL_|ERROR_IN_C|ERR_TLS_CERT_|INVALID_CA$|INVALID_PURPOSE$|PATH_LENGTH_EXCEEDED$|HOSTNAME_MISMATCH$)/;
const TLS = /^(ERR_SSL_|ERR_TLS_|EPROTO$|ETLS$|STARTTLS_INJECTION$|UPGRADE_TIMEOUT$)/;
const TIMEOUT = new Set(['ETIMEDOUT', 'ETIMEOUT', 'ESOCKETTIMEDOUT', 'CONNECT_TIMEOUT', 'GREETING_TIMEOUT']);
const LOST = new Set([
  'ECONNRESET',
  'EPIPE',
  'ECONNABORTED',
  'ECONNECTION',
  'ERR_STREAM_DESTROYED',
  'NoConnection',
  'EConnectionClosed',
  'StateLogout',
  'ClosedAfterConnectText',
  'ClosedAfterConnectTLS',
]);

/**
 * Names what went wrong on the way to a server, from the codes of Node, imapflow and nodemailer.
 *
 * @returns undefined if nothing in the error speaks of the network.
 */
export function networkError(thrown: unknown, endpoint: Endpoint): CoiError | undefined {
  const codes = errorCodes(thrown);
  const has = (...names: string[]) => names.some((name) => codes.includes(name));
  const server = nameOf(endpoint);
  const init = { cause: thrown };
  const certificate = codes.find((code) => CERTIFICATE.test(code));
  if (certificate) {
    const advice = `If the server is your own, pass its certificate as tls.ca, or the name it is made for as tls.servername.`;
    return new NetworkError(
      'CERTIFICATE_INVALID',
      `The certificate of ${server} is not valid (${certificate}). ${advice}`,
      init,
    );
  }
  // EDNS: nodemailer asks the name servers itself; the code below it may be theirs.
  if (has('EDNS', 'ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_NONAME')) {
    return new NetworkError(
      'HOST_NOT_FOUND',
      `The host name of ${server} cannot be resolved. Check the name and your network.`,
      init,
    );
  }
  if (has('ECONNREFUSED')) {
    return new NetworkError(
      'CONNECTION_REFUSED',
      `Nothing listens at ${endpoint.host}:${endpoint.port} (${endpoint.protocol}). Check host and port.`,
      init,
    );
  }
  if (codes.some((code) => TLS.test(code))) return tlsFailed(thrown, endpoint);
  if (codes.some((code) => TIMEOUT.has(code))) {
    return new NetworkError(
      'TIMEOUT',
      `${server} did not answer in time. Check host and port, and whether a firewall is in between.`,
      init,
    );
  }
  if (has('ENETUNREACH', 'EHOSTUNREACH', 'EHOSTDOWN', 'ENETDOWN', 'EADDRNOTAVAIL')) {
    return new NetworkError('CONNECTION_LOST', `${server} cannot be reached (${codes[0]}). Check your network.`, init);
  }
  if (codes.some((code) => LOST.has(code))) {
    return new NetworkError('CONNECTION_LOST', `The connection to ${server} was lost. Try again later.`, init);
  }
  return undefined;
}

/** The handshake failed, or there was no TLS where it had to be. */
export function tlsFailed(thrown: unknown, endpoint: Endpoint): NetworkError {
  const advice = endpoint.secure
    ? 'If the server expects STARTTLS on this port, set secure: false.'
    : 'If the server expects TLS from the start on this port, set secure: true.';
  return new NetworkError('TLS_FAILED', `No TLS connection to ${nameOf(endpoint)}: ${reasonOf(thrown)}. ${advice}`, {
    cause: thrown,
  });
}

/** OpenSSL's words without the place in its source. */
function reasonOf(thrown: unknown): string {
  const reason: unknown = thrown instanceof Error && 'reason' in thrown ? thrown.reason : undefined;
  return typeof reason === 'string' && reason !== '' ? reason : describe(thrown).trim();
}

/** The server offers no STARTTLS, and a connection without TLS was not allowed. */
export function tlsRequired(endpoint: Endpoint, cause?: unknown): NetworkError {
  return new NetworkError(
    'TLS_REQUIRED',
    `${nameOf(endpoint)} offers no STARTTLS, and credentials are never sent without TLS. Use the port with implicit TLS and secure: true.`,
    { cause },
  );
}

/** The proxy refused, failed or is not a proxy. */
export function proxyFailed(thrown: unknown, endpoint: Endpoint): NetworkError {
  return new NetworkError(
    'PROXY_FAILED',
    `The proxy gave no connection to ${nameOf(endpoint)}: ${describe(thrown)}. Check the proxy URL and its credentials.`,
    { cause: thrown },
  );
}

/** Codes of an error and of what it wraps; the walk is bounded because errors may be chained in a circle. */
export function errorCodes(thrown: unknown): string[] {
  const codes: string[] = [];
  const queue: unknown[] = [thrown];
  for (let i = 0; i < queue.length && i < 20; i++) {
    const error = queue[i];
    if (typeof error !== 'object' || error === null) continue;
    const { code, originalCode, cause, _err, errors } = error as Record<string, unknown>;
    for (const entry of [originalCode, code]) if (typeof entry === 'string') codes.push(entry);
    queue.push(cause, _err, ...(Array.isArray(errors) ? errors.slice(0, 5) : []));
  }
  return codes;
}
