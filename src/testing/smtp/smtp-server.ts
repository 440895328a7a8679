import type { Socket } from 'node:net';
import type {
  SMTPServer,
  SMTPServerAddress,
  SMTPServerAuthentication,
  SMTPServerAuthenticationResponse,
  SMTPServerDataStream,
  SMTPServerError,
  SMTPServerSession,
} from 'smtp-server';
import type { Clock } from '../../core/clock.js';
import { CoiError } from '../../core/errors.js';
import { type Directory, type HostUser, normalizeAddress } from '../directory.js';
import type { FaultPlan } from '../fault-plan.js';
import type { PostOffice } from '../post-office.js';
import type { PresentedTokens, SubmissionTokens } from './submission-tokens.js';

/** What the submission server works with. */
export interface SmtpServerContext {
  readonly directory: Directory;
  readonly plan: FaultPlan;
  readonly postOffice: PostOffice;
  readonly clock: Clock;
  readonly hostName: string;
  readonly maxMessageBytes: number;
  /** Set if `STOKEN` is offered. */
  readonly tokens: SubmissionTokens | undefined;
}

type Done = (error?: Error | null) => void;

/** The submission server (RFC 6409) of the mail host, on the `smtp-server` package: serves the sockets that it is given. */
export class SmtpSubmission {
  readonly #context: SmtpServerContext;
  readonly #server: SMTPServer;
  readonly #sockets = new Map<number, Socket>();
  readonly #users = new Map<Socket, HostUser>();

  private constructor(context: SmtpServerContext, Server: typeof SMTPServer) {
    this.#context = context;
    this.#server = new Server({
      name: context.hostName,
      size: context.maxMessageBytes,
      authMethods: ['PLAIN', 'LOGIN', 'XOAUTH2'],
      allowInsecureAuth: true,
      hideSTARTTLS: true,
      disabledCommands: ['STARTTLS'],
      disableReverseLookup: true,
      logger: false,
      onAuth: (auth, session, done) => void this.#authenticate(auth, session, done),
      onMailFrom: (address, session, done) => void this.#sender(address, session, done),
      onRcptTo: (address, session, done) => void this.#recipient(address, session, done),
      onData: (stream, session, done) => void this.#data(stream, session, done),
    });
    // Broken connections are the clients' business.
    this.#server.on('error', () => undefined);
  }

  /**
   * Loads `smtp-server`.
   *
   * @throws CoiError `PEER_DEPENDENCY_MISSING` if it is not installed.
   */
  static async load(context: SmtpServerContext): Promise<SmtpSubmission> {
    try {
      const { SMTPServer: Server } = await import('smtp-server');
      return new SmtpSubmission(context, Server);
    } catch (cause) {
      throw new CoiError('PEER_DEPENDENCY_MISSING', 'MailHost needs the package smtp-server: npm install smtp-server', {
        cause,
      });
    }
  }

  /** Users that are logged in, by socket. */
  get users(): ReadonlyMap<Socket, HostUser> {
    return this.#users;
  }

  /** Serves one connection until it ends. */
  accept(socket: Socket): void {
    const port = socket.remotePort ?? 0;
    this.#sockets.set(port, socket);
    socket.once('close', () => {
      this.#sockets.delete(port);
      this.#users.delete(socket);
    });
    this.#server.connect(socket);
    if (this.#context.tokens) this.#offerTokens(socket);
  }

  /** smtp-server has no way to offer an extension of one's own. */
  #offerTokens(socket: Socket): void {
    for (const connection of this.#server.connections) {
      if (connection._socket !== socket) continue;
      const { send } = connection;
      connection.send = (code, data, context) => {
        const extensions = code === 250 && Array.isArray(data) && connection.session.user ? ['STOKEN'] : [];
        send.call(connection, code, Array.isArray(data) ? [...data, ...extensions] : data, context);
      };
    }
  }

  async #authenticate(
    auth: SMTPServerAuthentication,
    session: SMTPServerSession,
    done: (error: Error | null | undefined, response?: SMTPServerAuthenticationResponse) => void,
  ): Promise<void> {
    if (!(await this.#proceed('AUTH', session, done))) return;
    const { directory, plan } = this.#context;
    const credentials =
      auth.accessToken !== undefined ? { accessToken: auth.accessToken } : { password: auth.password ?? '' };
    const user = directory.authenticate(auth.username ?? '', credentials);
    if (!user || plan.rejectsLogin(normalizeAddress(user.email))) {
      return done(reply(535, '5.7.8 Wrong user name or password'));
    }
    const socket = this.#sockets.get(session.remotePort);
    if (socket) this.#users.set(socket, user);
    done(null, { user: user.email });
  }

  async #sender({ address, args }: SMTPServerAddress, session: SMTPServerSession, done: Done): Promise<void> {
    if (!(await this.#proceed('MAIL', session, done))) return;
    const { plan, tokens, directory } = this.#context;
    const sync = args !== false && args.SYNC !== undefined;
    if (sync && plan.tokens === 'drop') return this.#drop(session);
    if (sync && (!tokens || args.SYNC !== true || plan.tokens === 'refuse-sender')) {
      return done(reply(501, '5.5.4 Unexpected SYNC'));
    }
    const user = this.#userOf(session);
    if (address !== '' && directory.find(address) !== user) {
      return done(reply(553, `5.7.1 <${address}>: Sender address rejected: not owned by user`));
    }
    done();
  }

  async #recipient(recipient: SMTPServerAddress, session: SMTPServerSession, done: Done): Promise<void> {
    if (!(await this.#proceed('RCPT', session, done))) return;
    const { address } = recipient;
    const { directory, plan } = this.#context;
    if (session.envelope.rcptTo.length >= plan.mostRecipients) return done(reply(452, '4.5.3 Too many recipients'));
    const known =
      directory.find(address) || directory.isBouncing(address) || plan.bouncing.has(normalizeAddress(address));
    if (!known && directory.isLocal(address)) {
      return done(reply(550, `5.1.1 <${address}>: Recipient address rejected: User unknown`));
    }
    const refusal = this.#tokenRefusal(recipient, session);
    done(refusal === undefined ? undefined : reply(501, refusal));
  }

  #tokenRefusal({ address, args }: SMTPServerAddress, session: SMTPServerSession): string | undefined {
    const { STOKEN: held, MYSTOKEN: own } = args || {};
    if (held === undefined && own === undefined) return undefined;
    const { tokens, plan } = this.#context;
    const { mailFrom } = session.envelope;
    if (!tokens || !mailFrom || !isSync(session)) return '5.5.4 Tokens need SYNC';
    if (typeof held !== 'string') return '5.5.4 MYSTOKEN needs STOKEN';
    if (plan.tokens === 'refuse-recipient') return '5.5.4 Invalid STOKEN';
    return tokens.refusal(held, mailFrom.address, address);
  }

  async #data(
    stream: SMTPServerDataStream,
    session: SMTPServerSession,
    done: (error?: Error | null, text?: string | string[]) => void,
  ) {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of stream) if (!stream.sizeExceeded) chunks.push(chunk as Buffer);
    } catch {
      // The connection was lost in the middle of the message: nothing was accepted, nobody to tell.
      return;
    }
    if (!(await this.#proceed('DATA', session, done))) return;
    if (stream.sizeExceeded) return done(reply(552, '5.3.4 Message is too large'));
    const { plan, postOffice, clock, tokens } = this.#context;
    const user = this.#userOf(session);
    if (!user) return done(reply(530, '5.7.0 Authentication required'));
    const { mailFrom, rcptTo } = session.envelope;
    const presented = new Map(rcptTo.flatMap(tokensOf));
    const mail = {
      user: user.email,
      from: mailFrom ? mailFrom.address : '',
      to: rcptTo.map((recipient) => recipient.address),
      raw: Buffer.concat(chunks),
      date: clock.now(),
      ...(isSync(session) && { tokens: presented }),
    };
    postOffice.submit(mail, user);
    if (plan.takeDropAfterData()) return this.#drop(session);
    const queued = `Ok: queued as ${postOffice.sent.length}`;
    if (!isSync(session)) return done(null, `2.0.0 ${queued}`);
    const replies = mail.to.map((address) => {
      const held = presented.get(address)?.held;
      const renewed = held === undefined ? undefined : tokens?.renewal(held, mail.from, address);
      if (plan.tokens === 'bad-token') return `2.1.12 <${'x'.repeat(10_000)}> ${queued}`;
      return renewed === undefined ? `2.0.0 ${queued}` : `2.1.12 <${renewed}> ${queued}`;
    });
    // After SYNC each recipient has a reply of its own (RFC 2033 4.2).
    done(null, replies);
  }

  /** Asks the fault switches. False if the command was answered or its connection cut. */
  async #proceed(command: string, session: SMTPServerSession, done: Done): Promise<boolean> {
    const user = this.#userOf(session);
    const action = await this.#context.plan.before(command, user && normalizeAddress(user.email));
    if (action.kind === 'drop') this.#drop(session);
    else if (action.kind === 'reply') done(reply(Number(action.reply.slice(0, 3)), action.reply.slice(4)));
    return action.kind === 'go';
  }

  #userOf(session: SMTPServerSession): HostUser | undefined {
    const socket = this.#sockets.get(session.remotePort);
    return socket && this.#users.get(socket);
  }

  #drop(session: SMTPServerSession): void {
    this.#sockets.get(session.remotePort)?.destroy();
  }
}

function reply(code: number, text: string): SMTPServerError {
  return Object.assign(new Error(text), { responseCode: code });
}

function isSync({ envelope: { mailFrom } }: SMTPServerSession): boolean {
  return mailFrom !== false && mailFrom.args !== false && mailFrom.args.SYNC === true;
}

function tokensOf({ address, args }: SMTPServerAddress): [string, PresentedTokens][] {
  const { STOKEN: held, MYSTOKEN: own } = args || {};
  return typeof held === 'string' ? [[address, { held, ...(typeof own === 'string' && { own }) }]] : [];
}
