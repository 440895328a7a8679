import type { ImapFlow } from 'imapflow';
import { abortable, throwIfAborted } from '../core/abort.js';
import type { Clock } from '../core/clock.js';
import { AbortedError, CoiError, InputError, NetworkError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import type { Logger } from '../core/logger.js';
import { imapError, misbehaved } from './imap-errors.js';
import { ignoreVanished } from './imapflow-exec.js';
import { ImapLink } from './imapflow-link.js';
import { imapFlowOptions, type TransportTimeouts } from './imapflow-options.js';
import { type Endpoint, endpointOf, errorCodes, nameOf } from './network-errors.js';
import { type LoginSecret, withFreshLogin } from './oauth.js';
import type { Credentials, ServerSettings, TlsSettings } from './settings.js';

/** A connected ImapFlow that is lent to an account between `start` and `stop`, and used by nobody else meanwhile. */
export type LentImap = ImapFlow;

/** Makes connected ImapFlow instances whenever an account needs a new one; the account logs them out. */
export type ImapFactory = () => ImapFlow | Promise<ImapFlow>;

/** Where the connection comes from. */
export type ImapConnectionSource =
  /** We connect. */
  | { readonly server: ServerSettings; readonly credentials: Credentials; readonly tls?: TlsSettings | undefined }
  /** The caller connects whenever we ask; the result is ours: we watch it, and log it out. */
  | { readonly factory: ImapFactory }
  /** The caller's own connection, ours alone until `close()`; we neither reconnect it nor log it out. */
  | { readonly lent: LentImap };

interface OpenContext {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly timeouts?: TransportTimeouts | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Opens a connection, logged in. Errors are ours. */
export async function openLink(source: ImapConnectionSource, context: OpenContext): Promise<ImapLink> {
  throwIfAborted(context.signal);
  if ('lent' in source) return adopt(source.lent, context.clock, true);
  if ('factory' in source) return fromFactory(source.factory, context);
  const { server, tls } = source;
  const endpoint = endpointOf('IMAP', server);
  const link = await withFreshLogin(server.auth ?? source.credentials, (secret) =>
    login({ server, tls }, secret, endpoint, context),
  );
  ignoreVanished(link.flow);
  return link;
}

async function login(
  { server, tls }: { server: ServerSettings; tls: TlsSettings | undefined },
  secret: LoginSecret,
  endpoint: Endpoint,
  { logger, clock, timeouts, signal }: OpenContext,
): Promise<ImapLink> {
  const { ImapFlow } = await import('imapflow');
  const flow = new ImapFlow(imapFlowOptions(server, secret, tls, logger, timeouts));
  const link = new ImapLink(flow, endpoint, clock, false);
  // imapflow bounds the silence between two lines, not the whole login.
  const late = new NetworkError('TIMEOUT', `${nameOf(endpoint)} did not finish the login in time.`);
  const cancel = clock.after(limits.connectTimeoutMs + limits.socketTimeoutMs, () => link.abandon(late));
  try {
    await abortable(flow.connect(), signal);
    return link;
  } catch (thrown) {
    const received = flow.stats().received > 0;
    flow.close();
    if (thrown instanceof AbortedError) throw thrown;
    if (link.lost === late) throw late;
    if (received && errorCodes(thrown).includes('GREETING_TIMEOUT'))
      throw misbehaved(endpoint, 'no IMAP greeting', thrown);
    throw imapError(thrown, endpoint);
  } finally {
    cancel();
  }
}

async function fromFactory(
  factory: () => ImapFlow | Promise<ImapFlow>,
  { clock, signal }: OpenContext,
): Promise<ImapLink> {
  const made = Promise.resolve().then(factory);
  try {
    return adopt(await abortable(made, signal), clock, false);
  } catch (thrown) {
    // What arrives after we gave up is still ours to close.
    if (thrown instanceof AbortedError) made.then((flow) => flow.close()).catch(() => {});
    if (thrown instanceof CoiError) throw thrown;
    throw imapError(thrown, { protocol: 'IMAP', host: 'made by the imap factory', port: 0, secure: true });
  }
}

function adopt(flow: ImapFlow, clock: Clock, lent: boolean): ImapLink {
  const endpoint: Endpoint = { protocol: 'IMAP', host: flow.host, port: flow.port, secure: flow.secureConnection };
  if (flow.isClosed) {
    throw new NetworkError(
      'CONNECTION_LOST',
      `The connection to ${nameOf(endpoint)} that was handed over is closed. Hand over a new one.`,
    );
  }
  if (!flow.usable) {
    throw new InputError(
      'INVALID_STATE',
      'The ImapFlow that was handed over is not connected. Await its connect() first.',
    );
  }
  return new ImapLink(flow, endpoint, clock, lent);
}
