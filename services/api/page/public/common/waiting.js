// Waiting: for a turn, for a time that is counted down, for the network.

/** @param {number} most @returns a way to let only so many work at once, first come first served */
export function createTurns(most) {
  /** @type {(() => void)[]} */
  const line = [];
  let taken = 0;
  const release = () => {
    const next = line.shift();
    if (next) next();
    else taken -= 1;
  };
  return {
    /**
     * @param {AbortSignal} signal
     * @returns {Promise<() => void>} resolves when it is this one's turn, to the function that ends the turn
     */
    async take(signal) {
      signal.throwIfAborted();
      if (taken < most) {
        taken += 1;
        return release;
      }
      // Whoever ends a turn hands it over.
      return new Promise((resolve, reject) => {
        const begin = () => resolve(release);
        line.push(begin);
        signal.addEventListener('abort', () => {
          const place = line.indexOf(begin);
          if (place >= 0) line.splice(place, 1);
          reject(signal.reason);
        });
      });
    },
  };
}

/**
 * Resolves after a time; rejects when the signal fires.
 *
 * @param {number} ms
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
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

/**
 * Counts whole seconds down to nothing; ends early when the browser is back on the network.
 *
 * @param {number} seconds
 * @param {{ signal: AbortSignal, onSecond: (left: number) => void }} options
 */
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
