import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Packages that the import of an entry point loads, in a process of its own. */
async function packagesOf(entry: string): Promise<string[]> {
  const hook = `
    import { writeSync } from 'node:fs';
    export async function resolve(specifier, context, next) {
      const resolved = await next(specifier, context);
      writeSync(1, resolved.url + '\\n');
      return resolved;
    }`;
  const main = `
    import { register } from 'node:module';
    register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hook)}`)});
    await import(${JSON.stringify(new URL(entry, new URL('../../../', import.meta.url)).href)});`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', main],
    { cwd: root },
  );
  const found = [...stdout.matchAll(/node_modules\/((?:@[^/\s]+\/)?[^/\s]+)/g)].map(([, name]) => name ?? '');
  return [...new Set(found)].sort();
}

describe('importing the library', () => {
  it.each(['src/index.ts', 'src/entry/bot.ts'])('%s loads no heavy package', async (entry) => {
    const packages = await packagesOf(entry);
    expect(packages).toContain('eventemitter3');
    expect(packages.filter((name) => !['eventemitter3', '@noble/hashes'].includes(name))).toEqual([]);
  });
});
