import { afterEach, expect } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import type { CoiError } from '../../../src/core/errors.js';
import { silentLogger } from '../../../src/core/logger.js';
import type { TransportTimeouts } from '../../../src/transport/imapflow-options.js';
import { ImapFlowTransport } from '../../../src/transport/imapflow-transport.js';
import { NodemailerTransport } from '../../../src/transport/nodemailer-transport.js';
import type { Credentials, ServerSettings } from '../../../src/transport/settings.js';
import { type Script, type ScriptedServer, scriptedServer } from './scripted-server.js';

const open = new Set<{ close(): Promise<void> }>();

afterEach(async () => {
  for (const thing of [...open].reverse()) await thing.close();
  open.clear();
});

/** Closes it after the test. */
export function track<T extends { close(): Promise<void> }>(thing: T): T {
  open.add(thing);
  return thing;
}

export async function serve(
  script: () => Script,
  options?: { readonly tls?: boolean | 'expired' },
): Promise<ScriptedServer> {
  return track(await scriptedServer(script, options));
}

export interface Setup {
  readonly server?: Partial<ServerSettings>;
  readonly credentials?: Credentials;
  readonly timeouts?: TransportTimeouts;
}

export function imap(port: number, { server, credentials, timeouts }: Setup = {}): ImapFlowTransport {
  return track(
    new ImapFlowTransport({
      server: { host: '127.0.0.1', port, secure: false, allowInsecure: true, ...server },
      credentials: credentials ?? { user: 'ada@example.org', password: 'secret' },
      logger: silentLogger,
      clock: systemClock,
      ...(timeouts ? { timeouts } : {}),
    }),
  );
}

export function smtp(port: number, { server, credentials, timeouts }: Setup = {}): NodemailerTransport {
  return track(
    new NodemailerTransport({
      server: { host: '127.0.0.1', port, secure: false, allowInsecure: true, ...server },
      credentials: credentials ?? { user: 'ada@example.org', password: 'secret' },
      logger: silentLogger,
      clock: systemClock,
      timeouts,
    }),
  );
}

/** The error that the promise rejects with; fails if it resolves. */
export async function failure(promise: Promise<unknown>): Promise<CoiError> {
  const outcome = await promise.then(
    () => undefined,
    (error: CoiError) => error,
  );
  expect(outcome, 'should have failed').toBeInstanceOf(Error);
  return outcome as CoiError;
}
