/**
 * A line-based chat for one account and one address.
 *
 *     EMAIL=ada@example.org PASSWORD=… npx tsx examples/terminal-chat.ts bob@example.net
 *
 * Type a line to send it, `/file PATH` to send a file, `/quit` to leave.
 */
import { createInterface } from 'node:readline/promises';
import { Account, CoiError, type Message } from 'coi-sdk';
import { accountFromEnvironment } from './support/environment.js';

const peer = process.argv[2];
if (!peer) {
  console.error('Usage: terminal-chat.ts ADDRESS');
  process.exit(2);
}

const account = await Account.open({ ...accountFromEnvironment(), store: process.env.STORE ?? 'terminal-chat.db' });
const chat = await account.chat(peer);

account.on('message', async (message) => {
  if (message.chat.id !== chat.id || message.fromMe) return;
  show(message);
  await message.markRead();
});
account.on('message:state', (message) => {
  if (message.state === 'failed') console.log(`! not sent: ${message.recipients.map((r) => r.reason).join('; ')}`);
});
account.on('connection', (state) => console.log(`(${state})`));
account.on('error', (error) => console.error(`! ${error.code}: ${error.message}`));

try {
  await account.start({ keepTrying: true });
  for await (const message of chat.messages({ limit: 20 })) show(message);
  const terminal = createInterface({ input: process.stdin });
  for await (const line of terminal) {
    if (line === '/quit') break;
    if (line.trim() === '') continue;
    try {
      if (line.startsWith('/file ')) await chat.send({ attachments: [{ path: line.slice('/file '.length) }] });
      else await chat.send(line);
    } catch (error) {
      console.error(error instanceof CoiError ? `! ${error.message}` : error);
    }
  }
  terminal.close();
} finally {
  await account.close();
}

function show(message: Message): void {
  const who = message.fromMe ? 'me' : (message.from.name ?? message.from.address);
  console.log(`${message.date.toLocaleTimeString()} ${who}: ${message.text}`);
  for (const file of message.attachments) console.log(`  [${file.filename}, ${file.size} bytes]`);
}
