/**
 * The protocol layer alone, inside a mail client that has its own connections: which mails of the inbox are chat, what
 * do they say, and a chat answer written for the client's own SMTP.
 *
 *     EMAIL=ada@example.org PASSWORD=… IMAP_HOST=… npx tsx examples/embed-in-mail-client.ts
 */

import { readChatMail, writeChatMail } from 'coi-sdk/protocol';
import { ImapFlow } from 'imapflow';
import { accountFromEnvironment } from './support/environment.js';

const { email, password, imap } = accountFromEnvironment();
if (!imap) throw new Error('Set IMAP_HOST.');

const client = new ImapFlow({
  ...imap,
  secure: imap.secure ?? true,
  auth: { user: email, pass: password },
  logger: false,
});
client.on('error', (error) => console.error(error.message));
await client.connect();
const lock = await client.getMailboxLock('INBOX');
try {
  const newest = client.mailbox ? Math.max(1, client.mailbox.exists - 19) : 1;
  const mails = await client.fetchAll(`${newest}:*`, { source: true });
  for (const mail of mails) {
    if (!mail.source) continue;
    const chatMail = await readChatMail(mail.source);
    if (chatMail.kind !== 'message') continue;
    console.log(`${chatMail.isChat ? 'chat' : 'mail'}  ${chatMail.from?.address ?? '(nobody)'}: ${chatMail.text}`);
    if (!chatMail.isChat || !chatMail.from) continue;

    const answer = await writeChatMail({
      from: { address: email },
      to: [chatMail.from],
      text: 'Answered from a mail client.',
      ...(chatMail.messageId ? { inReplyTo: chatMail.messageId, references: [chatMail.messageId] } : {}),
    });
    console.log(`      answer ${answer.messageId}: ${answer.bytes.length} bytes for ${answer.recipients.join(', ')}`);
  }
} finally {
  lock.release();
  await client.logout();
}
