import type { Socket } from 'node:net';
import type { Clock } from '../core/clock.js';
import { systemClock } from '../core/clock.js';
import { InputError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import type { ServerSettings } from '../transport/settings.js';
import { type CoiOptions, CoiServer } from './coi-server.js';
import { Directory, type HostUser, normalizeAddress } from './directory.js';
import { FaultPlan } from './fault-plan.js';
import { type ConnectionFilter, Faults } from './faults.js';
import type { AppendOptions, SpecialUse } from './folder.js';
import { capabilityNames, type ImapCapabilities, resolveCapabilities } from './imap/capabilities.js';
import { loadCodec } from './imap/codec.js';
import { ImapServer } from './imap/imap-server.js';
import { Listener } from './listener.js';
import { HostMailbox, type MailboxLayout } from './mailbox.js';
import { PostOffice, type SentMail } from './post-office.js';
import { SmtpSubmission } from './smtp/smtp-server.js';
import { type SubmissionTokenOptions, SubmissionTokens } from './smtp/submission-tokens.js';

/** Options of {@link MailHost.start}. */
export interface MailHostOptions {
  /** Domain of the users. Default `example.org`. */
  readonly domain?: string;
  /** Hierarchy delimiter of folder names. Default `/`. */
  readonly delimiter?: '/' | '.';
  /** Prefix of the personal namespace, e.g. `INBOX.` (with `delimiter: '.'`). Default none. */
  readonly namespacePrefix?: string;
  /** Folders besides INBOX and their special use (`''` for none). Default Sent, Drafts, Trash, Junk. */
  readonly folders?: Readonly<Record<string, SpecialUse | ''>>;
  /** IMAP extensions to switch off (`false`). */
  readonly capabilities?: Partial<ImapCapabilities>;
  /** Whether clients can store new keywords. Default true. */
  readonly keywords?: boolean;
  /** Be a COI server: capability `COI`, configuration by METADATA, filing of chat mail and of what blocked people write. Default false. */
  readonly coi?: boolean | CoiOptions;
  /** Offer `STOKEN` over SMTP after the login (draft-slusarz-extra-smtp-submission-token); see {@link MailHost.issueToken}. Default false. */
  readonly stoken?: boolean;
  /** What becomes of mail to domains that no user has: nothing, or a delivery report. Default `drop`. */
  readonly otherDomains?: 'drop' | 'bounce';
  /** Largest message over SMTP and IMAP. Default 64 MiB. */
  readonly maxMessageBytes?: number;
  /** Time of INTERNALDATE, trace headers and delays. Default: the machine's. */
  readonly clock?: Clock;
}

/** Options of {@link MailHost.addUser}. */
export interface AddUserOptions {
  /** Further addresses that deliver to the same mailbox. */
  readonly aliases?: readonly string[];
  /** OAuth 2 access token that is accepted besides the password (XOAUTH2). */
  readonly accessToken?: string;
}

/** One of the host's two servers. */
export interface HostServer extends ServerSettings {
  readonly port: number;
}

/** What `Account.open` takes to connect to the host. */
export interface HostSettings {
  readonly email: string;
  readonly password: string;
  readonly imap: HostServer;
  readonly smtp: HostServer;
}

/** Options of {@link MailHost.deliver}. */
export interface DeliverOptions extends AppendOptions {
  /** Users to deliver to, by address. Default: those of this host in To and Cc. */
  readonly to?: string | readonly string[];
}

const optionNames: readonly (keyof MailHostOptions)[] = [
  'domain',
  'delimiter',
  'namespacePrefix',
  'folders',
  'capabilities',
  'keywords',
  'coi',
  'stoken',
  'otherDomains',
  'maxMessageBytes',
  'clock',
];

const defaultFolders: Readonly<Record<string, SpecialUse>> = {
  Sent: '\\Sent',
  Drafts: '\\Drafts',
  Trash: '\\Trash',
  Junk: '\\Junk',
};

/**
 * A mail provider inside the process, in memory and on loopback: IMAP and SMTP for any number of users, with switches
 * that make it fail. For tests of bots and clients, without a network and without a configuration.
 *
 * ```ts
 * await using host = await MailHost.start();
 * host.addUser('bot@example.org');
 * const account = await Account.open(host.settings('bot@example.org'));
 * host.deliver('From: ada@example.net\nTo: bot@example.org\nSubject: Hi\n\nHello!');
 * ```
 *
 * Not for production: connections are not encrypted and nothing is kept. Needs the package `smtp-server`.
 */
export class MailHost implements AsyncDisposable {
  readonly domain: string;
  /** Switches that make the host behave badly. */
  readonly faults: Faults;
  readonly #layout: MailboxLayout;
  readonly #clock: Clock;
  readonly #directory: Directory;
  readonly #coi: CoiServer | undefined;
  readonly #postOffice: PostOffice;
  readonly #imap: Listener;
  readonly #smtp: Listener;
  readonly #tokens: SubmissionTokens | undefined;

  private constructor(parts: {
    domain: string;
    layout: MailboxLayout;
    clock: Clock;
    directory: Directory;
    coi: CoiServer | undefined;
    postOffice: PostOffice;
    imap: Listener;
    smtp: Listener;
    faults: Faults;
    tokens: SubmissionTokens | undefined;
  }) {
    this.domain = parts.domain;
    this.faults = parts.faults;
    this.#layout = parts.layout;
    this.#clock = parts.clock;
    this.#directory = parts.directory;
    this.#coi = parts.coi;
    this.#postOffice = parts.postOffice;
    this.#imap = parts.imap;
    this.#smtp = parts.smtp;
    this.#tokens = parts.tokens;
  }

  /**
   * Starts a host on two free ports of 127.0.0.1.
   *
   * @throws CoiError `PEER_DEPENDENCY_MISSING` without the package `smtp-server`; InputError `UNKNOWN_OPTION`.
   */
  static async start(options: MailHostOptions = {}): Promise<MailHost> {
    refuseUnknownOptions('MailHost.start', options, optionNames);
    refuseUnknownOptions('MailHost.start capabilities', options.capabilities ?? {}, capabilityNames);
    const domain = options.domain ?? 'example.org';
    const clock = options.clock ?? systemClock;
    const directory = new Directory(domain);
    const plan = new FaultPlan(clock);
    const coi = options.coi ? new CoiServer(options.coi === true ? {} : options.coi) : undefined;
    const hostName = `mail.${domain}`;
    const maxMessageBytes = options.maxMessageBytes ?? 64 * 1024 * 1024;
    const otherDomains = options.otherDomains ?? 'drop';
    const postOffice = new PostOffice({ hostName, directory, plan, clock, coi, otherDomains });
    const imapServer = new ImapServer({
      codec: await loadCodec(),
      directory,
      plan,
      capabilities: resolveCapabilities(options.capabilities),
      keywords: options.keywords ?? true,
      coi,
      hostName,
      maxMessageBytes,
    });
    const tokens = options.stoken ? new SubmissionTokens(clock) : undefined;
    const submission = { directory, plan, postOffice, clock, hostName, maxMessageBytes, tokens };
    const smtpServer = await SmtpSubmission.load(submission);
    const imap = new Listener((socket) => imapServer.accept(socket));
    const smtp = new Listener((socket) => smtpServer.accept(socket));
    await Promise.all([imap.open(), smtp.open()]);
    const chosen = ({ user, protocol }: ConnectionFilter): Socket[] => {
      const wanted = user === undefined ? undefined : normalizeAddress(user);
      const found: Socket[] = [];
      const look = (socket: Socket, owner: HostUser | undefined) => {
        if (wanted === undefined || (owner && normalizeAddress(owner.email) === wanted)) found.push(socket);
      };
      if (protocol !== 'smtp') for (const socket of imap.sockets) look(socket, imapServer.sessions.get(socket)?.user);
      if (protocol !== 'imap') for (const socket of smtp.sockets) look(socket, smtpServer.users.get(socket));
      return found;
    };
    const faults = new Faults({
      plan,
      drop: (which) => {
        for (const socket of chosen(which)) socket.destroy();
      },
      refuse: async (on) => {
        if (on) for (const listener of [imap, smtp]) listener.refuse();
        else await Promise.all([imap.open(), smtp.open()]);
      },
      inject: (bytes, which) => {
        for (const socket of chosen({ ...which, protocol: 'imap' })) socket.write(bytes);
      },
      release: (seed) => postOffice.release(seed),
    });
    const layout = {
      delimiter: options.delimiter ?? '/',
      prefix: options.namespacePrefix ?? '',
      folders: options.folders ?? defaultFolders,
    };
    return new MailHost({ domain, layout, clock, directory, coi, postOffice, imap, smtp, faults, tokens });
  }

  /**
   * Adds a user with an empty mailbox. An address of another domain makes the host responsible for that domain, too.
   *
   * @throws InputError `INVALID_ADDRESS` or, if one of the addresses is taken, `INVALID_OPTION`.
   */
  addUser(email: string, password = `password of ${email}`, options: AddUserOptions = {}): void {
    refuseUnknownOptions('addUser', options, ['aliases', 'accessToken']);
    const aliases = options.aliases ?? [];
    for (const address of [email, ...aliases]) {
      if (!/^[^@\s<>]+@[^@\s<>]+$/.test(address)) {
        throw new InputError('INVALID_ADDRESS', `addUser: "${address}" is no e-mail address.`);
      }
      if (this.#directory.find(address)) {
        throw new InputError('INVALID_OPTION', `addUser: there is a user with the address ${address} already.`);
      }
    }
    const mailbox = new HostMailbox(email, this.#layout, this.#clock);
    this.#coi?.setUp(mailbox);
    this.#directory.add({ email, aliases, mailbox, password, accessToken: options.accessToken });
  }

  /**
   * An address without a user: mail to it is accepted, and returned to the sender with a delivery report (RFC 3464).
   * For an existing user see {@link Faults.bounce}.
   */
  addBouncingAddress(email: string): void {
    this.#directory.addBouncing(email);
  }

  /**
   * A token with which one person may write to another. What was presented with a message is in {@link SentMail.tokens}.
   *
   * @throws InputError `INVALID_STATE` on a host without `stoken`.
   */
  issueToken(options: SubmissionTokenOptions): string {
    refuseUnknownOptions('issueToken', options, ['from', 'to', 'temporary', 'validity']);
    if (this.#tokens) return this.#tokens.issue(options);
    throw new InputError('INVALID_STATE', 'issueToken: start the host with { stoken: true }.');
  }

  /** Changes a user's password. Connections that are logged in stay. */
  setPassword(email: string, password: string): void {
    this.#user(email).password = password;
  }

  /** What `Account.open` takes to be this user. */
  settings(email: string): HostSettings {
    const user = this.#user(email);
    return { email: user.email, password: user.password, imap: this.imap, smtp: this.smtp };
  }

  /** The IMAP server. */
  get imap(): HostServer {
    return { host: '127.0.0.1', port: this.#imap.port, secure: false, allowInsecure: true };
  }

  /** The SMTP submission server. */
  get smtp(): HostServer {
    return { host: '127.0.0.1', port: this.#smtp.port, secure: false, allowInsecure: true };
  }

  /**
   * Puts a mail into mailboxes as if it came from outside, byte for byte, nothing added. In a string, single LFs become
   * CRLFs. Filing by a COI server and the faults of delivery apply.
   *
   * @throws InputError `NOT_FOUND` if nobody here is meant.
   */
  deliver(raw: string | Uint8Array, options: DeliverOptions = {}): void {
    refuseUnknownOptions('deliver', options, ['to', 'flags', 'internalDate']);
    const bytes = Buffer.from(typeof raw === 'string' ? raw.replace(/\r?\n/g, '\r\n') : raw);
    const users = options.to === undefined ? this.#addressed(bytes) : [options.to].flat().map((to) => this.#user(to));
    if (users.length === 0) {
      throw new InputError('NOT_FOUND', 'deliver: no user of this host in To or Cc. Name the recipient with { to }.');
    }
    for (const user of new Set(users)) this.#postOffice.deliver(user, bytes, options);
  }

  /**
   * The folders of a user.
   *
   * @throws InputError `NOT_FOUND`.
   */
  mailbox(email: string): HostMailbox {
    return this.#user(email).mailbox;
  }

  /** Every message that was handed over by SMTP, oldest first. */
  get sent(): readonly SentMail[] {
    return this.#postOffice.sent;
  }

  /** Cuts all connections and stops. Idempotent. */
  async close(): Promise<void> {
    await Promise.all([this.#imap.close(), this.#smtp.close()]);
  }

  /** {@link MailHost.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #user(email: string): HostUser {
    const user = this.#directory.find(email);
    if (user) return user;
    throw new InputError('NOT_FOUND', `No user ${email} on this host. Add it with addUser('${email}').`);
  }

  #addressed(raw: Buffer): HostUser[] {
    const end = raw.indexOf('\r\n\r\n');
    const header = raw.toString('utf8', 0, end < 0 ? raw.length : end).replace(/\r\n[ \t]/g, ' ');
    const fields = header.split('\r\n').filter((line) => /^(to|cc):/i.test(line));
    const words = fields.flatMap((line) => line.slice(3).split(/[\s,;<>"()]+/));
    return words.flatMap((word) => this.#directory.find(word) ?? []);
  }
}
