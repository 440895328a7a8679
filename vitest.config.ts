import { defineConfig } from 'vitest/config';

const alias = {
  'coi-sdk/bot': new URL('./src/entry/bot.ts', import.meta.url).pathname,
  'coi-sdk/protocol': new URL('./src/entry/protocol.ts', import.meta.url).pathname,
  'coi-sdk/autocrypt': new URL('./src/entry/autocrypt.ts', import.meta.url).pathname,
  'coi-sdk/testing': new URL('./src/entry/testing.ts', import.meta.url).pathname,
  'coi-sdk/sqlite': new URL('./src/entry/sqlite.ts', import.meta.url).pathname,
  'coi-sdk': new URL('./src/index.ts', import.meta.url).pathname,
};

export default defineConfig({
  resolve: { alias },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/real/**', 'test/interop/**', 'node_modules/**'],
    testTimeout: 20_000,
  },
});
