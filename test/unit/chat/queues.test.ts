import { describe, expect, it } from 'vitest';
import { KeyedMutex } from '../../../src/chat/keyed-mutex.js';
import { TaskQueue } from '../../../src/chat/task-queue.js';

function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe('the task queue', () => {
  it('runs the tasks of a key one after the other, and other keys meanwhile', async () => {
    const queue = new TaskQueue();
    const log: string[] = [];
    const { open, opened } = gate();
    queue.add('a', async () => {
      await opened;
      log.push('a1');
    });
    queue.add('a', async () => void log.push('a2'));
    const b = gate();
    queue.add('b', async () => {
      log.push('b1');
      b.open();
    });
    expect(log).toEqual([]);
    await b.opened;
    expect(log).toEqual(['b1']);
    open();
    await queue.settled();
    expect(log).toEqual(['b1', 'a1', 'a2']);
  });

  it('takes tasks that are added while others run', async () => {
    const queue = new TaskQueue();
    const log: number[] = [];
    const add = (n: number) =>
      queue.add('a', async () => {
        log.push(n);
        if (n < 5) add(n + 1);
      });
    add(0);
    await queue.settled();
    expect(log).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('begins nothing more once it is closed, but lets what runs come to its end', async () => {
    const queue = new TaskQueue();
    const log: string[] = [];
    const { open, opened } = gate();
    const began = gate();
    queue.add('a', async () => {
      began.open();
      await opened;
      log.push('first');
    });
    queue.add('a', async () => void log.push('second'));
    await began.opened;
    queue.close();
    queue.add('a', async () => void log.push('third'));
    open();
    await queue.settled();
    expect(log).toEqual(['first']);
  });
});

describe('the keyed mutex', () => {
  it('keeps the order of the calls per key, also behind one that failed', async () => {
    const mutex = new KeyedMutex();
    const log: string[] = [];
    const { open, opened } = gate();
    const first = mutex.run('a', async () => {
      await opened;
      log.push('first');
      throw new Error('broken');
    });
    const second = mutex.run('a', async () => {
      log.push('second');
      return 2;
    });
    await mutex.run('b', async () => void log.push('other'));
    open();
    await expect(first).rejects.toThrow('broken');
    expect(await second).toBe(2);
    expect(log).toEqual(['other', 'first', 'second']);
  });
});
