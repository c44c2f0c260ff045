// Waiting: for a turn, for a time that is counted down, for the network.

/** @returns a way to let only so many work at once, first come first served */
export function createTurns(most) {
  const line = [];
  let taken = 0;
  const release = () => {
    const next = line.shift();
    if (next) next();
    else taken -= 1;
  };
  return {
    /** @returns {Promise<() => void>} resolves when it is this one's turn, to the function that ends the turn */
    async take(signal) {
      signal.throwIfAborted();
      if (taken < most) {
        taken += 1;
        return release;
      }
      // Whoever ends a turn hands it over.
      await new Promise((resolve, reject) => {
        line.push(resolve);
        signal.addEventListener('abort', () => {
          const place = line.indexOf(resolve);
          if (place >= 0) line.splice(place, 1);
          reject(signal.reason);
        });
      });
      return release;
    },
  };
}

/** Resolves after a time; rejects when the signal fires. */
export function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

/** Counts whole seconds down to nothing; ends early when the browser is back on the network. */
export async function countDown(seconds, { signal, onSecond }) {
  const online = new AbortController();
  addEventListener('online', () => online.abort(), { signal, once: true });
  const either = AbortSignal.any([signal, online.signal]);
  try {
    for (let left = seconds; left > 0; left -= 1) {
      onSecond(left);
      await pause(1000, either);
    }
  } catch (error) {
    if (signal.aborted) throw error;
  }
}

const LONGEST_WAIT_SECONDS = 15;

/** @returns seconds to wait after so many failures: what the service says, else longer each time */
export const waitAfter = (error, failures) =>
  Math.ceil(error.retryAfterSeconds ?? Math.min(2 ** failures, LONGEST_WAIT_SECONDS));
