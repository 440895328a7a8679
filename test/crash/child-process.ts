import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A script of this folder in a process of its own, to be killed in the middle of its work. */
export interface Child {
  /** Lines it has printed so far. */
  readonly lines: string[];
  /** Resolves when a line has been printed that passes the test; rejects if the process ends before. */
  line(matches: (line: string) => boolean): Promise<string>;
  /** SIGKILL: no handler, no flush, no goodbye. */
  kill(): Promise<void>;
  /** Resolves with the exit code. */
  readonly exited: Promise<number | null>;
}

/** Starts `script` with JSON arguments. */
export function startChild(script: string, args: unknown): Child {
  const child: ChildProcess = spawn(
    process.execPath,
    ['--import', 'tsx', join(import.meta.dirname, script), JSON.stringify(args)],
    { stdio: ['ignore', 'pipe', 'inherit'], cwd: join(import.meta.dirname, '../..') },
  );
  const lines: string[] = [];
  const waiting = new Set<{ matches: (line: string) => boolean; resolve: (line: string) => void }>();
  if (child.stdout) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      for (const waiter of waiting) {
        if (!waiter.matches(line)) continue;
        waiting.delete(waiter);
        waiter.resolve(line);
      }
    });
  }
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    lines,
    exited,
    line(matches) {
      const found = lines.find(matches);
      if (found !== undefined) return Promise.resolve(found);
      return new Promise((resolve, reject) => {
        const waiter = { matches, resolve };
        waiting.add(waiter);
        void exited.then((code) => {
          if (waiting.delete(waiter)) reject(new Error(`${script} ended with ${code}: ${lines.join('\n')}`));
        });
      });
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
