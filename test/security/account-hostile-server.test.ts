import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Account } from 'coi-sdk';
import { ManualClock } from 'coi-sdk/testing';
import { expect, it } from 'vitest';
import { limits } from '../../src/core/limits.js';
import { plainMail, useAttackedAccount } from './account-support.js';
import { within } from './mail-support.js';

const attacked = useAttackedAccount();
/** Reconnects at once. */
const quick = { random: (length: number) => new Uint8Array(length) };

it.each([
  ['bytes that are no IMAP', '\u0000)({ \u00ff garbage "\r\n'],
  ['answers to nothing', 'Z9 OK done\r\n* 1 FETCH (UID 1 FLAGS (\\Deleted))\r\n'],
  ['open brackets', `* OK ${'('.repeat(100_000)}\r\n`],
  ['a literal of 1 GB', '* 1 FETCH (BODY[] {1000000000}\r\n'],
  ['a literal of absurd size', '* 1 FETCH (BODY[] {99999999999999999999}\r\n'],
  ['a number of mails that cannot be', '* 99999999999999999999 EXISTS\r\n* -5 EXISTS\r\n* 4294967295 EXISTS\r\n'],
  ['a goodbye', '* BYE you\r\n'],
  ['capabilities that are none', `* CAPABILITY ${'X'.repeat(100_000)}\r\n`],
])('goes on after %s from the server', { timeout: 30_000 }, async (_, garbage) => {
  await attacked.start(quick);
  attacked.host.faults.garbage(garbage);
  // A half-open literal swallows what follows; then only the lost connection helps.
  if (/\{\d+\}\r\n$/.test(garbage)) attacked.host.faults.dropConnections({ protocol: 'imap' });
  await within(() => attacked.expectGoingOn());
});

it('goes on after the server stopped in the middle of a literal', { timeout: 30_000 }, async () => {
  const clock = new ManualClock(Date.now());
  await attacked.start({ ...quick, clock });
  attacked.host.faults.stallMidLiteral();
  attacked.host.deliver(plainMail('stalled'), { to: 'ada@example.org' });
  const message = attacked.message(({ text }) => text === 'stalled');
  let there = false;
  void message.then(() => {
    there = true;
  });
  // Nothing comes any more: the command is given up after its time, and the connection with it.
  while (!there) {
    await clock.advanceAsync(limits.commandMs / 10);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect((await message).from.address).toBe('friend@example.net');
});

/** A server that is nothing but one function. */
async function scripted(serve: (socket: Socket) => void): Promise<{ port: number; close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

function pour(socket: Socket, chunk: string): void {
  const write = () => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on('drain', write);
  write();
}

it.each<[string, (socket: Socket) => void]>([
  ['another protocol', (socket) => void socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ['a greeting and a goodbye', (socket) => void socket.end('* OK hi\r\n* BYE\r\n')],
  ['an endless line', (socket) => pour(socket, 'x'.repeat(65_536))],
  [
    'endless answers to the login',
    (socket) => {
      socket.write('* OK [CAPABILITY IMAP4rev1] hi\r\n');
      socket.once('data', () => pour(socket, '* CAPABILITY IMAP4rev1\r\n'.repeat(1000)));
    },
  ],
])('ends a start at a server that sends %s with an error that says so', { timeout: 60_000 }, async (_, serve) => {
  const server = await scripted(serve);
  const account = await Account.open({
    ...attacked.host.settings('ada@example.org'),
    imap: { host: '127.0.0.1', port: server.port, secure: false, allowInsecure: true },
    logger: { log() {} },
  });
  try {
    const code = await within(() =>
      account.start({ signal: AbortSignal.timeout(3_000) }).then(
        () => 'started',
        (error: { code?: string }) => error.code,
      ),
    );
    expect(['SERVER_MISBEHAVED', 'CONNECTION_LOST', 'SERVER_REFUSED', 'ABORTED']).toContain(code);
  } finally {
    await account.close();
    server.close();
  }
});
