// The time by which deliveries are scheduled and signed. Tests turn it forward.
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
