// A vitest reporter that writes how many tests passed, failed and were skipped into a file.
import { writeFileSync } from 'node:fs';

/** Environment variable that names the file. */
export const COUNTS_FILE = 'TEST_COUNTS_FILE';

export default class CountsReporter {
  /** @type {NonNullable<import('vitest/node').Reporter['onTestRunEnd']>} */
  onTestRunEnd(modules, unhandledErrors) {
    // Whatever fails outside a test (an import, a hook, a rejection nobody waits for) is a failure.
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      counts.failed += module.errors().length;
      for (const suite of module.children.allSuites()) counts.failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') counts.passed += 1;
        else if (state === 'failed') counts.failed += 1;
        else counts.skipped += 1; // Skipped, or never reached.
      }
    }
    const file = process.env[COUNTS_FILE];
    if (file !== undefined) writeFileSync(file, JSON.stringify(counts));
  }
}
