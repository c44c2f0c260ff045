// Open-loop arrivals: pictures come when they come, however long the service takes with those before.
import { setTimeout as delay } from 'node:timers/promises';
import type { Caption } from '@caption-queue/contract/caption';
import { createRandom } from '@caption-queue/test/support/numbers/random';

/** One picture that someone sent. */
export interface Arrival {
  /** Arrivals a second at that time, on average. */
  rate: number;
  /** ms since the epoch at which it was due. Times are counted from here, not from when it was really sent. */
  dueAt: number;
  /** How late this program was with it, in milliseconds. */
  lateMs: number;
  /** From when it was due until the answer, in milliseconds. */
  answerMs: number;
  /** HTTP status; 0 when there was no answer. */
  status: number;
  /** Of the caption, when it was accepted. */
  id?: string;
}

export interface Ramp {
  url: string;
  /** Sent in turn, again and again. */
  photos: Uint8Array[];
  /** After this time there is one more arrival a second. */
  stepMs: number;
  /** How long it goes on rising after the first refusal. */
  beyondMs: number;
  /** The last step, should nothing ever be refused. */
  maxRate: number;
  seed: number;
  onStep(rate: number): void;
}

/**
 * Sends pictures at random moments (a Poisson process), one more a second at each step, until the service has
 * refused for `beyondMs`.
 *
 * @returns all arrivals, in order, when each has its answer
 */
export async function runRamp(ramp: Ramp): Promise<Arrival[]> {
  const random = createRandom(ramp.seed);
  const beganAt = Date.now();
  const arrivals: Promise<Arrival>[] = [];
  let endAt = beganAt + ramp.stepMs * ramp.maxRate;
  let refused = false;
  let rate = 0;
  for (let dueAt = beganAt; ; ) {
    const step = 1 + Math.floor((dueAt - beganAt) / ramp.stepMs);
    if (step !== rate) {
      rate = step;
      ramp.onStep(rate);
    }
    dueAt += (-Math.log(1 - random()) / rate) * 1000;
    if (dueAt > endAt) break;
    const waitMs = dueAt - Date.now();
    if (waitMs > 0) await delay(waitMs);
    const photo = ramp.photos[arrivals.length % ramp.photos.length] as Uint8Array;
    const arrival = send(ramp.url, photo, { rate, dueAt });
    arrivals.push(arrival);
    arrival.then(({ status }) => {
      if (status === 202 || refused) return;
      refused = true;
      endAt = Math.min(endAt, Date.now() + ramp.beyondMs);
    });
  }
  return Promise.all(arrivals);
}

/** Never rejects: a broken connection is an answer of status 0. */
async function send(
  url: string,
  photo: Uint8Array,
  { rate, dueAt }: Pick<Arrival, 'rate' | 'dueAt'>,
): Promise<Arrival> {
  const lateMs = Math.max(0, Date.now() - dueAt);
  const answered = (status: number) => ({
    rate,
    dueAt,
    lateMs,
    answerMs: Date.now() - dueAt,
    status,
  });
  try {
    const response = await fetch(`${url}/v1/captions`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream', 'cache-control': 'no-cache' },
      body: new Uint8Array(photo),
    });
    const body = (await response.json()) as Caption;
    const arrival = answered(response.status);
    return response.ok ? { ...arrival, id: body.id } : arrival;
  } catch {
    return answered(0);
  }
}
