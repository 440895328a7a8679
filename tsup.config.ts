import { defineConfig } from 'tsup';

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    bot: 'src/entry/bot.ts',
    protocol: 'src/entry/protocol.ts',
    autocrypt: 'src/entry/autocrypt.ts',
    testing: 'src/entry/testing.ts',
    sqlite: 'src/entry/sqlite.ts',
  },
  format: ['esm', 'cjs'],
  target: 'node20',
  platform: 'node',
  // Shared chunks keep one copy of every class, so that `instanceof CoiError` holds across entry points.
  splitting: true,
  sourcemap: true,
  clean: true,
  dts: { compilerOptions: { ignoreDeprecations: '6.0', stripInternal: true } },
});
