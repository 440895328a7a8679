import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Limiter } from '../../../src/openpgp/limiter.js';

/** Work that ends when it is told to. */
function job() {
  let finish: () => void = () => undefined;
  let started = false;
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  return {
    work: () => {
      started = true;
      return done;
    },
    finish: () => finish(),
    get started() {
      return started;
    },
  };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

it('never lets more run than there is room for, and everybody gets their turn', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 40 }), async (weights) => {
      const limiter = new Limiter(8);
      let used = 0;
      const order: number[] = [];
      await Promise.all(
        weights.map((weight, i) =>
          limiter.run(weight, async () => {
            order.push(i);
            used += Math.min(weight, 8);
            expect(used).toBeLessThanOrEqual(8);
            await turn();
            used -= Math.min(weight, 8);
          }),
        ),
      );
      expect(order).toEqual(weights.map((_, i) => i));
    }),
    { numRuns: 30 },
  );
});

it('goes on after work that fails', async () => {
  const limiter = new Limiter(1);
  await expect(limiter.run(1, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await limiter.run(1, async () => 7)).toBe(7);
});

it('gives up what waits when its signal fires, and lets the next one in', async () => {
  const limiter = new Limiter(1);
  const [first, second, third] = [job(), job(), job()];
  const abort = new AbortController();
  const running = limiter.run(1, first.work);
  const waiting = limiter.run(1, second.work, { signal: abort.signal });
  const last = limiter.run(1, third.work);
  abort.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
  expect([second.started, third.started]).toEqual([false, false]);
  first.finish();
  await running;
  await turn();
  expect(third.started).toBe(true);
  third.finish();
  await last;
});
