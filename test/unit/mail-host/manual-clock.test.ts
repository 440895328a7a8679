import { ManualClock } from 'coi-sdk/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

describe('ManualClock', () => {
  it('stands still and runs what falls due, in order, at its time', () => {
    const clock = new ManualClock(1000);
    const log: [string, number][] = [];
    const note = (name: string) => () => void log.push([name, clock.now()]);
    clock.after(30, note('c'));
    clock.after(10, note('a'));
    clock.after(10, note('b'));
    const cancel = clock.after(20, note('never'));
    clock.after(10, () => clock.after(5, note('nested')));
    cancel();
    expect(clock.pending).toBe(4);
    clock.advance(9);
    expect(log).toEqual([]);
    clock.advance(11);
    expect(log).toEqual([
      ['a', 1010],
      ['b', 1010],
      ['nested', 1015],
    ]);
    expect(clock.now()).toBe(1020);
    clock.advance(10);
    expect(log.at(-1)).toEqual(['c', 1030]);
    expect(clock.pending).toBe(0);
  });

  it('lets promises continue between timers', async () => {
    const clock = new ManualClock();
    let ticks = 0;
    const tick = async () => {
      while (ticks < 3) {
        await new Promise<void>((resolve) => clock.after(100, resolve));
        ticks++;
      }
    };
    const done = tick();
    await clock.advanceAsync(300);
    await done;
    expect(ticks).toBe(3);
  });

  it('runs timers as a sorted list would', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { maxLength: 30 }), fc.array(fc.nat(20), { maxLength: 10 }), (delays, steps) => {
        const clock = new ManualClock(0);
        const fired: number[] = [];
        for (const [index, delay] of delays.entries()) clock.after(delay, () => fired.push(index));
        for (const step of steps) clock.advance(step);
        const due = [...delays.keys()].filter((index) => (delays[index] ?? 0) <= clock.now());
        // A delay of 0 runs with the first step, whatever its length.
        const expected = steps.length === 0 ? [] : due.sort((a, b) => (delays[a] ?? 0) - (delays[b] ?? 0) || a - b);
        expect(fired).toEqual(expected);
      }),
    );
  });
});
