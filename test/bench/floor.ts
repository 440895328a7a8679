/** The floor: the same work on the bare libraries, without store and model. */
import { ImapFlow } from 'imapflow';
import { simpleParser } from 'mailparser';
import { PASSWORD } from './servers.js';

/** A connected bare imapflow client. */
export async function connectFloor(port: number, email: string): Promise<ImapFlow> {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port,
    secure: false,
    doSTARTTLS: false,
    auth: { user: email, pass: PASSWORD },
    logger: false,
  });
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** Fetches and parses every mail of the INBOX; returns milliseconds. */
export async function floorCatchUp(port: number, email: string): Promise<number> {
  const start = performance.now();
  const client = await connectFloor(port, email);
  const lock = await client.getMailboxLock('INBOX');
  let count = 0;
  for await (const mail of client.fetch('1:*', {
    uid: true,
    flags: true,
    internalDate: true,
    size: true,
    source: true,
  })) {
    if (!mail.source) continue;
    await simpleParser(mail.source);
    count++;
  }
  lock.release();
  const elapsed = performance.now() - start;
  await client.logout();
  if (count === 0) throw new Error('nothing fetched');
  return elapsed;
}
