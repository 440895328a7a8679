import { type AbortOptions, abortable } from '../core/abort.js';
import { InputError } from '../core/errors.js';
import type { Endpoint } from './network-errors.js';
import { RecipientsRefusedError, type SmtpMessage, type SmtpResult, type SmtpTransport } from './smtp.js';
import { recipientErrors, smtpError } from './smtp-errors.js';

/** A nodemailer transporter of the application, as much of it as is used: what `createTransport()` returns fits. Never closed by the account. */
export interface LentSmtp {
  /** Hands a finished mail over; `accepted`, `rejected` and `rejectedErrors` say what the server did with each recipient. */
  sendMail(mail: { envelope: { from: string; to: string[] }; raw: Buffer }): Promise<{
    readonly accepted?: readonly unknown[];
    readonly rejected?: readonly unknown[];
    readonly rejectedErrors?: readonly unknown[] | undefined;
    readonly response?: unknown;
  }>;
  /** Connects and logs in, without sending anything. */
  verify?(): Promise<unknown>;
}

/** {@link SmtpTransport} over a transporter that the application already has. It is never closed by us. */
export class CallerSmtpTransport implements SmtpTransport {
  readonly #mailer: LentSmtp;
  #closed = false;

  constructor(mailer: LentSmtp) {
    this.#mailer = mailer;
  }

  async verify({ signal }: AbortOptions = {}): Promise<void> {
    this.#check();
    try {
      if (this.#mailer.verify) await abortable(this.#mailer.verify(), signal);
    } catch (thrown) {
      throw smtpError(thrown, CALLERS);
    }
  }

  async send(message: SmtpMessage, { signal }: AbortOptions = {}): Promise<SmtpResult> {
    this.#check();
    const raw = Buffer.from(message.bytes.buffer, message.bytes.byteOffset, message.bytes.byteLength);
    let info: Awaited<ReturnType<LentSmtp['sendMail']>>;
    try {
      info = await abortable(
        this.#mailer.sendMail({ envelope: { from: message.from, to: [...message.to] }, raw }),
        signal,
      );
    } catch (thrown) {
      throw this.#failure(thrown);
    }
    const rejected = recipientErrors(info.rejectedErrors, CALLERS);
    const refused = new Set([...(info.rejected ?? []).map(addressOf), ...rejected.map(({ address }) => address)]);
    return {
      accepted: info.accepted ? info.accepted.map(addressOf) : message.to.filter((address) => !refused.has(address)),
      rejected,
      response: typeof info.response === 'string' ? info.response : '',
    };
  }

  /** Forgets the transporter; it stays open, it is not ours. */
  async close(): Promise<void> {
    this.#closed = true;
  }

  #check(): void {
    if (this.#closed) throw new InputError('INVALID_STATE', 'The SMTP transport was closed. Make a new one.');
  }

  #failure(thrown: unknown): Error {
    const error = smtpError(thrown, CALLERS);
    if (error.code !== 'RECIPIENT_REFUSED') return error;
    const errors =
      typeof thrown === 'object' && thrown !== null && 'rejectedErrors' in thrown ? thrown.rejectedErrors : [];
    return new RecipientsRefusedError(error, recipientErrors(Array.isArray(errors) ? errors : [], CALLERS));
  }
}

const CALLERS: Endpoint = { protocol: 'SMTP', host: 'of your transporter', port: 0, secure: true };

/** nodemailer gives strings; some plug-ins give address objects. */
function addressOf(entry: unknown): string {
  if (typeof entry === 'object' && entry !== null && 'address' in entry) return String(entry.address);
  return String(entry);
}
