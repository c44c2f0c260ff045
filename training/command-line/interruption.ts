// Ctrl-C: the first one asks the work to save and stop, the second ends the process at once.

/** @returns a signal that aborts at the first SIGINT or SIGTERM; `stop` takes the handlers away again. */
export function createInterruption(): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(130);
    console.error('\nStopping after the step in work; press Ctrl-C again to stop at once.');
    controller.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    stop() {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
