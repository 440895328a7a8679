import { domainToASCII } from 'node:url';
import type { SMTPConnectionSendInfo } from 'nodemailer/lib/smtp-connection';
import { type AbortOptions, abortable, throwIfAborted } from '../core/abort.js';
import type { Clock } from '../core/clock.js';
import { CoiError, InputError, NetworkError, ServerError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import type { Logger } from '../core/logger.js';
import type { TransportTimeouts } from './imapflow-options.js';
import { Mutex } from './mutex.js';
import { type Endpoint, endpointOf } from './network-errors.js';
import { withFreshLogin } from './oauth.js';
import type { Credentials, ServerSettings, TlsSettings } from './settings.js';
import type { SmtpMessage, SmtpResult, SmtpTransport } from './smtp.js';
import { RecipientsRefusedError } from './smtp.js';
import { smtpError } from './smtp-errors.js';
import { SmtpSession } from './smtp-session.js';

/** Options of {@link NodemailerTransport}. */
export interface NodemailerTransportOptions {
  readonly server: ServerSettings;
  /** Used unless `server.auth` is set. */
  readonly credentials: Credentials;
  readonly tls?: TlsSettings | undefined;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly timeouts?: TransportTimeouts | undefined;
}

/**
 * {@link SmtpTransport} on nodemailer's SMTP client. Messages go one after the other over one connection, which is
 * made on demand and closed after `limits.smtpIdleMs` without use.
 */
export class NodemailerTransport implements SmtpTransport {
  readonly #options: NodemailerTransportOptions;
  readonly #endpoint: Endpoint;
  readonly #turns = new Mutex();
  #session: SmtpSession | undefined;
  #cancelIdle: () => void = () => {};
  readonly #closing = new AbortController();

  constructor(options: NodemailerTransportOptions) {
    this.#options = options;
    this.#endpoint = endpointOf('SMTP', options.server);
  }

  async verify({ signal }: AbortOptions = {}): Promise<void> {
    await this.#turn(signal, async (stop) => {
      await this.#connected(stop);
    });
  }

  async send(message: SmtpMessage, { signal }: AbortOptions = {}): Promise<SmtpResult> {
    const wire = { from: asciiDomain(message.from), to: message.to.map(asciiDomain), bytes: message.bytes };
    return this.#turn(signal, async (stop) => {
      const info = await this.#sendOnce(wire, stop);
      // Answer with the addresses that we were given.
      const named = new Map(wire.to.map((address, i) => [address, message.to[i] ?? address]));
      const rejected = rejections(info.rejectedErrors, this.#endpoint, named);
      if (rejected.length) await this.#session?.reset().catch(() => this.#session?.close());
      return {
        accepted: info.accepted.map((address) => named.get(address) ?? address),
        rejected,
        response: info.response,
      };
    });
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#cancelIdle();
    this.#closing.abort();
    const session = this.#session;
    this.#session = undefined;
    if (session) await session.quit();
  }

  /** Servers close idle connections; a message that did not get as far as its content is simply sent over a new one. */
  async #sendOnce(message: SmtpMessage, signal: AbortSignal): Promise<SMTPConnectionSendInfo> {
    const reused = this.#session?.usable === true;
    const session = await this.#connected(signal);
    try {
      return await session.send(message, signal);
    } catch (error) {
      const refused = this.#refusal(error, message);
      const closed = error instanceof NetworkError && error.code === 'CONNECTION_LOST';
      const goodbye = error instanceof ServerError && error.status === 421;
      if (reused && (closed || goodbye) && !session.contentSent && !this.#closing.signal.aborted) {
        session.close();
        return (await this.#connected(signal)).send(message, signal).catch((again) => {
          throw this.#refusal(again, message);
        });
      }
      if (session.usable) await session.reset().catch(() => session.close());
      throw refused;
    }
  }

  /** Where every recipient was refused, the refusals one by one. */
  #refusal(error: unknown, message: SmtpMessage): unknown {
    if (!(error instanceof ServerError) || error.code !== 'RECIPIENT_REFUSED') return error;
    const { cause } = error;
    const errors = typeof cause === 'object' && cause !== null && 'rejectedErrors' in cause ? cause.rejectedErrors : [];
    const rejected = rejections(Array.isArray(errors) ? errors : [], this.#endpoint);
    return new RecipientsRefusedError(error, rejected);
  }

  async #connected(signal: AbortSignal): Promise<SmtpSession> {
    if (this.#session?.usable) return this.#session;
    const { server, credentials, tls, clock, timeouts } = this.#options;
    this.#session = await withFreshLogin(server.auth ?? credentials, (secret) =>
      SmtpSession.open(secret, { server, tls, clock, timeouts, signal }),
    );
    return this.#session;
  }

  async #turn<T>(signal: AbortSignal | undefined, work: (stop: AbortSignal) => Promise<T>): Promise<T> {
    const closing = this.#closing.signal;
    const stop = signal ? AbortSignal.any([signal, closing]) : closing;
    try {
      return await this.#turns.run(async () => {
        throwIfAborted(stop);
        this.#cancelIdle();
        try {
          return await work(stop);
        } finally {
          this.#restLater();
        }
      }, stop);
    } catch (error) {
      if (closing.aborted && !signal?.aborted) {
        throw new InputError('INVALID_STATE', 'The SMTP transport was closed. Make a new one.', { cause: error });
      }
      throw error instanceof CoiError ? error : smtpError(error, this.#endpoint);
    }
  }

  #restLater(): void {
    if (!this.#session || this.#closing.signal.aborted) return;
    this.#cancelIdle = this.#options.clock.after(limits.smtpIdleMs, () => {
      const session = this.#session;
      this.#session = undefined;
      session?.quit().catch((error) => this.#options.logger.log('debug', 'SMTP QUIT failed.', { error }));
    });
  }
}

/** As much of a nodemailer transporter as we use: what `nodemailer.createTransport()` returns fits. */
export interface CallerTransporter {
  sendMail(mail: { envelope: { from: string; to: string[] }; raw: Buffer }): Promise<{
    readonly accepted?: readonly unknown[];
    readonly rejected?: readonly unknown[];
    readonly rejectedErrors?: readonly unknown[] | undefined;
    readonly response?: unknown;
  }>;
  verify?(): Promise<unknown>;
}

/** {@link SmtpTransport} over a transporter that the application already has. It is never closed by us. */
export class CallerSmtpTransport implements SmtpTransport {
  readonly #mailer: CallerTransporter;
  #closed = false;

  constructor(mailer: CallerTransporter) {
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
    let info: Awaited<ReturnType<CallerTransporter['sendMail']>>;
    try {
      info = await abortable(
        this.#mailer.sendMail({ envelope: { from: message.from, to: [...message.to] }, raw }),
        signal,
      );
    } catch (thrown) {
      throw this.#failure(thrown);
    }
    const rejected = rejections(info.rejectedErrors, CALLERS);
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
    return new RecipientsRefusedError(error, rejections(Array.isArray(errors) ? errors : [], CALLERS));
  }
}

const CALLERS: Endpoint = { protocol: 'SMTP', host: 'of your transporter', port: 0, secure: true };

/** nodemailer gives strings; some plug-ins give address objects. */
function addressOf(entry: unknown): string {
  if (typeof entry === 'object' && entry !== null && 'address' in entry) return String(entry.address);
  return String(entry);
}

/** nodemailer names the recipient in each of its errors. */
function rejections(
  errors: readonly unknown[] | undefined,
  endpoint: Endpoint,
  named: ReadonlyMap<string, string> = new Map(),
): SmtpResult['rejected'] {
  return (errors ?? []).flatMap((thrown) => {
    const recipient =
      typeof thrown === 'object' && thrown !== null && 'recipient' in thrown ? thrown.recipient : undefined;
    if (typeof recipient !== 'string') return [];
    return [{ address: named.get(recipient) ?? recipient, error: smtpError(thrown, endpoint) }];
  });
}

/** The domain as A-label (RFC 5891): only the local part needs SMTPUTF8 then. */
function asciiDomain(address: string): string {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  if (at < 0 || /^[ -~]*$/.test(domain)) return address;
  return `${address.slice(0, at)}@${domainToASCII(domain) || domain}`;
}
