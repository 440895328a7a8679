import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Act, Device, PEOPLE, playHistory, type SentMail } from './group-histories.js';

const acts = fc.array(
  fc.record<Act>({
    who: fc.nat({ max: PEOPLE.length - 1 }),
    kind: fc.constantFrom('say', 'add', 'add', 'remove', 'leave', 'rename', 'describe', 'avatar'),
    whom: fc.nat({ max: 4 }),
    pause: fc.nat({ max: 300 }),
    online: fc.boolean(),
  }),
  { minLength: 3, maxLength: 12 },
);
const numbers = fc.array(fc.nat(1_000_000), { minLength: 60, maxLength: 60 });
const skewsOf = (hours: number) =>
  fc
    .array(fc.integer({ min: -hours * 60, max: hours * 60 }), { minLength: 5, maxLength: 5 })
    .map((minutes) => minutes.map((m) => m * 60_000));

/** The mails in another order, some of them twice, in batches. With `losses` some got lost at first, and came hours later only. */
function shuffled(mails: readonly SentMail[], numbers: readonly number[], losses: boolean): SentMail[][] {
  let next = 0;
  const random = (below: number) => (numbers[next++ % numbers.length] ?? 0) % below;
  const order: SentMail[] = [];
  for (const mail of mails) {
    const again = { ...mail, at: mail.at + random(20) * 3_600_000 };
    order.splice(random(order.length + 1), 0, losses && random(5) === 0 ? again : mail);
    if (random(4) === 0) order.splice(random(order.length + 1), 0, again);
  }
  const batches: SentMail[][] = [];
  while (order.length > 0) batches.push(order.splice(0, 1 + random(4)));
  return batches;
}

async function deviceWith(
  owner: string,
  mails: readonly SentMail[],
  numbers: readonly number[],
  losses = true,
): Promise<Device> {
  const device = new Device(owner);
  for (const batch of shuffled(mails, numbers, losses)) await device.receive(batch);
  return device;
}

/** What is in somebody's mailbox. */
function mailboxOf(owner: string, mails: readonly SentMail[]): SentMail[] {
  return mails.filter(({ from, to }) => PEOPLE[from] === owner || to.includes(owner));
}

describe('groups', () => {
  it('are the same for everybody who got all mails, whatever the order; who left stays out unless added later', async () => {
    await fc.assert(
      fc.asyncProperty(acts, skewsOf(12), numbers, async (history, skews, random) => {
        const { mails } = await playHistory(history, skews);
        const devices = await Promise.all(
          PEOPLE.map((owner, i) => deviceWith(owner, mails, [...random.slice(i * 7), ...random])),
        );
        const [first, ...others] = await Promise.all(devices.map((device) => device.view()));
        for (const view of others) expect(view).toBe(first);
        const steps = mails.flatMap(({ step }) => step ?? []);
        const { members = [] } = JSON.parse(first ?? '{}') as { members?: string[] };
        for (const left of steps.filter(({ kind, address }) => kind === 'left' && members.includes(address))) {
          const back = steps.filter(({ kind, address }) => kind === 'added' && address === left.address);
          expect(Math.max(...back.map(({ time }) => time))).toBeGreaterThanOrEqual(left.time);
        }
      }),
      { numRuns: 200 },
    );
  }, 240_000);

  it('are the same for those who were always in, though each has only the own mailbox', async () => {
    await fc.assert(
      fc.asyncProperty(acts, skewsOf(12), async (history, skews) => {
        const { mails, devices } = await playHistory(history, skews);
        const always = devices.filter(({ owner }) => mails.every((mail) => mailboxOf(owner, [mail]).length > 0));
        const views = await Promise.all(always.map((device) => device.view()));
        expect(new Set(views).size).toBeLessThanOrEqual(1);
      }),
      { numRuns: 200 },
    );
  }, 240_000);

  it('are the same on all devices of an account, however wrong the clocks are, and on one that joins late', async () => {
    await fc.assert(
      fc.asyncProperty(acts, skewsOf(24 * 40), numbers, async (history, skews, random) => {
        const { mails, devices } = await playHistory(history, skews);
        for (const device of devices.slice(0, 3)) {
          const late = await deviceWith(device.owner, mailboxOf(device.owner, mails), random, false);
          expect(await late.view()).toBe(await device.view());
        }
      }),
      { numRuns: 200 },
    );
  }, 240_000);
});
