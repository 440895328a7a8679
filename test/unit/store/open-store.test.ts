import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../../src/store/memory-store.js';
import { openStore } from '../../../src/store/open-store.js';
import { message, tempFolder } from './records.js';

describe('openStore', () => {
  it('makes a store in memory of nothing', async () => {
    const store = await openStore();
    expect(store).toBeInstanceOf(MemoryStore);
    await store.commit({ put: { messages: [message('a')] } });
    expect(await store.count('messages')).toBe(1);
    await store.close();
  });

  it('takes a store as it is, and opens it', async () => {
    const own = new MemoryStore();
    expect(await openStore(own)).toBe(own);
    expect(await own.count('messages')).toBe(0);
  });

  it('makes a SQLite store of a path, which keeps its content', async () => {
    const path = join(await tempFolder(), 'ada.db');
    const store = await openStore(path);
    await store.commit({ put: { messages: [message('a')] } });
    await store.close();
    const again = await openStore({ path });
    expect(await again.count('messages')).toBe(1);
    await again.close();
  });

  it('makes a sealed store of a path and a passphrase', async () => {
    const path = join(await tempFolder(), 'ada.db');
    await (await openStore({ path, passphrase: 'secret words' })).close();
    await expect(openStore(path)).rejects.toMatchObject({ code: 'STORE_SEALED' });
    await expect(openStore({ path, passphrase: 'other words' })).rejects.toMatchObject({ code: 'STORE_SEALED' });
    await (await openStore({ path, passphrase: 'secret words' })).close();
  });

  it('refuses anything else', async () => {
    for (const input of ['', ':memory:', { path: '' }, { path: ':memory:' }]) {
      await expect(openStore(input)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    }
    for (const input of [42, null, { file: 'x' }]) {
      // @ts-expect-error: the types refuse it as well
      await expect(openStore(input)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    }
    // @ts-expect-error: the types refuse it as well
    await expect(openStore({ path: 'x.db', passPhrase: 'x' })).rejects.toMatchObject({ code: 'UNKNOWN_OPTION' });
  });

  it('writes nothing to the terminal, warnings of SQLite included', async () => {
    const path = join(await tempFolder(), 'ada.db');
    const script = `
      import { openStore } from './src/store/open-store.ts';
      process.on('warning', (warning) => { if (warning.name === 'ExperimentalWarning') throw warning; });
      const work = async () => { const store = await openStore(${JSON.stringify(path)}); await store.close(); process.emitWarning('still heard'); };
      work().catch((error) => { console.error(error); process.exitCode = 1; });`;
    const child = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
      encoding: 'utf8',
    });
    expect(child.status).toBe(0);
    expect(child.stdout).toBe('');
    expect(child.stderr).toContain('still heard');
    expect(child.stderr).not.toMatch(/sqlite/i);
  });
});
