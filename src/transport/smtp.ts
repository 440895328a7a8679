import type { AbortOptions } from '../core/abort.js';
import type { CoiError } from '../core/errors.js';

/** One message for the server. */
export interface SmtpMessage {
  /** MAIL FROM. */
  readonly from: string;
  /** RCPT TO, each once. */
  readonly to: readonly string[];
  /** RFC 5322 octets. */
  readonly bytes: Uint8Array;
}

/** What became of a message. At least one recipient was accepted (otherwise `send` rejects). */
export interface SmtpResult {
  readonly accepted: readonly string[];
  /** Recipients the server refused, each with its own words. Temporary ones have `error.temporary`. */
  readonly rejected: readonly { readonly address: string; readonly error: CoiError }[];
  /** Reply to the message itself. */
  readonly response: string;
}

/** Submission of mail (RFC 6409). Connections are made on demand and reused for a while. */
export interface SmtpTransport {
  /** Connects and logs in, without sending. */
  verify(options?: AbortOptions): Promise<void>;
  /**
   * Hands one message over; resolves when the server has taken responsibility (250 after DATA).
   *
   * @throws AuthError `SMTP_AUTH_FAILED`, NetworkError, or ServerError with `status` when nobody was accepted.
   */
  send(message: SmtpMessage, options?: AbortOptions): Promise<SmtpResult>;
  /** Closes all connections. Idempotent. */
  close(): Promise<void>;
}
