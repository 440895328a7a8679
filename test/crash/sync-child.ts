/** Synchronises until everything is there, and prints how far it is. */
import { Account, type AccountOptions } from 'coi-sdk';

const { options } = JSON.parse(process.argv[2] ?? '{}') as { options: AccountOptions };
const account = await Account.open({ ...options, logger: { log() {} } });
const complete = new Promise<void>((resolve) => {
  account.on('sync', (progress) => {
    process.stdout.write(`${progress.folder} ${progress.done}\n`);
    if (progress.complete) resolve();
  });
});
await account.start();
await complete;
process.stdout.write('complete\n');
await account.close();
