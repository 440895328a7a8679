import type { AbortOptions } from '../core/abort.js';
import { type CoiError, ServerError } from '../core/errors.js';

/** Tokens of submission servers that go along for one recipient (draft-slusarz-extra-smtp-submission-token). */
export interface ServerTokens {
  /** `STOKEN`: what the recipient's server gave us. */
  readonly held: string;
  /** `MYSTOKEN`: what our server has for the recipient. */
  readonly own?: string;
}

/** One message for the server. */
export interface SmtpMessage {
  /** MAIL FROM. */
  readonly from: string;
  /** RCPT TO, each once. */
  readonly to: readonly string[];
  /** RFC 5322 octets. */
  readonly bytes: Uint8Array;
  /** Tokens by recipient, as spelt in `to`. They go out only to a server that offers `STOKEN`. */
  readonly tokens?: ReadonlyMap<string, ServerTokens> | undefined;
}

/** A recipient that the server refused. */
export interface SmtpRejection {
  readonly address: string;
  /** The server's own words; `temporary` tells whether another try may help. */
  readonly error: CoiError;
}

/**
 * No recipient was accepted. `status` and `response` are those of a temporary refusal if there was one, else of the
 * last; each recipient's own are in `rejected`.
 */
export class RecipientsRefusedError extends ServerError {
  readonly rejected: readonly SmtpRejection[];

  constructor(error: CoiError, rejected: readonly SmtpRejection[]) {
    super('RECIPIENT_REFUSED', error.message, {
      cause: error.cause,
      ...(error instanceof ServerError
        ? { response: error.response, status: error.status, statusCode: error.statusCode }
        : {}),
    });
    this.rejected = rejected;
  }
}

/** What became of a message. At least one recipient was accepted (otherwise `send` rejects). */
export interface SmtpResult {
  readonly accepted: readonly string[];
  /** Recipients the server refused, each with its own words. Temporary ones have `error.temporary`. */
  readonly rejected: readonly SmtpRejection[];
  /** Recipients beyond what the server takes at once. Hand the message over again for them. */
  readonly notTried?: readonly string[];
  /** Tokens that the server gave in place of those that were presented, by recipient. */
  readonly renewed?: ReadonlyMap<string, string>;
  /** Reply to the message itself. */
  readonly response: string;
}

/** Submission of mail (RFC 6409). Connections are made on demand and reused for a while. */
export interface SmtpTransport {
  /** Connects and logs in, without sending. */
  verify(options?: AbortOptions): Promise<void>;
  /**
   * Hands one message over, in one transaction, for as many recipients as the server takes at once; resolves when the server has taken responsibility (250 after DATA).
   *
   * @throws AuthError `SMTP_AUTH_FAILED`, NetworkError, {@link RecipientsRefusedError} when nobody was
   * accepted, ServerError with `status` when the server refused sender or message.
   */
  send(message: SmtpMessage, options?: AbortOptions): Promise<SmtpResult>;
  /** Closes all connections. Idempotent. */
  close(): Promise<void>;
}
