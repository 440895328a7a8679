import { AuthError, CoiError, describe, InputError, ServerError } from '../core/errors.js';
import { type Endpoint, nameOf, networkError, proxyFailed, tlsFailed, tlsRequired } from './network-errors.js';
import type { SmtpRejection } from './smtp.js';

/** What nodemailer attaches to its errors. */
interface SmtpFailure {
  readonly code?: string;
  readonly message?: string;
  readonly command?: string;
  readonly response?: string;
  readonly responseCode?: number;
}

/** Replies that concern the login, wherever they come (RFC 4954 6). */
const AUTH_REPLIES = new Set([530, 534, 535, 538]);

/** Turns whatever nodemailer threw into one of our errors. */
export function smtpError(thrown: unknown, endpoint: Endpoint): CoiError {
  if (thrown instanceof CoiError) return thrown;
  const failure: SmtpFailure = typeof thrown === 'object' && thrown !== null ? thrown : {};
  if (failure.code === 'EPROXY' || failure.code === 'ProxyError') return proxyFailed(thrown, endpoint);
  const startTls = failure.command === 'STARTTLS' || /STARTTLS/.test(failure.message ?? '');
  if (startTls && failure.response) {
    const later = failure.responseCode !== undefined && failure.responseCode < 500;
    return later ? tlsFailed(thrown, endpoint) : tlsRequired(endpoint, thrown);
  }
  if (failure.responseCode !== undefined) return refused(failure, failure.responseCode, thrown, endpoint);
  if (failure.code === 'EPROTOCOL') return misbehaved(thrown, endpoint);
  const network = networkError(thrown, endpoint);
  if (network) return network;
  if (failure.code === 'EAUTH') {
    return new AuthError('SMTP_AUTH_FAILED', `${nameOf(endpoint)} did not accept the login: ${describe(thrown)}.`, {
      cause: thrown,
    });
  }
  if (failure.code === 'EMESSAGE') return tooLarge(endpoint, { cause: thrown });
  if (failure.code === 'EENVELOPE') {
    return new InputError('INVALID_ADDRESS', `The envelope cannot be sent: ${describe(thrown)}.`, { cause: thrown });
  }
  return misbehaved(thrown, endpoint);
}

/** A reply of the server, 4xx or 5xx. */
function refused(failure: SmtpFailure, status: number, cause: unknown, endpoint: Endpoint): CoiError {
  const response = failure.response ?? '';
  const statusCode = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(response)?.[1];
  const init = { cause, response, status, statusCode };
  const server = nameOf(endpoint);
  const login = failure.code === 'EAUTH' || failure.command?.startsWith('AUTH');
  if (AUTH_REPLIES.has(status) || (login && status >= 500)) {
    const advice = 'Check user name and password (some providers want an app password).';
    return new AuthError('SMTP_AUTH_FAILED', `${server} did not accept the login: ${response}. ${advice}`, { cause });
  }
  if (failure.command === 'RCPT TO') {
    return new ServerError('RECIPIENT_REFUSED', `${server} refused the recipient: ${response}`, init);
  }
  // 552 and 5.3.4 are the ways to say "too large" (RFC 1870 6, RFC 3463).
  if (statusCode === '5.3.4' || (status === 552 && failure.command !== 'CONN')) return tooLarge(endpoint, init);
  if (failure.command === 'MAIL FROM') {
    return new ServerError('SENDER_REFUSED', `${server} refused the sender: ${response}`, init);
  }
  if (failure.command === 'DATA') {
    return new ServerError('MESSAGE_REFUSED', `${server} refused the message: ${response}`, init);
  }
  if (status >= 400) return new ServerError('SERVER_REFUSED', `${server} refused: ${response}`, init);
  return misbehaved(cause, endpoint);
}

/**
 * True if a server takes no more recipients for this transaction: `452` without another meaning, or the enhanced code for it, X.5.3. RFC 5321
 * 4.5.3.1.10 asks to take `552` for it as well, which old servers say.
 */
export function isRecipientLimit(error: CoiError): boolean {
  if (!(error instanceof ServerError)) return false;
  const { status, statusCode } = error;
  if (statusCode !== undefined) return /^[45]\.5\.3$/.test(statusCode);
  return status === 452 || (status === 552 && error.code === 'RECIPIENT_REFUSED');
}

function tooLarge(endpoint: Endpoint, init: ConstructorParameters<typeof ServerError>[2]): ServerError {
  return new ServerError('MESSAGE_TOO_LARGE', `The message is larger than ${nameOf(endpoint)} takes.`, init);
}

function misbehaved(thrown: unknown, endpoint: Endpoint): ServerError {
  return new ServerError(
    'SERVER_MISBEHAVED',
    `${nameOf(endpoint)} sent something that is not SMTP: ${describe(thrown)}`,
    {
      cause: thrown,
    },
  );
}

/** The refusals of single recipients: nodemailer names the recipient in each. */
export function recipientErrors(errors: readonly unknown[] | undefined, endpoint: Endpoint): readonly SmtpRejection[] {
  return (errors ?? []).flatMap((thrown) => {
    const recipient =
      typeof thrown === 'object' && thrown !== null && 'recipient' in thrown ? thrown.recipient : undefined;
    if (typeof recipient !== 'string') return [];
    return [{ address: recipient, error: smtpError(thrown, endpoint) }];
  });
}
