import type { ImapFlowOptions } from 'imapflow';
import { limits } from '../core/limits.js';
import type { Logger } from '../core/logger.js';
import { endpointOf } from './network-errors.js';
import type { LoginSecret } from './oauth.js';
import type { ServerSettings, TlsSettings } from './settings.js';
import { tlsOptions } from './tls-options.js';

/** Waiting times in milliseconds, for tests. */
export interface TransportTimeouts {
  /** TCP, TLS and proxy. Default `limits.connectTimeoutMs`. */
  readonly connectMs?: number;
  /** First line of the server. Default 16 s. */
  readonly greetingMs?: number;
  /** Silence while an answer is due. Default `limits.socketTimeoutMs`. */
  readonly socketMs?: number;
}

/** Options of an ImapFlow that suits us; the comments say which default of imapflow would hurt. */
export function imapFlowOptions(
  server: ServerSettings,
  secret: LoginSecret,
  tls: TlsSettings | undefined,
  logger: Logger,
  timeouts: TransportTimeouts = {},
): ImapFlowOptions {
  const { host, port, secure } = endpointOf('IMAP', server);
  return {
    host,
    port,
    secure,
    // `true` fails before the login where STARTTLS is missing. Left out, it is used where offered.
    ...(secure || server.allowInsecure ? {} : { doSTARTTLS: true }),
    auth: 'password' in secret ? { user: secret.user, pass: secret.password } : secret,
    tls: tlsOptions(server.tls ?? tls),
    ...(server.proxy === undefined ? {} : { proxy: server.proxy }),
    clientInfo: { name: 'coi-sdk', version: false, vendor: false, 'support-url': false },
    logger: quiet(logger),
    connectionTimeout: timeouts.connectMs ?? limits.connectTimeoutMs,
    greetingTimeout: timeouts.greetingMs ?? 16_000,
    socketTimeout: timeouts.socketMs ?? limits.socketTimeoutMs,
    maxLiteralSize: limits.imapLiteralBytes,
    maxLineLength: limits.imapLineBytes,
    maxResponseSize: limits.imapLiteralBytes + limits.imapLineBytes,
    // We decide ourselves when to IDLE.
    disableAutoIdle: true,
    // Loses EXISTS events after VANISHED; CHANGEDSINCE and a comparison of UIDs do the same work.
    qresync: false,
    // Content has to stay as the sender encoded it: signatures are over those octets.
    disableBinary: true,
    // Two zlib streams per connection cost more memory than everything else of an idle account.
    disableCompression: true,
    // New in imapflow and of no use to us; what we need of it are extensions that servers announce anyway.
    disableIMAP4rev2: true,
  };
}

/** imapflow logs whole commands and answers, that is, mail: only what failed goes through, without them. */
function quiet(logger: Logger): NonNullable<Exclude<ImapFlowOptions['logger'], false>> {
  const pass = (entry: { msg?: unknown; err?: { message?: unknown; code?: unknown; responseStatus?: unknown } }) =>
    logger.log('debug', 'imapflow', {
      note: String(entry?.msg ?? entry?.err?.message ?? ''),
      code: entry?.err?.code,
      status: entry?.err?.responseStatus,
    });
  const drop = () => {};
  return { trace: drop, debug: drop, info: drop, warn: pass, error: pass };
}
