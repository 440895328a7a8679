/**
 * Every failure of this library is a {@link CoiError} with a stable {@link CoiErrorCode}.
 *
 * The class says who is at fault (your call, the network, the server, the store, a mail, your handler), the code says
 * what exactly happened. Match on `code`; messages are for people and may change.
 */

/** What exactly went wrong. Codes are part of the public API: they are added, never renamed. */
export type CoiErrorCode =
  // Your call
  | 'UNKNOWN_OPTION'
  | 'INVALID_OPTION'
  | 'INVALID_ADDRESS'
  | 'INVALID_HEADER'
  | 'INVALID_STATE'
  | 'NOT_A_MEMBER'
  | 'EMPTY_MESSAGE'
  | 'TEXT_TOO_LONG'
  | 'TOO_MANY_RECIPIENTS'
  | 'FILE_NOT_FOUND'
  | 'ATTACHMENT_TOO_LARGE'
  | 'MESSAGE_TOO_LARGE'
  | 'NOT_FOUND'
  | 'ABORTED'
  // Credentials
  | 'IMAP_AUTH_FAILED'
  | 'SMTP_AUTH_FAILED'
  | 'TOKEN_FAILED'
  // Network
  | 'HOST_NOT_FOUND'
  | 'CONNECTION_REFUSED'
  | 'CONNECTION_LOST'
  | 'CONNECTION_SHARED'
  | 'CERTIFICATE_INVALID'
  | 'TLS_REQUIRED'
  | 'TLS_FAILED'
  | 'TIMEOUT'
  | 'PROXY_FAILED'
  // Server
  | 'SERVER_REFUSED'
  | 'SERVER_MISBEHAVED'
  | 'SENDER_REFUSED'
  | 'RECIPIENT_REFUSED'
  | 'MESSAGE_REFUSED'
  | 'FOLDER_MISSING'
  | 'CAPABILITY_MISSING'
  | 'BOUNCED'
  // Store
  | 'STORE_LOCKED'
  | 'STORE_SEALED'
  | 'STORE_CORRUPT'
  | 'STORE_NEWER'
  | 'STORE_FAILED'
  | 'SQLITE_MISSING'
  // A backup
  | 'BACKUP_INVALID'
  | 'BACKUP_DAMAGED'
  | 'BACKUP_NEWER'
  | 'STORE_NOT_EMPTY'
  // A mail that came in
  | 'LIMIT_EXCEEDED'
  // Encryption
  | 'KEY_INVALID'
  | 'KEY_UNUSABLE'
  | 'KEY_LOCKED'
  | 'MISSING_KEY'
  | 'WRONG_PASSPHRASE'
  | 'DECRYPTION_FAILED'
  | 'ENCRYPTION_FAILED'
  // Autocrypt
  | 'AUTOCRYPT_INVALID'
  | 'KEY_EXISTS'
  | 'KEY_IMPORT_NEEDED'
  | 'KEY_CHANGED'
  | 'FINGERPRINT_MISMATCH'
  | 'SETUP_CODE_WRONG'
  | 'SETUP_MESSAGE_INVALID'
  | 'SETUP_MESSAGE_FOREIGN'
  // Your handler
  | 'HANDLER_FAILED'
  | 'PEER_DEPENDENCY_MISSING';

/** What an error carries besides its message. */
export interface CoiErrorInit {
  /** The error underneath, if there is one. */
  readonly cause?: unknown;
}

/** Base class of everything this library throws or emits as an error. */
export class CoiError extends Error {
  /** Stable identifier of what happened; see {@link CoiErrorCode}. */
  readonly code: CoiErrorCode;

  constructor(code: CoiErrorCode, message: string, init: CoiErrorInit = {}) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause });
    this.name = new.target.name;
    this.code = code;
  }
}

/** The call was wrong: an unknown option, a bad address, an empty message. Nothing was sent or stored. */
export class InputError extends CoiError {}

/** The operation was given up through its `AbortSignal`; `cause` is the signal's reason. `name` is `AbortError`, as on the web platform. */
export class AbortedError extends CoiError {
  constructor(reason?: unknown) {
    super('ABORTED', 'The operation was aborted by its AbortSignal.', { cause: reason });
    this.name = 'AbortError';
  }
}

/** The server did not take the credentials. Ask the user for new ones; trying again with the same ones is of no use. */
export class AuthError extends CoiError {}

/** The network failed before the server could answer. Usually worth another try later. */
export class NetworkError extends CoiError {}

/** What a {@link ServerError} knows about the server's answer. */
export interface ServerErrorInit extends CoiErrorInit {
  /** The server's own words. */
  readonly response?: string | undefined;
  /** SMTP reply code (RFC 5321) or undefined for IMAP. */
  readonly status?: number | undefined;
  /** Enhanced status code such as `5.1.1` (RFC 3463), or the IMAP response code such as `CANNOT`. */
  readonly statusCode?: string | undefined;
}

/** The server answered, and said no. */
export class ServerError extends CoiError {
  /** The server's own words. */
  readonly response: string | undefined;
  /** SMTP reply code (RFC 5321), if any. */
  readonly status: number | undefined;
  /** Enhanced status code (RFC 3463) or IMAP response code, if any. */
  readonly statusCode: string | undefined;

  constructor(code: CoiErrorCode, message: string, init: ServerErrorInit = {}) {
    super(code, message, init);
    this.response = init.response;
    this.status = init.status;
    this.statusCode = init.statusCode;
  }

  /** True if the same request may succeed later (SMTP 4xx). */
  get temporary(): boolean {
    return this.status !== undefined && this.status >= 400 && this.status < 500;
  }
}

/** The local store cannot be opened, read or written. */
export class StoreError extends CoiError {}

/** A mail cannot be read, or goes beyond a limit of `core/limits.ts`. */
export class MailError extends CoiError {}

/** A key, a passphrase or an encrypted mail could not be used as it should. */
export class EncryptionError extends CoiError {}

/** A message was not sent because it must be encrypted and cannot be, for the recipients in `addresses`. */
export class RecipientKeyError extends EncryptionError {
  /** Whose key is missing or has changed; normalised addresses. */
  readonly addresses: readonly string[];

  constructor(code: CoiErrorCode, message: string, addresses: readonly string[], init: CoiErrorInit = {}) {
    super(code, message, init);
    this.addresses = addresses;
  }
}

/** One of the application's event handlers threw; `cause` is what it threw. */
export class HandlerError extends CoiError {
  /** Name of the event whose handler threw. */
  readonly event: string;
  /** What the handler was called with (for `message` events the message). */
  readonly subject: unknown;

  constructor(event: string, subject: unknown, cause: unknown) {
    super('HANDLER_FAILED', `A handler of the "${event}" event threw: ${describe(cause)}`, { cause });
    this.event = event;
    this.subject = subject;
  }
}

/** One line about anything that was thrown. */
export function describe(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message || thrown.name;
  return String(thrown);
}
