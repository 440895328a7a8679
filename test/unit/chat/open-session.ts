import { Account } from '../../../src/chat/account.js';
import { type AccountOptions, checkOptions } from '../../../src/chat/options.js';
import { AccountSession, type SessionExtras } from '../../../src/chat/session.js';
import type { MessageRecord } from '../../../src/store/records.js';
import { FakeEngine } from './fake-engine.js';

/** An account over a fake engine, and what a test needs to play the rest of the world. */
export interface Opened {
  readonly account: Account;
  readonly session: AccountSession;
  readonly engine: FakeEngine;
  /** Writes messages as the ingest does, in one commit; those that are not history are announced. */
  receive(records: readonly MessageRecord[], options?: { readonly history?: boolean }): Promise<void>;
}

/** Opens ada's account in memory. */
export async function openSession(
  options: Partial<AccountOptions> = {},
  extras: Omit<SessionExtras, 'makeEngine'> = {},
): Promise<Opened> {
  const server = { host: '127.0.0.1', port: 1 };
  const checked = checkOptions('Account.open', {
    email: 'ada@example.org',
    password: 'secret',
    imap: server,
    smtp: server,
    ...options,
  });
  let engine: FakeEngine | undefined;
  const session = await AccountSession.open(checked, {
    ...extras,
    makeEngine: (parts) => {
      engine = new FakeEngine(parts);
      return engine;
    },
  });
  if (!engine) throw new Error('no engine was made');
  return {
    account: new Account(session),
    session,
    engine,
    receive: (records, options) => receive(session, records, options),
  };
}

async function receive(
  session: AccountSession,
  records: readonly MessageRecord[],
  { history = false }: { readonly history?: boolean } = {},
): Promise<void> {
  await session.writer.run(async (tx) => {
    for (const record of records) {
      tx.put('messages', tx.acknowledge && !history && !record.fromMe ? { ...record, pending: 1 } : record);
      if (!history) tx.announce(record.key);
    }
  });
}
