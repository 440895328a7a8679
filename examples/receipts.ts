/**
 * Sends a message and tells what becomes of it, until somebody has read it.
 *
 *     EMAIL=ada@example.org PASSWORD=… npx tsx examples/receipts.ts bob@example.net Did you see this?
 *
 * Receipts are asked for only where the other side is known to use a chat program: let them write first. That a message
 * has arrived is told only by people with whom there is a trusted connection; it comes about by itself as you write to each other.
 */
import { Account, type MessageState } from 'coi-sdk';
import { accountFromEnvironment } from './support/environment.js';

const [peer, ...words] = process.argv.slice(2);
if (!peer || words.length === 0) {
  console.error('Usage: receipts.ts ADDRESS TEXT…');
  process.exit(2);
}

const ticks: Partial<Record<MessageState, string>> = { sent: '✓', delivered: '✓✓', failed: '✗' };

const account = await Account.open({
  ...accountFromEnvironment(),
  store: process.env.STORE ?? 'receipts.db',
  receipts: 'trusted', // whom we tell that we have read something; it can be set for a chat or a contact as well
});
account.on('trust', (contact, event) => {
  if (event.kind === 'state') console.log(`Connection with ${contact.address}: ${event.state}`);
});

try {
  await account.start();
  const chat = await account.chat(peer);
  await chat.markRead(); // whoever asked for a receipt, and may have one, gets it now

  const sent = await chat.send(words.join(' '));
  account.on('message:state', (message, state) => {
    if (message.id === sent.id && state in ticks) console.log(`${message.text} ${ticks[state]}`);
  });
  await sent.read();
  console.log(`${sent.text} ✓✓ read`);
  // One for each person, in a group too. It is what their program says, no proof.
  for (const { address, state, date } of sent.receipts) console.log(`${address}: ${state}, ${date.toLocaleString()}`);
} finally {
  await account.close();
}
