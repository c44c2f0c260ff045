// The tests: test/ mirrors the sources; test/faults has the proofs of docs/reliability.md.
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

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

/** A long file that begins last is waited for by all. */
const longest = [
  'commands/calibrate',
  'services/service',
  'fit/fit',
  'command-line',
  'trained-model',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) =>
      longest.some((name) => moduleId.endsWith(`${name}.test.ts`));
    return (await super.sort(files)).sort((a, b) => Number(isLong(b)) - Number(isLong(a)));
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
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
