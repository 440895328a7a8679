import type { Message } from 'coi-sdk';
import type { AttackedAccount } from './account-support.js';

export const FRIEND = 'friend@example.net';
let count = 0;

/** The account has a chat with a friend who uses a chat program, and has sent a message there. */
export async function sentToFriend(attacked: AttackedAccount, options = {}): Promise<Message> {
  const account = await attacked.start(options);
  await attacked.attack(
    `From: ${FRIEND}\r\nTo: ada@example.org\r\nMessage-ID: <chat$first@example.net>\r\nChat-Version: 1.0\r\n\r\nhello\r\n`,
  );
  const sent = await (await account.chat(FRIEND)).send('hello friend');
  await sent.sent();
  return sent;
}

/** A read receipt from anybody for any messages. */
export function receipt(from: string, messageIds: readonly string[], headers = ''): string {
  const [first, ...others] = messageIds;
  const more = others.map((id) => `\r\n <${id}>`).join('');
  return (
    `${headers}From: ${from}\r\nTo: ada@example.org\r\nDate: ${new Date().toUTCString()}\r\nMessage-ID: <receipt.${++count}@attack.example>\r\n` +
    'Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n\r\n' +
    '--b\r\nContent-Type: text/plain\r\n\r\nread\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\n' +
    `Final-Recipient: rfc822;${from}\r\nOriginal-Message-ID: <${first}>\r\n${more === '' ? '' : `Additional-Message-IDs:${more}\r\n`}` +
    'Disposition: manual-action/MDN-sent-manually; displayed\r\n--b--\r\n'
  );
}

/** Delivers mails, and waits until all of them were taken in. */
export async function deliverAll(attacked: AttackedAccount, mails: readonly string[]): Promise<void> {
  for (const mail of mails) attacked.host.deliver(mail, { to: 'ada@example.org' });
  await attacked.expectGoingOn();
}
