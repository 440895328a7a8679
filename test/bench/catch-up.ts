import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { type Correspondent, correspondent, encryptedChatMail } from './encrypted-mails.js';
import { chatMail, dateOf, zipfSender } from './mails.js';
import { alternate, type Row } from './report.js';
import { type BenchServers, DOMAIN } from './servers.js';

/** Catching up on N plain chat mails and on 10 N, and the first screen of the larger mailbox. */
export async function catchUpRows(servers: BenchServers, n: number, runs: number): Promise<Row[]> {
  const small = `small@${DOMAIN}`;
  const large = `large@${DOMAIN}`;
  await servers.addUsers([small, large]);
  for (const [email, count] of [[small, n] as const, [large, 10 * n] as const]) {
    await servers.fillInbox(email, count, (index) => chatMail(zipfSender(index), email, index, dateOf(index, count)));
    // The server reads its new files and builds its index once, outside the measurement.
    await measure('floor', servers, email);
  }
  const one = await alternate(
    runs,
    async () => (await measure('ours', servers, small)).complete,
    async () => (await measure('floor', servers, small)).complete,
  );
  const large10: Measurement[] = [];
  const ten = await alternate(
    Math.min(runs, 3),
    async () => {
      const result = await measure('ours', servers, large);
      large10.push(result);
      return result.complete;
    },
    async () => (await measure('floor', servers, large)).complete,
  );
  const usable = await alternate(
    runs,
    async () => (await measure('first-screen', servers, large, 10 * n)).usable,
    async () => 0,
  );
  const memory = await measure('ours', servers, small);
  return [
    { what: `catch up on ${n} plain chat mails`, unit: 'ms', ...one, budget: 1.4, measure: 'ratio' },
    { what: `catch up on ${10 * n} plain chat mails`, unit: 'ms', ...ten, budget: 1.4, measure: 'ratio' },
    {
      what: `cost of a mail at ${10 * n} against ${n}`,
      unit: 'ms',
      ours: ten.ours / (10 * n),
      floor: one.ours / n,
      budget: 1.25,
      measure: 'ratio',
      note: 'the "floor" here is our own cost at the smaller size',
    },
    {
      what: `memory peak (RSS) at ${10 * n} against ${n}`,
      unit: 'MB',
      ours: Math.max(...large10.map((result) => result.rss)),
      floor: memory.rss,
      budget: 1.5,
      measure: 'ratio',
      note: 'the "floor" here is our own peak at the smaller size',
    },
    {
      what: `first screen of ${10 * n} mails in 200 chats`,
      unit: 'ms',
      ours: usable.ours,
      budget: 1000,
      measure: 'absolute',
      note: 'newest 50 messages of the 20 newest chats',
    },
  ];
}

/** The same with encrypted mails: everybody has a key, and the account has its own from the start. */
export async function encryptedCatchUpRows(
  servers: BenchServers,
  n: number,
  screen: number,
  runs: number,
): Promise<Row[]> {
  const small = await correspondent(`small-encrypted@${DOMAIN}`);
  const large = await correspondent(`large-encrypted@${DOMAIN}`);
  await servers.addUsers([small.email, large.email]);
  const senders = new Map<string, Correspondent>();
  for (let index = 0; index < n; index++) {
    const email = zipfSender(index);
    if (!senders.has(email)) senders.set(email, await correspondent(email));
  }
  const mailTo = async (to: Correspondent, index: number, total: number) => {
    const email = zipfSender(index);
    const from = senders.get(email) ?? (await correspondent(email));
    senders.set(email, from);
    return encryptedChatMail(from, to, index, dateOf(index, total));
  };
  await servers.fillInbox(small.email, n, (index) => mailTo(small, index, n));
  // Below the newest 5,000 nothing is opened for a first screen: those are copies of one mail, to save the time of writing them.
  const old = await mailTo(large, 0, screen);
  await servers.fillInbox(large.email, screen, async (index) =>
    index < screen - 5000
      ? { raw: old.raw.replaceAll('chat$e0x', `chat$e${index}x`), date: dateOf(index, screen) }
      : mailTo(large, index, screen),
  );
  await measure('floor-encrypted', servers, small.email, 0, small);
  const catchUp = await alternate(
    runs,
    async () => (await measure('ours', servers, small.email, 0, small)).complete,
    async () => (await measure('floor-encrypted', servers, small.email, 0, small)).complete,
  );
  const usable = await alternate(
    runs,
    async () => (await measure('first-screen', servers, large.email, screen, large)).usable,
    async () => 0,
  );
  return [
    { what: `catch up on ${n} encrypted chat mails`, unit: 'ms', ...catchUp, budget: 1.2, measure: 'ratio' },
    {
      what: `first screen of ${screen} encrypted mails in 200 chats`,
      unit: 'ms',
      ours: usable.ours,
      budget: 2500,
      measure: 'absolute',
      note: 'newest 50 messages of the 20 newest chats',
    },
  ];
}

interface Measurement {
  readonly usable: number;
  readonly complete: number;
  /** Peak resident memory, MB. */
  readonly rss: number;
}

/** Each measurement in a process of its own: no warm code, no foreign garbage. */
function measure(
  what: 'ours' | 'floor' | 'floor-encrypted' | 'first-screen',
  servers: BenchServers,
  email: string,
  count = 0,
  owner?: Correspondent,
): Promise<Measurement> {
  return new Promise((resolve, reject) => {
    const args = ['--expose-gc', '--import', 'tsx', join(import.meta.dirname, 'catch-up-child.ts')];
    const child = spawn(
      process.execPath,
      [...args, what, String(servers.imapPort), String(servers.smtpPort), email, String(count)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, ...(owner && { BENCH_KEY: owner.privateKey.armor() }) },
      },
    );
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(output) as Measurement);
      else reject(new Error(`${what} exited with ${code}`));
    });
  });
}
