// The tests: test/ mirrors the sources; test/faults has the proofs of docs/reliability.md.
import { defineConfig } from 'vitest/config';

/** As the bundler does it. */
const luaAsText = {
  name: 'lua-as-text',
  transform: (code: string, file: string) =>
    file.endsWith('.lua') ? `export default ${JSON.stringify(code)};` : undefined,
};
const common = { plugins: [luaAsText], resolve: { tsconfigPaths: true } };
const settings = { testTimeout: 30_000, hookTimeout: 60_000 };

/** They draw SVG with sharp, which whatever imports shared/imaging has forbidden to its whole process. */
const inOwnProcess = [
  'test/scripts/gather-graphics/**/*.test.ts',
  'test/training/kinds/distort.test.ts',
  'test/training/plots/**/*.test.ts',
];

export default defineConfig({
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    maxWorkers: 3,
    projects: [
      {
        ...common,
        test: {
          ...settings,
          name: 'shared',
          include: ['test/**/*.test.ts'],
          exclude: inOwnProcess,
          // Files share the modules that their process has loaded, so each takes back what it changes.
          isolate: false,
        },
      },
      { ...common, test: { ...settings, name: 'alone', include: inOwnProcess } },
    ],
  },
});
