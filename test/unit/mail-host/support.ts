import { MailHost, type MailHostOptions } from 'coi-sdk/testing';
import { ImapFlow, type ImapFlowOptions } from 'imapflow';
import type { ImapResponse } from 'imapflow/lib/handler/types';
import { createTransport, type Transporter } from 'nodemailer';
import { afterEach } from 'vitest';

const cleanups: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A host with ada and bob that is closed after the test. */
export async function startHost(options: MailHostOptions = {}): Promise<MailHost> {
  const host = await MailHost.start(options);
  cleanups.push(() => host.close());
  host.addUser('ada@example.org', 'secret', { aliases: ['countess@example.org'], accessToken: 'token' });
  host.addUser('bob@example.org', 'secret');
  return host;
}

/** An ImapFlow that is not connected yet, closed after the test. */
export function imapClient(
  host: MailHost,
  email = 'ada@example.org',
  options: Partial<ImapFlowOptions> = {},
): ImapFlow {
  const client = new ImapFlow({
    host: host.imap.host,
    port: host.imap.port,
    secure: false,
    doSTARTTLS: false,
    logger: false,
    auth: { user: email, pass: 'secret' },
    ...options,
  });
  client.on('error', () => undefined);
  cleanups.push(() => client.close());
  return client;
}

/** A connected ImapFlow. */
export async function connect(
  host: MailHost,
  email = 'ada@example.org',
  options: Partial<ImapFlowOptions> = {},
): Promise<ImapFlow> {
  const client = imapClient(host, email, options);
  await client.connect();
  return client;
}

/** A nodemailer transporter of a user. */
export function mailer(
  host: MailHost,
  email = 'ada@example.org',
  auth: object = { user: email, pass: 'secret' },
): Transporter {
  const transport = createTransport({ host: host.smtp.host, port: host.smtp.port, secure: false, auth });
  cleanups.push(() => transport.close());
  return transport;
}

/** A short mail. */
export function mail(fields: Record<string, string> = {}, body = 'Hello\r\n'): string {
  const all = { From: 'eve@example.net', To: 'ada@example.org', Subject: 'Hi', ...fields };
  return `${Object.entries(all)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n${body}`;
}

/** Sends a command as it stands; resolves with the untagged responses (of the given name) and the response code. */
export async function run(client: ImapFlow, command: string, args = '', untagged = 'FETCH') {
  const lines: unknown[] = [];
  const { parser } = await import('imapflow/lib/handler/imap-handler');
  const parsed = await parser(`x ${command} ${args}`.trim());
  const response = await client.exec(command, parsed.attributes ?? [], {
    untagged: { [untagged]: async (line: ImapResponse) => void lines.push(line) },
  });
  response.next();
  const first = response.response.attributes?.[0];
  return { lines, code: first && !Array.isArray(first) ? first.section : undefined };
}

/** Resolves with the arguments of the next event. */
export function next(
  client: ImapFlow,
  event: 'exists' | 'expunge' | 'flags' | 'close',
): Promise<Record<string, unknown>> {
  return new Promise((resolve) => client.once(event, (value?: object) => resolve({ ...value })));
}
