/** Many idle connections in one process; prints the mean memory of one as JSON, in KB. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Account } from 'coi-sdk';
import { SqliteDatabase } from 'coi-sdk/sqlite';
import { connectFloor } from './floor.js';
import { accountOptions } from './ours.js';
import { DOMAIN } from './servers.js';

const [what, imap, smtp, count] = process.argv.slice(2);
const ports = { imap: Number(imap), smtp: Number(smtp) };
const total = Number(count);
const directory = await mkdtemp(join(tmpdir(), 'coi-bench-idle-'));

try {
  // The first one loads the code; it is not counted.
  const closers: (() => Promise<unknown>)[] = [];
  const database = new SqliteDatabase(join(directory, 'accounts.db'));
  const one = async (index: number) => {
    const email = `idle${index}@${DOMAIN}`;
    if (what === 'ours') {
      const account = await Account.open({ ...accountOptions(ports, email), store: database.account(email) });
      await account.start();
      closers.push(() => account.close());
    } else {
      const client = await connectFloor(ports.imap, email);
      await client.mailboxOpen('INBOX');
      void client.idle().catch(() => {});
      closers.push(() => client.logout());
    }
  };
  await one(0);
  const before = await settled();
  for (let index = 1; index < total; index++) await one(index);
  const after = await settled();
  process.stdout.write(
    JSON.stringify({ heap: (after.heap - before.heap) / (total - 1), rss: (after.rss - before.rss) / (total - 1) }),
  );
  await Promise.all(closers.map((close) => close()));
} finally {
  await rm(directory, { recursive: true, force: true });
}

async function settled(): Promise<{ heap: number; rss: number }> {
  for (let round = 0; round < 5; round++) {
    await new Promise((resolve) => setTimeout(resolve, 400));
    globalThis.gc?.();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: (heapUsed + external) / 1024, rss: rss / 1024 };
}
