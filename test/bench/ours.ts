import { Account, type AccountOptions } from 'coi-sdk';
import { PASSWORD } from './servers.js';

/** Options of an account on the bench's servers. */
export function accountOptions(ports: { imap: number; smtp: number }, email: string): AccountOptions {
  return {
    email,
    password: PASSWORD,
    imap: { host: '127.0.0.1', port: ports.imap, secure: false, allowInsecure: true },
    smtp: { host: '127.0.0.1', port: ports.smtp, secure: false, allowInsecure: true },
    logger: { log() {} },
    // The bench measures reading and sending; moving mails between folders has no counterpart in the floor.
    filing: 'none',
  };
}

/** Resolves when every folder is in step with the server. */
function complete(account: Account): Promise<void> {
  return new Promise((resolve) => {
    account.on('sync', (progress) => {
      if (progress.complete) resolve();
    });
  });
}

/** Opens an account with an empty store (and a key) and waits until everything is there; milliseconds until usable and complete. */
export async function catchUp(options: AccountOptions, key?: string): Promise<{ usable: number; complete: number }> {
  const start = performance.now();
  const account = await Account.open(options);
  if (key !== undefined) await account.keys.import(key);
  const done = complete(account);
  await account.start();
  const usable = performance.now() - start;
  await done;
  const elapsed = performance.now() - start;
  await account.close();
  return { usable, complete: elapsed };
}
