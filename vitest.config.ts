// The tests: test/ mirrors the sources; test/faults has the proofs of docs/reliability.md.
import { defineConfig } from 'vitest/config';

/** As the bundler does it. */
const luaAsText = {
  name: 'lua-as-text',
  transform: (code: string, file: string) =>
    file.endsWith('.lua') ? `export default ${JSON.stringify(code)};` : undefined,
};

export default defineConfig({
  plugins: [luaAsText],
  resolve: { tsconfigPaths: true },
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 3,
  },
});
