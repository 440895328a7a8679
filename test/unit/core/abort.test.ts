import { describe, expect, it } from 'vitest';
import { abortable } from '../../../src/core/abort.js';

describe('work that is given up', () => {
  it('may fail later without anybody hearing of it', async () => {
    const rejections: unknown[] = [];
    const listen = (reason: unknown) => void rejections.push(reason);
    process.on('unhandledRejection', listen);
    let fail = (_: Error) => {};
    const work = new Promise<never>((_, reject) => {
      fail = reject;
    });
    await expect(abortable(work, AbortSignal.abort('enough'))).rejects.toMatchObject({
      code: 'ABORTED',
      cause: 'enough',
    });
    fail(new Error('too late'));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', listen);
    expect(rejections).toEqual([]);
  });
});
