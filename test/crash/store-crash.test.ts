import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openStore } from '../../src/store/open-store.js';
import type { Store } from '../../src/store/store.js';
import { blobOf, RECORDS_PER_COMMIT } from './store-content.js';

const KILLS = 10;

async function tempPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'coi-crash-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'store.db');
}

interface Child {
  readonly process: ChildProcess;
  /** Settles with the largest number that the child has said once its output has ended. */
  readonly acknowledged: Promise<number>;
}

/** Starts the child; resolves when it has opened the store. */
async function start(path: string, mode: string): Promise<Child> {
  const script = new URL('store-child.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, ['--import', 'tsx', script, path, mode], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let last = 0;
  const lines = createInterface({ input: child.stdout });
  const opened = new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => {
      if (line === 'open') resolve();
      else last = Number(line);
    });
    child.once('exit', (code) => reject(new Error(`the child ended by itself, with ${code}`)));
  });
  const acknowledged = once(lines, 'close').then(() => last);
  await opened;
  return { process: child, acknowledged };
}

async function kill({ process: child, acknowledged }: Child): Promise<number> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
  return acknowledged;
}

/** Number of the last commit in the store; everything up to it has to be there, whole, and nothing beyond. */
async function check(store: Store): Promise<number> {
  const [record] = await store.get('settings', ['last']);
  const last = Number(record?.value ?? 0);
  const settings = await store.list('settings');
  expect(settings.length).toBe(last * RECORDS_PER_COMMIT + (last > 0 ? 1 : 0));
  for (let n = 1; n <= last; n++) {
    const keys = Array.from({ length: RECORDS_PER_COMMIT }, (_, i) => `${n}.${i}`);
    const found = await store.get('settings', keys);
    expect(found.map((one) => one?.key)).toEqual(keys);
  }
  for (let n = Math.max(1, last - 18); n <= last; n++) {
    expect(Buffer.from(blobOf(n)).equals(await readBlob(store, `whole ${n}`))).toBe(true);
  }
  return last;
}

async function readBlob(store: Store, id: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.readBlob(id)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe.each([
  ['plain', {}],
  ['sealed', { key: new Uint8Array(32).fill(5) }],
])('a process that is killed while it writes a %s store', (mode, secret) => {
  it('loses no commit that was acknowledged, and leaves none half done', { timeout: 120_000 }, async () => {
    const path = await tempPath();
    let before = 0;
    let written = false;
    for (let round = 0; round < KILLS; round++) {
      const child = await start(path, mode);
      await wait(Math.random() * 250);
      const acknowledged = await kill(child);
      const store = await openStore({ path, ...secret });
      const last = await check(store);
      expect(last).toBeGreaterThanOrEqual(Math.max(acknowledged, before));
      // At most one commit was done whose acknowledgement nobody heard.
      expect(last).toBeLessThanOrEqual(Math.max(acknowledged, before) + 1);
      // Written by this child if it said a number that is a multiple of five, or one beyond it.
      written ||= acknowledged >= Math.ceil((before + 1) / 5) * 5;
      if (written) {
        const pieces = await readBlob(store, 'pieces');
        expect(pieces.length).toBe(4 * 300_000);
        expect(new Set(pieces).size).toBe(1);
      }
      before = last;
      await store.close();
    }
    expect(before).toBeGreaterThan(0);
  });
});

describe('two processes', () => {
  it('cannot open one store; the lock goes with the process that held it', async () => {
    const path = await tempPath();
    const child = await start(path, 'hold');
    await expect(openStore(path)).rejects.toMatchObject({ code: 'STORE_LOCKED' });
    await expect(openStore(path)).rejects.toMatchObject({ code: 'STORE_LOCKED' });
    await kill(child);
    const store = await openStore(path);
    expect(await store.count('settings')).toBe(0);
    await store.close();
  });

  it('that open a new store at the same moment: one gets it', async () => {
    const path = await tempPath();
    const results = await Promise.allSettled([1, 2, 3].map(() => start(path, 'hold')));
    const outcomes = results.map((one) => (one.status === 'fulfilled' ? 'open' : String(one.reason)));
    expect(outcomes.sort()).toEqual([
      'Error: the child ended by itself, with 3',
      'Error: the child ended by itself, with 3',
      'open',
    ]);
  });
});
