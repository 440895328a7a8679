import { setMaxListeners } from 'node:events';
import { domainToASCII } from 'node:url';
import type { SMTPConnectionSendInfo } from 'nodemailer/lib/smtp-connection';
import { type AbortOptions, throwIfAborted } from '../core/abort.js';
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
import { isRecipientLimit, recipientErrors, smtpError } from './smtp-errors.js';
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
    // Every message in the queue listens; Node would take more than ten for a leak.
    setMaxListeners(0, this.#closing.signal);
  }

  async verify({ signal }: AbortOptions = {}): Promise<void> {
    await this.#turn(signal, async (stop) => {
      await this.#connected(stop);
    });
  }

  async send(message: SmtpMessage, { signal }: AbortOptions = {}): Promise<SmtpResult> {
    const wire = { from: asciiDomain(message.from), to: message.to.map(asciiDomain), bytes: message.bytes };
    return this.#turn(signal, async (stop) => {
      // Answers name the addresses as we were given them.
      const named = new Map(wire.to.map((address, i) => [address, message.to[i] ?? address]));
      const given = (address: string) => named.get(address) ?? address;
      const { info, notTried } = await this.#transaction(wire, stop).catch((error) => {
        throw this.#refusal(error, named);
      });
      const accepted = info.accepted.map(given);
      const rejected = recipientErrors(info.rejectedErrors, this.#endpoint, named);
      // The next message asks for no more than that, over this connection.
      if (this.#session && rejected.some(({ error }) => isRecipientLimit(error))) {
        this.#session.mostRecipients = accepted.length;
      }
      const { response } = info;
      return { accepted, rejected, ...(notTried.length > 0 && { notTried: notTried.map(given) }), response };
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

  /** One transaction for as many recipients as the server takes at once. */
  async #transaction(
    message: SmtpMessage,
    signal: AbortSignal,
  ): Promise<{ readonly info: SMTPConnectionSendInfo; readonly notTried: readonly string[] }> {
    for (;;) {
      const session = await this.#connected(signal);
      const to = message.to.slice(0, session.mostRecipients);
      try {
        const info = await this.#sendOnce({ ...message, to }, signal);
        return { info, notTried: message.to.slice(to.length) };
      } catch (error) {
        // Some say only in answer to the message that there were too many. Then nobody got it, and fewer may pass.
        const tooMany = error instanceof ServerError && error.code === 'MESSAGE_REFUSED' && isRecipientLimit(error);
        if (!tooMany || to.length < 2) throw error;
        const next = await this.#connected(signal);
        next.mostRecipients = Math.floor(to.length / 2);
      }
    }
  }

  /** Servers close idle connections; a message that did not get as far as its content is simply sent over a new one. */
  async #sendOnce(message: SmtpMessage, signal: AbortSignal): Promise<SMTPConnectionSendInfo> {
    const reused = this.#session?.usable === true;
    const session = await this.#connected(signal);
    try {
      return await session.send(message, signal);
    } catch (error) {
      const closed = error instanceof NetworkError && error.code === 'CONNECTION_LOST';
      const goodbye = error instanceof ServerError && error.status === 421;
      if (reused && (closed || goodbye) && !session.contentSent && !this.#closing.signal.aborted) {
        session.close();
        return (await this.#connected(signal)).send(message, signal);
      }
      if (session.usable) await session.reset().catch(() => session.close());
      throw error;
    }
  }

  /** Where every recipient was refused, the refusals one by one. */
  #refusal(error: unknown, named: ReadonlyMap<string, string>): unknown {
    if (!(error instanceof ServerError) || error.code !== 'RECIPIENT_REFUSED') return error;
    const { cause } = error;
    const errors = typeof cause === 'object' && cause !== null && 'rejectedErrors' in cause ? cause.rejectedErrors : [];
    const rejected = recipientErrors(Array.isArray(errors) ? errors : [], this.#endpoint, named);
    return new RecipientsRefusedError(error, rejected);
  }

  async #connected(signal: AbortSignal): Promise<SmtpSession> {
    if (this.#session?.usable) return this.#session;
    // The server takes no more messages over the old one (RFC 9422).
    this.#session?.quit().catch((error) => this.#options.logger.log('debug', 'SMTP QUIT failed.', { error }));
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

/**
 * The domain as A-label (RFC 5891): only the local part needs SMTPUTF8 then.
 *
 * @throws InputError `INVALID_ADDRESS` for control characters and angle brackets, which would end the command.
 */
function asciiDomain(address: string): string {
  if (/[^ -~\u0080-\u{10ffff}]|[<>]/u.test(address)) {
    throw new InputError('INVALID_ADDRESS', `${JSON.stringify(address)} is no e-mail address that can be sent to.`);
  }
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  if (at < 0 || /^[ -~]*$/.test(domain)) return address;
  return `${address.slice(0, at)}@${domainToASCII(domain) || domain}`;
}
