import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeFileFrom } from '../../../src/core/node/files.js';

describe('saving to a file', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coi-files-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function* chunks(...texts: string[]) {
    for (const text of texts) yield Buffer.from(text);
  }

  it('writes the chunks one after the other', async () => {
    const path = join(folder, 'a.txt');
    await writeFileFrom(path, chunks('one', 'two'));
    expect(await readFile(path, 'utf8')).toBe('onetwo');
  });

  it('leaves an existing file alone unless told otherwise', async () => {
    const path = join(folder, 'a.txt');
    await writeFile(path, 'precious');
    await expect(writeFileFrom(path, chunks('new'))).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    expect(await readFile(path, 'utf8')).toBe('precious');
    await writeFileFrom(path, chunks('new'), { overwrite: true });
    expect(await readFile(path, 'utf8')).toBe('new');
  });

  it('leaves nothing behind when the download breaks or is given up', async () => {
    const path = join(folder, 'a.txt');
    async function* broken() {
      yield Buffer.from('half');
      throw new Error('the connection broke');
    }
    await expect(writeFileFrom(path, broken())).rejects.toThrow('the connection broke');
    const controller = new AbortController();
    async function* aborted() {
      yield Buffer.from('half');
      controller.abort();
      yield Buffer.from('more');
    }
    await expect(writeFileFrom(path, aborted(), { signal: controller.signal })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it('names a folder that is not there', async () => {
    await expect(writeFileFrom(join(folder, 'no', 'a.txt'), chunks('x'))).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
  });
});
