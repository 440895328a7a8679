/**
 * A process that is to be killed. Opens the store of its first argument, says `open`, then commits without end. Commit n puts the records `n.0` to
 * `n.19`, overwrites the record `last`, and writes a blob; every fifth also replaces
 * the blob `pieces`. Once all of it is acknowledged the process says n.
 */
import { writeSync } from 'node:fs';
import { StoreError } from '../../src/core/errors.js';
import { openStore } from '../../src/store/open-store.js';
import { blobOf, RECORDS_PER_COMMIT } from './store-content.js';

const [, , path = '', mode = 'write'] = process.argv;

/** Synchronous, so that what was said was said before the next commit begins. */
const say = (text: string | number) => writeSync(1, `${text}\n`);

async function run(): Promise<void> {
  const key = new Uint8Array(32).fill(5);
  const store = await openStore(mode.includes('sealed') ? { path, key } : path);
  const [last] = await store.get('settings', ['last']);
  say('open');
  if (mode === 'hold') {
    setInterval(() => {}, 1000);
    return;
  }
  for (let n = 1 + Number(last?.value ?? 0); ; n++) {
    const records = Array.from({ length: RECORDS_PER_COMMIT }, (_, i) => ({
      key: `${n}.${i}`,
      value: 'x'.repeat(n % 5000),
    }));
    await store.commit({
      put: { settings: [...records, { key: 'last', value: n }] },
      putBlobs: new Map([[`whole ${n}`, blobOf(n)]]),
      removeBlobs: [`whole ${n - 20}`],
    });
    if (n % 5 === 0) {
      await store.writeBlob(
        'pieces',
        (async function* () {
          for (let i = 0; i < 4; i++) yield blobOf(n);
        })(),
      );
    }
    say(n);
  }
}

// 3: another process has the store.
run().catch((error: unknown) => {
  const locked = error instanceof StoreError && error.code === 'STORE_LOCKED';
  process.exit(locked ? 3 : 1);
});
