import type { Account, Message } from 'coi-sdk';
import { ImapFlow } from 'imapflow';
import nodemailer from 'nodemailer';
import type { TestUser } from './servers.js';

/** Resolves with the first event of an account that passes the test. */
export function nextMessage(
  account: Account,
  matches: (message: Message) => boolean,
  timeoutMs = 30_000,
): Promise<Message> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      account.off('message', onMessage);
      reject(new Error(`${account.email}: no such message within ${timeoutMs} ms`));
    }, timeoutMs);
    const onMessage = (message: Message) => {
      if (!matches(message)) return;
      clearTimeout(timer);
      account.off('message', onMessage);
      resolve(message);
    };
    account.on('message', onMessage);
  });
}

/** A mail program that knows nothing of chat: sends through the user's SMTP account. */
export async function sendPlain(
  user: TestUser,
  mail: { to: string | string[]; subject: string; text: string; inReplyTo?: string; references?: string },
): Promise<string> {
  const transport = nodemailer.createTransport({
    host: user.smtp.host,
    port: user.smtp.port ?? 587,
    secure: false,
    ignoreTLS: user.smtp.allowInsecure === true,
    ...(user.tls?.ca ? { tls: { ca: user.tls.ca as string } } : {}),
    auth: { user: user.email, pass: user.password },
  });
  const info = await transport.sendMail({ from: user.email, ...mail });
  transport.close();
  return info.messageId;
}

/** A plain IMAP client logged in as the user, for looking behind the library's back. */
export async function withImap<T>(user: TestUser, work: (client: ImapFlow) => Promise<T>): Promise<T> {
  const client = new ImapFlow({
    host: user.imap.host,
    port: user.imap.port ?? 143,
    secure: false,
    ...(user.imap.allowInsecure ? { doSTARTTLS: false } : {}),
    ...(user.tls?.ca ? { tls: { ca: user.tls.ca as string } } : {}),
    auth: { user: user.email, pass: user.password },
    logger: false,
  });
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.logout();
  }
}

/** Message-IDs in a folder, without angle brackets; empty if there is no such folder. */
export async function messageIdsIn(user: TestUser, folder: string): Promise<string[]> {
  return withImap(user, async (client) => {
    const paths = (await client.list()).map((entry) => entry.path);
    if (!paths.includes(folder)) return [];
    const lock = await client.getMailboxLock(folder);
    try {
      if (!client.mailbox || client.mailbox.exists === 0) return [];
      const mails = await client.fetchAll('1:*', { envelope: true });
      return mails.map((mail) => (mail.envelope?.messageId ?? '').replace(/^<|>$/g, ''));
    } finally {
      lock.release();
    }
  });
}
