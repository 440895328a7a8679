/** Sends messages, and prints each one as soon as it is accepted. */
import { Account, type AccountOptions } from 'coi-sdk';

const { options, peer, round, from, to } = JSON.parse(process.argv[2] ?? '{}') as {
  options: AccountOptions;
  peer: string;
  round: number;
  from: number;
  to: number;
};
const account = await Account.open({ ...options, logger: { log() {} } });
const started = account.start({ keepTrying: true });
const chat = await account.chat(peer);
for (let index = from; index < to; index++) {
  const text = `message ${index} of round ${round}`;
  await chat.send(text);
  process.stdout.write(`accepted ${text}\n`);
}
await started;
for await (const message of chat.messages()) if (message.fromMe) await message.sent();
process.stdout.write('all sent\n');
await account.close();
