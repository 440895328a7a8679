/** Takes in or sends an encrypted message with a large file, and prints how far that made the process grow. */
import { createHash } from 'node:crypto';
import { Account, type AccountOptions, type Message } from 'coi-sdk';

const { options, key, peer, path } = JSON.parse(process.argv[2] ?? '{}') as {
  options: AccountOptions;
  key: string;
  peer: string;
  /** File to send; missing: one is received. */
  path?: string;
};
const say = (line: string) => void process.stdout.write(`${line}\n`);
const account = await Account.open({ ...options, logger: { log() {} } });
await account.keys.import(key);
const waiting: ((message: Message) => void)[] = [];
account.on('message', (message) => waiting.shift()?.(message));
const next = () => new Promise<Message>((resolve) => waiting.push(resolve));

// Code and libraries are there once a small message went each way.
const small = next();
await account.start();
say('started');
await (
  await (await small).reply({ text: 'small', attachments: [{ filename: 'a.bin', content: new Uint8Array(9) }] })
).sent();
const large = next();
const before = process.memoryUsage().rss;
say('ready');
if (path === undefined) {
  const [file] = (await large).attachments;
  const hash = createHash('sha256');
  if (file) for await (const piece of file.stream()) hash.update(piece);
  say(`sha256 ${hash.digest('hex')}`);
} else {
  const message = await (await account.chat(peer)).send({ text: 'large', attachments: [{ path }] });
  say(`encrypted ${message.security.encrypted}`);
  await message.sent();
  // Comes when the copy was filed.
  await large;
}
say(`growth ${process.resourceUsage().maxRSS * 1024 - before}`);
await account.close();
