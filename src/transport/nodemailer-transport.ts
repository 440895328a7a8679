import { setMaxListeners } from 'node:events';
import { domainToASCII } from 'node:url';
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
import type { ServerTokens, SmtpMessage, SmtpRejection, SmtpResult, SmtpTransport } from './smtp.js';
import { RecipientsRefusedError } from './smtp.js';
import { isRecipientLimit, recipientErrors, smtpError } from './smtp-errors.js';
import { type SmtpSent, SmtpSession } from './smtp-session.js';
import { isServerToken } from './smtp-stoken.js';

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

/** What became of a message, with addresses as they stand on the wire. */
interface Transacted extends SmtpResult {
  readonly notTried: readonly string[];
  readonly renewed: ReadonlyMap<string, string>;
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
  /** The server does not do what it offers: no tokens any more. */
  #tokensFailed = false;
  /** Tokens that the server did not take. */
  readonly #refusedTokens = new Set<string>();
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
    // Answers name the addresses as we were given them.
    const named = new Map(message.to.map((address) => [asciiDomain(address), address]));
    const given = (address: string) => named.get(address) ?? address;
    const renamed = (rejected: readonly SmtpRejection[]) =>
      rejected.map(({ address, error }) => ({ address: given(address), error }));
    const wire = { from: asciiDomain(message.from), to: message.to.map(asciiDomain), bytes: message.bytes };
    return this.#turn(signal, async (stop) => {
      const sent = await this.#withTokens(wire, this.#presentable(message), stop).catch((error) => {
        throw error instanceof RecipientsRefusedError
          ? new RecipientsRefusedError(error, renamed(error.rejected))
          : error;
      });
      const { accepted, rejected, notTried, renewed, response } = sent;
      return {
        accepted: accepted.map(given),
        rejected: renamed(rejected),
        ...(notTried.length > 0 && { notTried: notTried.map(given) }),
        ...(renewed.size > 0 && { renewed: new Map([...renewed].map(([address, token]) => [given(address), token])) }),
        response,
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

  /** The tokens that may go out, by address on the wire. */
  #presentable({ tokens = new Map() }: SmtpMessage): ReadonlyMap<string, ServerTokens> {
    if (this.#tokensFailed) return new Map();
    const usable = [...tokens].flatMap(([address, { held, own }]): [string, ServerTokens][] => {
      if (!isServerToken(held) || this.#refusedTokens.has(held)) return [];
      return [[asciiDomain(address), { held, ...(own !== undefined && isServerToken(own) && { own }) }]];
    });
    return new Map(usable);
  }

  /** Tokens never cost a message: whatever goes wrong with them, it goes out once more without. */
  async #withTokens(
    message: SmtpMessage,
    tokens: ReadonlyMap<string, ServerTokens>,
    signal: AbortSignal,
  ): Promise<Transacted> {
    if (tokens.size === 0) return this.#transaction(message, signal);
    let first: Transacted;
    try {
      first = await this.#transaction({ ...message, tokens }, signal);
    } catch (error) {
      if (this.#session?.tokensSent !== true || signal.aborted) throw error;
      return this.#withoutTokens(message, tokens, error, signal);
    }
    const to = refusedOver(tokens, first.rejected);
    if (to.length === 0 || this.#session?.tokensSent !== true) return first;
    this.#refuse(to, tokens);
    const others = first.rejected.filter(({ address }) => !to.includes(address));
    try {
      const second = await this.#transaction({ ...message, to }, signal);
      return {
        ...first,
        accepted: [...first.accepted, ...second.accepted],
        rejected: [...others, ...second.rejected],
        notTried: [...first.notTried, ...second.notTried],
      };
    } catch (error) {
      // The others have the message: nobody may take this for a failure of the whole.
      if (error instanceof RecipientsRefusedError) return { ...first, rejected: [...others, ...error.rejected] };
      return { ...first, rejected: others, notTried: [...first.notTried, ...to] };
    }
  }

  /** After a failure of everything in which tokens were involved. */
  async #withoutTokens(
    message: SmtpMessage,
    tokens: ReadonlyMap<string, ServerTokens>,
    error: unknown,
    signal: AbortSignal,
  ): Promise<Transacted> {
    const refused = error instanceof RecipientsRefusedError ? refusedOver(tokens, error.rejected) : [];
    if (error instanceof ServerError && error.temporary && refused.length === 0) throw error;
    // It may have arrived: whether to hand it over again is not for us to say.
    const uncertain = this.#session?.contentSent === true && !(error instanceof ServerError && isPermanent(error));
    if (uncertain) {
      this.#tokensFailed = true;
      throw error;
    }
    const sent = await this.#transaction(message, signal);
    // Without them it went through, so it was them.
    const judged =
      error instanceof RecipientsRefusedError || (error instanceof ServerError && error.code === 'MESSAGE_REFUSED');
    if (judged) this.#refuse(sent.accepted, tokens);
    else this.#tokensFailed = true;
    return sent;
  }

  /** These are not presented again. */
  #refuse(addresses: readonly string[], tokens: ReadonlyMap<string, ServerTokens>): void {
    for (const address of addresses) {
      const token = tokens.get(address);
      if (token && this.#refusedTokens.size < limits.refusedTokens) this.#refusedTokens.add(token.held);
    }
  }

  /** One transaction for as many recipients as the server takes at once. */
  async #transaction(message: SmtpMessage, signal: AbortSignal): Promise<Transacted> {
    for (;;) {
      const session = await this.#connected(signal);
      const to = message.to.slice(0, session.mostRecipients);
      try {
        const { accepted, rejectedErrors, renewed, response } = await this.#sendOnce({ ...message, to }, signal);
        const rejected = recipientErrors(rejectedErrors, this.#endpoint);
        // The next message asks for no more than that, over this connection.
        if (this.#session && rejected.some(({ error }) => isRecipientLimit(error))) {
          this.#session.mostRecipients = accepted.length;
        }
        return { accepted, rejected, notTried: message.to.slice(to.length), renewed, response };
      } catch (error) {
        // Some say only in answer to the message that there were too many. Then nobody got it, and fewer may pass.
        const tooMany = error instanceof ServerError && error.code === 'MESSAGE_REFUSED' && isRecipientLimit(error);
        if (!tooMany || to.length < 2) throw this.#refusal(error);
        const next = await this.#connected(signal);
        next.mostRecipients = Math.floor(to.length / 2);
      }
    }
  }

  /** Servers close idle connections; a message that did not get as far as its content is simply sent over a new one. */
  async #sendOnce(message: SmtpMessage, signal: AbortSignal): Promise<SmtpSent> {
    const reused = this.#session?.usable === true;
    const session = await this.#connected(signal);
    const served = session.served;
    try {
      return await session.send(message, signal);
    } catch (error) {
      const closed = error instanceof NetworkError && error.code === 'CONNECTION_LOST';
      const goodbye = error instanceof ServerError && error.status === 421;
      // One that breaks over its first message with tokens may do so every time.
      const stale = reused && (served || !session.tokensSent);
      if (stale && (closed || goodbye) && !session.contentSent && !this.#closing.signal.aborted) {
        session.close();
        return (await this.#connected(signal)).send(message, signal);
      }
      if (session.usable) await session.reset().catch(() => session.close());
      throw error;
    }
  }

  /** Where every recipient was refused, the refusals one by one. */
  #refusal(error: unknown): unknown {
    if (!(error instanceof ServerError) || error.code !== 'RECIPIENT_REFUSED') return error;
    const { cause } = error;
    const errors = typeof cause === 'object' && cause !== null && 'rejectedErrors' in cause ? cause.rejectedErrors : [];
    return new RecipientsRefusedError(error, recipientErrors(Array.isArray(errors) ? errors : [], this.#endpoint));
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

/** Recipients who may have been refused because of their tokens. */
function refusedOver(tokens: ReadonlyMap<string, ServerTokens>, rejected: readonly SmtpRejection[]): string[] {
  return rejected.flatMap(({ address, error }) => (tokens.has(address) && isPermanent(error) ? [address] : []));
}

function isPermanent(error: CoiError): boolean {
  return error instanceof ServerError && (error.status ?? 0) >= 500;
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
