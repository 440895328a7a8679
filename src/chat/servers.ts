import type { AbortOptions } from '../core/abort.js';
import { InputError } from '../core/errors.js';
import type { StateWriter } from '../sync/state-writer.js';
import { type DiscoveredSettings, discoverSettings } from '../transport/autodiscovery.js';
import { CallerSmtpTransport } from '../transport/caller-smtp-transport.js';
import type { ImapTransport } from '../transport/imap.js';
import { ImapFlowTransport } from '../transport/imapflow-transport.js';
import { NodemailerTransport } from '../transport/nodemailer-transport.js';
import type { Credentials, ServerSettings } from '../transport/settings.js';
import type { SmtpMessage, SmtpResult, SmtpTransport } from '../transport/smtp.js';
import type { CheckedOptions } from './options.js';

/** Setting that keeps what autodiscovery found, so that later starts need no search. */
const FOUND = 'servers';

/** The servers of an account: as given, as lent by the caller, or as found from the address. */
export class Servers {
  readonly #options: CheckedOptions;
  readonly #writer: StateWriter;
  /** Hands messages to the server that is known when it is used. */
  readonly smtp: SmtpTransport;
  readonly #smtp: ReplaceableSmtp;
  #credentials: Credentials | undefined;
  #found: DiscoveredSettings | undefined;

  constructor(options: CheckedOptions, writer: StateWriter) {
    this.#options = options;
    this.#writer = writer;
    this.#credentials = options.credentials;
    this.#smtp = new ReplaceableSmtp(() => this.#connectSmtp());
    this.smtp = this.#smtp;
  }

  /**
   * Finds the servers that were not given. Once per account: what is found is kept in the store.
   *
   * @throws NetworkError if they cannot be found.
   */
  async resolve({ signal }: AbortOptions): Promise<void> {
    const { imap, smtp, identity, logger } = this.#options;
    if (this.#found || (imap.kind !== 'discover' && smtp.kind !== 'discover')) return;
    const [kept] = await this.#writer.store.get('settings', [FOUND]);
    if (kept) {
      // Only `resolve` writes this setting.
      this.#found = kept.value as DiscoveredSettings;
      return;
    }
    const found = await discoverSettings(identity.email, { signal });
    logger.log('info', `Servers of ${identity.email} found by ${found.source}. ${found.hint ?? ''}`.trimEnd(), {
      imap: found.imap.host,
      smtp: found.smtp.host,
    });
    // A guess may turn out to be wrong, and is looked up again.
    if (found.source !== 'guess') {
      await this.#writer.run(async (tx) => tx.put('settings', { key: FOUND, value: found }));
    }
    this.#found = found;
  }

  /** A new IMAP connection, not connected yet. */
  connectImap(): ImapTransport {
    const { imap, logger, clock, tls } = this.#options;
    const common = { logger, clock };
    switch (imap.kind) {
      case 'lent':
        return new ImapFlowTransport({ ...common, lent: imap.lent });
      case 'factory':
        return new ImapFlowTransport({ ...common, factory: imap.factory });
      default: {
        const server = imap.kind === 'server' ? imap.server : this.#server('imap');
        return new ImapFlowTransport({ ...common, server, credentials: this.#credentialsFor(server), tls });
      }
    }
  }

  /** Uses other credentials from the next connection on. */
  async updateCredentials(credentials: Credentials): Promise<void> {
    this.#credentials = credentials;
    await this.#smtp.replace();
  }

  /** Closes what was opened here. */
  async close(): Promise<void> {
    await this.#smtp.close();
  }

  #connectSmtp(): SmtpTransport {
    const { smtp, logger, clock, tls } = this.#options;
    if (smtp.kind === 'lent') return new CallerSmtpTransport(smtp.lent);
    const server = smtp.kind === 'server' ? smtp.server : this.#server('smtp');
    return new NodemailerTransport({
      server,
      credentials: this.#credentialsFor(server),
      logger,
      clock,
      ...(tls ? { tls } : {}),
    });
  }

  #server(which: 'imap' | 'smtp'): ServerSettings {
    if (this.#found) return this.#found[which];
    throw new InputError('INVALID_STATE', 'The servers of this account are not known yet. Call start().');
  }

  #credentialsFor(server: ServerSettings): Credentials {
    if (server.auth) return server.auth;
    const credentials = this.#credentials;
    if (!credentials) {
      throw new InputError(
        'INVALID_OPTION',
        'There are no credentials for the server. Give "password" or "accessToken".',
      );
    }
    const user = server === this.#found?.imap || server === this.#found?.smtp ? this.#found.user : undefined;
    return user === undefined ? credentials : { ...credentials, user };
  }
}

/** An SMTP transport that is made on first use and can be exchanged. */
class ReplaceableSmtp implements SmtpTransport {
  readonly #make: () => SmtpTransport;
  #current: SmtpTransport | undefined;

  constructor(make: () => SmtpTransport) {
    this.#make = make;
  }

  async verify(options?: AbortOptions): Promise<void> {
    await this.#transport().verify(options);
  }

  async send(message: SmtpMessage, options?: AbortOptions): Promise<SmtpResult> {
    return this.#transport().send(message, options);
  }

  /** Closes the transport in use; the next message goes through a new one. */
  async replace(): Promise<void> {
    const old = this.#current;
    this.#current = undefined;
    await old?.close();
  }

  async close(): Promise<void> {
    await this.replace();
  }

  #transport(): SmtpTransport {
    this.#current ??= this.#make();
    return this.#current;
  }
}
