import { secureRandom } from '../../src/core/random.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import type { MessageRecord } from '../../src/store/records.js';
import type { Store } from '../../src/store/store.js';
import type { Arrival } from '../../src/sync/ingest/arrival.js';
import { join } from '../../src/sync/ingest/join.js';
import { AccountKeys } from '../../src/sync/keys/account-keys.js';
import type { StateChange } from '../../src/sync/state-change.js';
import { StateWriter } from '../../src/sync/state-writer.js';

/** The address of the account in tests. */
export const ME = 'me@example.org';
/** Another address of the account. */
export const ALIAS = 'alias@example.org';

/** A writer on a store of its own, and what it told. */
export interface TestState {
  readonly store: Store;
  readonly writer: StateWriter;
  /** Opened at the first call. */
  keys(): Promise<AccountKeys>;
  readonly changes: StateChange[];
  /** Joins arrivals in one transaction. */
  join(...arrivals: readonly Arrival[]): Promise<MessageRecord[]>;
  /** Texts of the messages announced so far. */
  news(): Promise<string[]>;
}

/** Makes an empty state for the account {@link ME} with the alias {@link ALIAS}. The clock stands at 1,000,000. */
export async function testState(
  options: { acknowledge?: boolean; store?: Store; acceptsRequests?: boolean } = {},
): Promise<TestState> {
  const store = options.store ?? new MemoryStore();
  await store.open();
  const clock = { now: () => 1_000_000, after: () => () => undefined };
  const writer = new StateWriter({
    store,
    identity: {
      email: ME,
      addresses: new Set([ME, ALIAS]),
      ...(options.acceptsRequests && { acceptsRequests: true }),
    },
    clock,
    acknowledge: options.acknowledge,
  });
  let keys: Promise<AccountKeys> | undefined;
  const changes: StateChange[] = [];
  writer.onChange((change) => changes.push(change));
  return {
    store,
    writer,
    keys() {
      keys ??= AccountKeys.open({ writer, clock, random: secureRandom });
      return keys;
    },
    changes,
    join: (...arrivals) => writer.run((tx) => join(tx, arrivals)),
    async news() {
      const records = await store.get(
        'messages',
        changes.flatMap(({ news }) => news),
      );
      return records.map((record) => record?.text ?? '');
    },
  };
}
