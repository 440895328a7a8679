/** One measurement of catching up, in a process of its own. Prints JSON. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Account } from 'coi-sdk';
import { floorCatchUp } from './floor.js';
import { firstScreenMessages } from './mails.js';
import { accountOptions, catchUp } from './ours.js';

const [what, imap, smtp, email = '', count] = process.argv.slice(2);
const directory = await mkdtemp(join(tmpdir(), 'coi-bench-store-'));
const options = {
  ...accountOptions({ imap: Number(imap), smtp: Number(smtp) }, email),
  store: join(directory, 'account.db'),
};
let rss = 0;
const sampler = setInterval(() => {
  rss = Math.max(rss, process.memoryUsage.rss());
}, 20);
try {
  let usable = 0;
  let complete = 0;
  if (what === 'floor') {
    complete = await floorCatchUp(Number(imap), email);
  } else if (what === 'ours') {
    ({ usable, complete } = await catchUp(options));
  } else {
    const start = performance.now();
    const account = await Account.open(options);
    await account.start();
    const chats = (await account.chats.list()).slice(0, 20);
    let shown = 0;
    for (const chat of chats) {
      for await (const _ of chat.messages({ limit: 50, newestFirst: true })) shown++;
    }
    usable = performance.now() - start;
    const expected = firstScreenMessages(Number(count));
    if (chats.length !== 20 || shown < expected) {
      throw new Error(`${shown} of ${expected} messages of ${chats.length} chats`);
    }
    await account.close();
  }
  process.stdout.write(JSON.stringify({ usable, complete, rss: rss / 2 ** 20 }));
} finally {
  clearInterval(sampler);
  await rm(directory, { recursive: true, force: true });
}
