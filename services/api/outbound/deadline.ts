// A time limit for one outgoing request, beside the signal of whoever waits for it.

export interface Deadline {
  /** Fires when the time is over, or with the caller's signal. */
  readonly signal: AbortSignal;
  /** Was it the time, and not the caller? */
  readonly isOver: boolean;
  /** Lets go of timer and signal. */
  end(): void;
}

/** Not `AbortSignal.any`: of a signal that lives as long as the process, some versions of Node.js keep each one. */
export function startDeadline(timeoutMs: number, signal?: AbortSignal): Deadline {
  const controller = new AbortController();
  let isOver = false;
  const timer = setTimeout(() => {
    isOver = !controller.signal.aborted;
    controller.abort();
  }, timeoutMs);
  const forward = () => controller.abort(signal?.reason);
  signal?.addEventListener('abort', forward);
  if (signal?.aborted) forward();
  return {
    signal: controller.signal,
    get isOver() {
      return isOver;
    },
    end() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', forward);
    },
  };
}
