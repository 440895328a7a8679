/**
 * `npm run bench`: our figures against the floor (the same work on the bare libraries), in one run, on a real Dovecot
 * and Postfix on loopback. Prints a table, writes `bench-results.json`. `--quick` for a smaller run, `--only=NAME`
 * (catch-up, encrypted, latency, burst, group, memory, import) for some rows.
 */
import { attachmentRow } from './attachment.js';
import { burstRow } from './burst.js';
import { catchUpRows, encryptedCatchUpRows } from './catch-up.js';
import { groupRow } from './group.js';
import { idleMemoryRows } from './idle-memory.js';
import { importTimeRow } from './import-time.js';
import { latencyRows } from './latency.js';
import { type Row, report } from './report.js';
import { startBenchServers } from './servers.js';

const quick = process.argv.includes('--quick');
const only = process.argv.find((argument) => argument.startsWith('--only='))?.slice('--only='.length);
const wanted = (name: string) => only === undefined || only.split(',').includes(name);
const rows: Row[] = [];
const servers = await startBenchServers();
try {
  if (wanted('catch-up')) rows.push(...(await catchUpRows(servers, quick ? 1000 : 5000, quick ? 3 : 5)));
  if (wanted('encrypted')) {
    rows.push(...(await encryptedCatchUpRows(servers, quick ? 1000 : 5000, quick ? 10_000 : 50_000, quick ? 3 : 5)));
    rows.push(...(await latencyRows(servers, quick ? 30 : 200, true)));
    rows.push(await burstRow(servers, 500, quick ? 1 : 5, true));
    rows.push(await attachmentRow(servers, quick ? 3 : 5));
  }
  if (wanted('latency')) rows.push(...(await latencyRows(servers, quick ? 30 : 200)));
  if (wanted('burst')) rows.push(await burstRow(servers, 500, quick ? 1 : 5));
  if (wanted('group')) rows.push(await groupRow(servers, quick ? 20 : 100));
  if (wanted('memory')) rows.push(...(await idleMemoryRows(servers, quick ? 50 : 200)));
  if (wanted('import')) rows.push(await importTimeRow(quick ? 5 : 15));
} finally {
  await servers.close();
}
await report(rows, 'bench-results.json');
