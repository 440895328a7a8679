/** One measurement of catching up, in a process of its own. Prints JSON. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Account } from 'coi-sdk';
import { readPrivateKey } from 'openpgp';
import { floorCatchUp, floorCatchUpEncrypted } from './floor.js';
import { firstScreenMessages } from './mails.js';
import { accountOptions, catchUp } from './ours.js';

const [what, imap, smtp, email = '', count] = process.argv.slice(2);
/** Own private key, armored, where the mails are encrypted. */
const key = process.env.BENCH_KEY;
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
  } else if (what === 'floor-encrypted') {
    complete = await floorCatchUpEncrypted(Number(imap), email, await readPrivateKey({ armoredKey: key ?? '' }));
  } else if (what === 'ours') {
    ({ usable, complete } = await catchUp(options, key));
  } else {
    const start = performance.now();
    const account = await Account.open(options);
    if (key) await account.keys.import(key);
    await account.start();
    const chats = (await account.chats.list()).slice(0, 20);
    let shown = 0;
    let sealed = 0;
    for (const chat of chats) {
      for await (const message of chat.messages({ limit: 50, newestFirst: true })) {
        shown++;
        if (message.security.encrypted && message.security.signature === 'valid') sealed++;
      }
    }
    usable = performance.now() - start;
    const expected = firstScreenMessages(Number(count));
    if (chats.length !== 20 || shown < expected) {
      throw new Error(`${shown} of ${expected} messages of ${chats.length} chats`);
    }
    if (key && sealed < shown) throw new Error(`only ${sealed} of ${shown} messages are encrypted and signed`);
    await account.close();
  }
  process.stdout.write(JSON.stringify({ usable, complete, rss: rss / 2 ** 20 }));
} finally {
  clearInterval(sampler);
  await rm(directory, { recursive: true, force: true });
}
