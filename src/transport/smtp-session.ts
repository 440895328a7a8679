import { Readable } from 'node:stream';
import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { SMTPConnectionSendInfo } from 'nodemailer/lib/smtp-connection';
import { abortable, throwIfAborted } from '../core/abort.js';
import type { Clock } from '../core/clock.js';
import { type CoiError, NetworkError, ServerError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import type { TransportTimeouts } from './imapflow-options.js';
import { moment } from './moment.js';
import { type Endpoint, endpointOf, nameOf } from './network-errors.js';
import { type LoginSecret, xoauth2 } from './oauth.js';
import { connectThroughProxy } from './proxy.js';
import type { ServerSettings, TlsSettings } from './settings.js';
import type { SmtpMessage } from './smtp.js';
import { smtpError } from './smtp-errors.js';
import { serverLimits } from './smtp-limits.js';
import { TokenDialogue } from './smtp-stoken.js';
import { tlsOptions } from './tls-options.js';

/** What opening a session needs. */
export interface SmtpSessionOptions {
  readonly server: ServerSettings;
  readonly tls?: TlsSettings | undefined;
  readonly clock: Clock;
  readonly timeouts?: TransportTimeouts | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What became of one message. */
export type SmtpSent = SMTPConnectionSendInfo & { readonly renewed: ReadonlyMap<string, string> };

/** One SMTP connection, logged in. One message at a time. */
export class SmtpSession {
  /** True once something of a message's content went out: from then on it may have arrived. */
  contentSent = false;
  /** True once a message was taken. */
  served = false;
  /** True if tokens went along with the last message. */
  tokensSent = false;
  /** Recipients that the server takes in one transaction, as far as it said so or showed it. */
  mostRecipients = Number.POSITIVE_INFINITY;
  /** Messages that the server still takes over this connection. */
  #mailsLeft = Number.POSITIVE_INFINITY;
  /** Asked for with the first message that has tokens: it costs a round trip, and hardly any server knows them. */
  #tokens: Promise<TokenDialogue | undefined> | undefined;
  #failure: CoiError | undefined;
  readonly #gone: Promise<never>;

  private constructor(
    private readonly connection: SMTPConnection,
    private readonly endpoint: Endpoint,
    private readonly clock: Clock,
  ) {
    this.#gone = new Promise((_, reject) => {
      connection.on('error', (error: Error) => {
        this.#failure ??= smtpError(error, endpoint);
        reject(this.#failure);
      });
      connection.once('end', () => {
        // nodemailer ends first and hands the reply that explains it to the running command right after.
        setImmediate(() => reject(this.#failure ?? lost(endpoint)));
      });
    });
    this.#gone.catch(() => {});
  }

  /** Connects and logs in. Errors are ours. */
  static async open(secret: LoginSecret, options: SmtpSessionOptions): Promise<SmtpSession> {
    const { server, tls, clock, timeouts = {}, signal } = options;
    throwIfAborted(signal);
    const endpoint = endpointOf('SMTP', server);
    const { default: SMTPConnection } = await import('nodemailer/lib/smtp-connection');
    const connection = new SMTPConnection({
      host: endpoint.host,
      port: endpoint.port,
      secure: endpoint.secure,
      // Fails before the login where STARTTLS is missing or broken. Left out, it is used where offered.
      ...(endpoint.secure || server.allowInsecure ? {} : { requireTLS: true }),
      tls: tlsOptions(server.tls ?? tls),
      // The name of the machine is nobody's business.
      name: '[127.0.0.1]',
      connectionTimeout: timeouts.connectMs ?? limits.connectTimeoutMs,
      greetingTimeout: timeouts.greetingMs ?? limits.connectTimeoutMs,
      socketTimeout: timeouts.socketMs ?? limits.smtpSocketTimeoutMs,
      socketCloseTimeout: 0,
      maxResponseSize: limits.smtpReplyBytes,
      customAuth: { XOAUTH2: tokenLogin },
      ...(server.proxy === undefined
        ? {}
        : { connection: await abortable(connectThroughProxy(server.proxy, endpoint, timeouts.connectMs), signal) }),
    });
    const session = new SmtpSession(connection, endpoint, clock);
    await session
      .#bounded(0, signal, async () => {
        await callback((done) => connection.connect(done));
        session.#learnLimits();
        // A relay that takes mail from this network offers no AUTH; if it wants a login it will say so.
        if (connection.allowsAuth) await callback((done) => connection.login(authOf(secret), done));
      })
      .catch((error) => {
        session.close();
        throw error;
      });
    return session;
  }

  /** True while another message can be sent. */
  get usable(): boolean {
    return !this.connection.destroyed && this.#failure === undefined && this.#mailsLeft > 0;
  }

  /** Sends one message. Errors are ours; the session is closed unless the server just said no. */
  async send(message: SmtpMessage, signal: AbortSignal | undefined): Promise<SmtpSent> {
    this.contentSent = false;
    this.tokensSent = false;
    this.#mailsLeft--;
    const content = Buffer.from(message.bytes.buffer, message.bytes.byteOffset, message.bytes.byteLength);
    const source = new Readable({
      // Asked for only after the server's 354.
      read: () => {
        this.contentSent = true;
        source.push(content);
        source.push(null);
      },
      highWaterMark: 0,
    });
    const envelope = {
      from: message.from,
      to: [...message.to],
      size: content.length,
      use8BitMime: content.some((octet) => octet > 127),
    };
    return this.#bounded(content.length, signal, async () => {
      const { tokens } = message;
      const dialogue = tokens && tokens.size > 0 ? await this.#dialogue() : undefined;
      if (tokens && dialogue) {
        dialogue.begin(tokens);
        this.tokensSent = true;
      }
      try {
        const info = await callback<SMTPConnectionSendInfo>((done) => this.connection.send(envelope, source, done));
        this.served = true;
        return { ...info, renewed: dialogue?.end() ?? new Map() };
      } finally {
        dialogue?.end();
      }
    });
  }

  /** Forgets a transaction that the server refused, so that the next one can begin. */
  async reset(): Promise<void> {
    await this.#bounded(0, undefined, () => callback((done) => this.connection.reset(done)));
  }

  /** QUIT, but not for longer than a moment. */
  async quit(): Promise<void> {
    if (!this.connection.destroyed && this.#failure === undefined) this.connection.quit();
    await Promise.race([moment(), this.#gone.catch(() => {})]);
    this.close();
  }

  /** Closes the socket at once. */
  close(): void {
    this.#failure ??= lost(this.endpoint);
    this.connection.close();
  }

  #dialogue(): Promise<TokenDialogue | undefined> {
    this.#tokens ??= TokenDialogue.open(this.connection);
    return this.#tokens;
  }

  #learnLimits(): void {
    const { recipients, mails } = serverLimits(this.connection.lastServerResponse || '');
    if (recipients !== undefined) this.mostRecipients = recipients;
    if (mails !== undefined) this.#mailsLeft = mails;
  }

  async #bounded<T>(sending: number, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    let late = () => {};
    const deadline = new Promise<never>((_, reject) => {
      late = this.clock.after(limits.commandMs + (sending / limits.uploadBytesPerSecond) * 1000, () =>
        reject(new NetworkError('TIMEOUT', `${nameOf(this.endpoint)} did not finish in time.`)),
      );
    });
    try {
      return await abortable(Promise.race([work(), this.#gone, deadline]), signal);
    } catch (thrown) {
      const error = smtpError(thrown, this.endpoint);
      // After a refusal the dialogue goes on; after anything else nobody knows where it stands.
      if (!(error instanceof ServerError) || error.code === 'SERVER_MISBEHAVED') this.close();
      throw error;
    } finally {
      late();
    }
  }
}

function lost(endpoint: Endpoint): NetworkError {
  return new NetworkError('CONNECTION_LOST', `The connection to ${nameOf(endpoint)} was lost. Try again later.`);
}

function authOf(secret: LoginSecret): { method?: string; user: string; pass: string } {
  if ('password' in secret) return { user: secret.user, pass: secret.password };
  return { method: 'XOAUTH2', user: secret.user, pass: secret.accessToken };
}

/** XOAUTH2. A refusal comes as a 334 with details; an empty line asks for the reply proper. */
async function tokenLogin(context: {
  readonly auth: { readonly credentials: { readonly user: string; readonly pass: string } };
  sendCommand(command: string): Promise<{ readonly status: number; readonly response: string }>;
}): Promise<void> {
  const { user, pass } = context.auth.credentials;
  let reply = await context.sendCommand(`AUTH XOAUTH2 ${xoauth2(user, pass)}`);
  if (reply.status === 334) reply = await context.sendCommand('');
  if (reply.status !== 235) throw new Error('Invalid login');
}

function callback<T>(start: (done: (error?: Error | null, result?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, result) => (error ? reject(error) : resolve(result as T)));
  });
}
