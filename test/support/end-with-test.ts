// Whatever a test starts ends with it, the last first, also when the test fails.
import { onTestFinished } from 'vitest';

type Ending = { close(): unknown } | { stop(): unknown } | { disconnect(): unknown };

/** Closes, stops or disconnects it at the end of the running test. @returns it */
export function endWithTest<T extends Ending>(started: T): T {
  onTestFinished(async () => {
    if ('close' in started) await started.close();
    else if ('stop' in started) await started.stop();
    else started.disconnect();
  });
  return started;
}
