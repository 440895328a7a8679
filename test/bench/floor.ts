/** The floor: the same work on the bare libraries, without store and model. */
import { ImapFlow } from 'imapflow';
import { type ParsedMail, simpleParser } from 'mailparser';
import * as openpgp from 'openpgp';
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
export function floorCatchUp(port: number, email: string): Promise<number> {
  return readInbox(port, email, 1, simpleParser);
}

/** Fetches every mail of the INBOX and opens it, 8 at a time; returns milliseconds. */
export function floorCatchUpEncrypted(port: number, email: string, key: openpgp.PrivateKey): Promise<number> {
  const reader = new FloorReader(key);
  return readInbox(port, email, 8, (source) => reader.read(source));
}

async function readInbox(
  port: number,
  email: string,
  inFlight: number,
  read: (source: Buffer) => Promise<unknown>,
): Promise<number> {
  const start = performance.now();
  const client = await connectFloor(port, email);
  const lock = await client.getMailboxLock('INBOX');
  let count = 0;
  const reading = new Set<Promise<unknown>>();
  for await (const mail of client.fetch('1:*', {
    uid: true,
    flags: true,
    internalDate: true,
    size: true,
    source: true,
  })) {
    if (!mail.source) continue;
    while (reading.size >= inFlight) await Promise.race(reading);
    const one: Promise<unknown> = read(mail.source).finally(() => reading.delete(one));
    reading.add(one);
    count++;
  }
  await Promise.all(reading);
  lock.release();
  const elapsed = performance.now() - start;
  await client.logout();
  if (count === 0) throw new Error('nothing fetched');
  return elapsed;
}

/** Reads encrypted mails: parses, decrypts, verifies with the sender's key from the header (each read once), and parses the payload. */
export class FloorReader {
  readonly #key: openpgp.PrivateKey;
  readonly #keys = new Map<string, Promise<openpgp.PublicKey>>();

  constructor(key: openpgp.PrivateKey) {
    this.#key = key;
  }

  async read(source: Buffer): Promise<ParsedMail> {
    const mail = await simpleParser(source);
    const armored = mail.attachments.find((part) => part.contentType === 'application/octet-stream')?.content;
    if (!armored) throw new Error('not encrypted');
    const decrypted = await openpgp.decrypt({
      message: await openpgp.readMessage({ armoredMessage: armored.toString('latin1') }),
      decryptionKeys: this.#key,
      verificationKeys: await this.#senderKey(mail),
      format: 'binary',
    });
    await decrypted.signatures[0]?.verified;
    return simpleParser(Buffer.from(decrypted.data));
  }

  #senderKey(mail: ParsedMail): Promise<openpgp.PublicKey> {
    const field = mail.headerLines.find(({ key }) => key === 'autocrypt')?.line ?? '';
    const known = this.#keys.get(field);
    if (known) return known;
    const data = Buffer.from(/keydata=([\s\S]*)/.exec(field)?.[1] ?? '', 'base64');
    const key = openpgp.readKey({ binaryKey: data });
    this.#keys.set(field, key);
    return key;
  }
}
