import { beforeEach } from 'vitest';
import { type Sealer, sealedMail, sealer } from '../support/sealed.js';
import { type AttackedAccount, useAttackedAccount } from './account-support.js';

/** Address of the attacked account. */
export const ADA = 'ada@example.org';
/** Address of the one who writes to it. */
export const BOB = 'bob@example.net';

/** An attacked account that has its key, and somebody who writes encrypted mail to it. */
export interface SealedAccount {
  readonly attacked: AttackedAccount;
  readonly ada: Sealer;
  readonly bob: Sealer;
  /** What the account has logged, as text. */
  readonly log: readonly string[];
  /** An encrypted mail of Bob's. */
  letter(text: string, more?: Partial<Parameters<typeof sealedMail>[0]>): Promise<Uint8Array>;
}

/** Such an account for each test of a file. */
export function useSealedAccount(): SealedAccount {
  const attacked = useAttackedAccount();
  const log: string[] = [];
  let people: { ada: Sealer; bob: Sealer } | undefined;
  let count = 0;
  const there = () => {
    if (!people) throw new Error('They are only there within a test.');
    return people;
  };
  beforeEach(async () => {
    const [ada, bob] = await Promise.all([sealer(ADA), sealer(BOB)]);
    people = { ada, bob };
    log.length = 0;
    const logger = { log: (...args: unknown[]) => void log.push(JSON.stringify(args)) };
    const account = await attacked.start({ logger });
    await account.keys.import(ada.key.armored());
  });
  return {
    attacked,
    log,
    get ada() {
      return there().ada;
    },
    get bob() {
      return there().bob;
    },
    letter(text, more = {}) {
      const { ada, bob } = there();
      const id = `chat$${++count}@example.net`;
      return sealedMail({ from: bob, to: [ada], text, id, date: Date.now() - 60_000, ...more });
    },
  };
}

/** Octets as text of as many characters. */
export function latin(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
