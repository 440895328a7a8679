import { defineConfig } from 'vitest/config';
import base from './vitest.config.js';

/** Tests against real mail servers and GnuPG; `test/servers/install.sh` installs them. They fail, not skip, where those are missing. */
export default defineConfig({
  ...base,
  test: {
    include: ['test/real/**/*.test.ts', 'test/interop/**/*.test.ts'],
    testTimeout: 90_000,
    hookTimeout: 90_000,
    fileParallelism: false,
  },
});
