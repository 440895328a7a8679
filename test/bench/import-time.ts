import { join } from 'node:path';
import { run } from '../servers/temp.js';
import { median, type Row } from './report.js';

/** What `import 'coi-sdk'` costs in a fresh process, from the built package. */
export async function importTimeRow(runs: number): Promise<Row> {
  const entry = join(import.meta.dirname, '../../dist/index.js');
  const script = `const start = performance.now(); await import(${JSON.stringify(entry)}); process.stdout.write(String(performance.now() - start));`;
  const times: number[] = [];
  for (let index = 0; index < runs; index++) {
    times.push(Number(await run(process.execPath, ['--input-type=module', '-e', script])));
  }
  return { what: "`import 'coi-sdk'`", unit: 'ms', ours: median(times), budget: 60, measure: 'absolute' };
}
