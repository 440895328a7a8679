import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Row } from './report.js';
import { type BenchServers, DOMAIN } from './servers.js';

/** What an idle account costs beyond a bare idling imapflow, as the mean of many. */
export async function idleMemoryRows(servers: BenchServers, accounts: number): Promise<Row[]> {
  await servers.addUsers(Array.from({ length: accounts }, (_, index) => `idle${index}@${DOMAIN}`));
  const ours = await measure('ours', servers, accounts);
  const floor = await measure('floor', servers, accounts);
  const note = `mean of ${accounts} after gc, one shared SQLite file`;
  return [
    {
      what: 'idle account, heap + external',
      unit: 'KB',
      ours: ours.heap,
      floor: floor.heap,
      budget: 200,
      measure: 'difference',
      note,
    },
    {
      what: 'idle account, RSS',
      unit: 'KB',
      ours: ours.rss,
      floor: floor.rss,
      budget: 500,
      measure: 'difference',
      note,
    },
  ];
}

interface Memory {
  readonly heap: number;
  readonly rss: number;
}

function measure(what: 'ours' | 'floor', servers: BenchServers, accounts: number): Promise<Memory> {
  return new Promise((resolve, reject) => {
    const args = ['--expose-gc', '--import', 'tsx', join(import.meta.dirname, 'idle-memory-child.ts')];
    const child = spawn(
      process.execPath,
      [...args, what, String(servers.imapPort), String(servers.smtpPort), String(accounts)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(output) as Memory);
      else reject(new Error(`${what} exited with ${code}`));
    });
  });
}
