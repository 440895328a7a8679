import { spawn } from 'node:child_process';
import { join } from 'node:path';
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

interface Measurement {
  readonly usable: number;
  readonly complete: number;
  /** Peak resident memory, MB. */
  readonly rss: number;
}

/** Each measurement in a process of its own: no warm code, no foreign garbage. */
function measure(
  what: 'ours' | 'floor' | 'first-screen',
  servers: BenchServers,
  email: string,
  count = 0,
): Promise<Measurement> {
  return new Promise((resolve, reject) => {
    const args = ['--expose-gc', '--import', 'tsx', join(import.meta.dirname, 'catch-up-child.ts')];
    const child = spawn(
      process.execPath,
      [...args, what, String(servers.imapPort), String(servers.smtpPort), email, String(count)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
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
