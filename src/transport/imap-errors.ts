import type { ImapResponse } from 'imapflow';
import { AuthError, CoiError, describe, InputError, NetworkError, ServerError } from '../core/errors.js';
import { type Endpoint, nameOf, networkError, proxyFailed, tlsFailed, tlsRequired } from './network-errors.js';

/** What imapflow attaches to its errors (its own type is not exported at runtime, and `response` has two shapes). */
interface ImapFailure {
  readonly code?: string;
  readonly message?: string;
  readonly responseStatus?: string;
  readonly responseText?: string;
  readonly serverResponseCode?: string;
  readonly response?: ImapResponse | string | false;
  readonly authenticationFailed?: boolean;
  readonly tlsFailed?: boolean;
  readonly mailboxMissing?: boolean;
  readonly reason?: string;
}

/** Codes with which imapflow says that the server broke the protocol or one of our caps. */
const GARBAGE =
  /^(ParserError|MAX_IMAP_NESTING_REACHED|InvalidResponse|UnexpectedTag|ResponseProcessingFailed|LineTooLarge|LiteralTooLarge|ResponseTooLarge|COMPRESS_TRAILING_DATA)/;
/** Codes with which imapflow says that the connection is gone. */
const GONE = /^(NoConnection|EConnectionClosed|StateLogout|ClosedAfterConnect)/;
/** Refusals of LOGIN that say nothing about the credentials (RFC 5530 3). */
const NOT_THE_CREDENTIALS = new Set(['UNAVAILABLE', 'INUSE', 'LIMIT', 'SERVERBUG', 'CONTACTADMIN', 'PRIVACYREQUIRED']);

/** Turns whatever imapflow threw into one of our errors. */
export function imapError(thrown: unknown, endpoint: Endpoint): CoiError {
  if (thrown instanceof CoiError) return thrown;
  const failure: ImapFailure = typeof thrown === 'object' && thrown !== null ? thrown : {};
  const code = failure.code ?? '';
  if (failure.message === 'Failed to setup proxy connection' && code !== 'CONNECT_TIMEOUT') {
    return proxyFailed((thrown as { _err?: unknown })._err ?? thrown, endpoint);
  }
  if (GARBAGE.test(code)) return misbehaved(endpoint, describe(thrown), thrown);
  if (failure.responseStatus) return refused(failure, thrown, endpoint);
  if (failure.tlsFailed) {
    if (/does not support STARTTLS/.test(failure.message ?? '')) return tlsRequired(endpoint, thrown);
    return networkError(thrown, endpoint) ?? tlsFailed(thrown, endpoint);
  }
  // TLS errors of Node have a `reason`, too.
  if (failure.reason && GONE.test(code)) return goodbye(failure.reason, code, thrown, endpoint);
  const network = networkError(thrown, endpoint);
  if (network) return network;
  if (failure.authenticationFailed && /disabled/i.test(failure.message ?? '')) return tlsRequired(endpoint, thrown);
  if (failure.authenticationFailed)
    return new AuthError('IMAP_AUTH_FAILED', `${nameOf(endpoint)}: ${describe(thrown)}`, { cause: thrown });
  if (/Unsupported authentication mechanism/.test(failure.message ?? '')) {
    return new ServerError(
      'CAPABILITY_MISSING',
      `${nameOf(endpoint)} offers no login method for these credentials. Use a password if you gave a token, or the other way round.`,
      { cause: thrown },
    );
  }
  if (/^Invalid(String|Token|Text)Value|^InvalidSequenceSet|^InvalidSearchQuery/.test(code)) {
    return new InputError('INVALID_OPTION', `This cannot be sent to an IMAP server: ${describe(thrown)}`, {
      cause: thrown,
    });
  }
  return misbehaved(endpoint, describe(thrown), thrown);
}

/** The server broke the protocol; the connection is of no more use. */
export function misbehaved(endpoint: Endpoint, what: string, cause?: unknown): ServerError {
  return new ServerError(
    'SERVER_MISBEHAVED',
    `${nameOf(endpoint)} sent something that is not IMAP or beyond all limits: ${what}`,
    { cause },
  );
}

/** A tagged NO or BAD. */
function refused(failure: ImapFailure, thrown: unknown, endpoint: Endpoint): CoiError {
  const statusCode = failure.serverResponseCode || responseCode(failure.response);
  const response = failure.responseText || (typeof failure.response === 'string' ? failure.response : '');
  const init = { cause: thrown, response, statusCode };
  // Its words end as the server likes; ours follow.
  const words = response ? `: ${response.replace(/[\s.]{1,10}$/, '')}.` : '.';
  if (failure.authenticationFailed) {
    if (statusCode === 'PRIVACYREQUIRED') return tlsRequired(endpoint, thrown);
    if (!statusCode || !NOT_THE_CREDENTIALS.has(statusCode)) {
      return new AuthError(
        'IMAP_AUTH_FAILED',
        `${nameOf(endpoint)} did not accept the login${words} Check user name and password (some providers want an app password).`,
        { cause: thrown },
      );
    }
  }
  if (failure.mailboxMissing || statusCode === 'TRYCREATE' || statusCode === 'NONEXISTENT') {
    return new ServerError('FOLDER_MISSING', `${nameOf(endpoint)} has no such folder${words}`, init);
  }
  return new ServerError('SERVER_REFUSED', `${nameOf(endpoint)} refused${words}`, init);
}

/** `* BYE` with words: before the login a refusal, later the end of the connection. */
function goodbye(reason: string, code: string, cause: unknown, endpoint: Endpoint): CoiError {
  if (code.startsWith('ClosedAfterConnect')) {
    return new ServerError('SERVER_REFUSED', `${nameOf(endpoint)} refused the connection: ${reason}`, {
      cause,
      response: reason,
    });
  }
  return new NetworkError('CONNECTION_LOST', `${nameOf(endpoint)} closed the connection: ${reason}`, { cause });
}

/** Response code in brackets, upper case, such as `TRYCREATE`. */
function responseCode(response: ImapResponse | string | false | undefined): string | undefined {
  if (!response || typeof response === 'string') return undefined;
  const value = response.attributes?.[0]?.section?.[0]?.value;
  return typeof value === 'string' ? value.toUpperCase() : undefined;
}
