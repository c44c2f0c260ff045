// The API's own time: what POST and GET of a caption cost when nothing waits, and which step takes how much of it.
import { fileURLToPath } from 'node:url';
import { createImagingPool } from '@caption-queue/api/uploads/imaging/pool';
import { startApi, type TestApi } from '@caption-queue/test/support/api/api';
import { createQueueSide, silentLogger } from '@caption-queue/test/support/pipeline/pipeline';
import { startRedis } from '@caption-queue/test/support/redis/redis';
import type { Row } from './table.ts';
import { summarise } from './timing.ts';

/** Not counted: connections open and code gets compiled. */
const WARM_UP = 20;
const MAX_PIXELS = 100_000_000;

/** Milliseconds of each request, by step. The steps of a request are disjoint and add up to its total. */
type Steps = Record<string, number[]>;

/**
 * Posts each photo alone and reads its caption once, over HTTP on this machine, with a real Redis and no worker.
 *
 * @returns a row a step, the whole request first: median, 95th percentile, and its share of all the time
 */
export async function benchApi(options: { photos: Uint8Array[] }): Promise<Row[]> {
  const { photos } = options;
  // As the service is run, not as tests want it.
  const redis = await startRedis({ config: { appendfsync: 'everysec' } });
  const spent = { decode: 0, create: 0, enqueue: 0 };
  const imaging = createImagingPool({
    processes: 1,
    script: fileURLToPath(new URL('../../services/api/dist/imaging-process.js', import.meta.url)),
    limits: { maxPixels: MAX_PIXELS },
    logger: silentLogger,
  });
  const queueLimit = photos.length + WARM_UP;
  const side = await createQueueSide({ url: redis.url, queueLimit });
  const { store, queues } = side;
  store.create = timed(spent, 'create', store.create);
  queues.add = timed(spent, 'enqueue', queues.add);
  const api = await startApi({
    redisUrl: redis.url,
    env: { QUEUE_LIMIT: String(queueLimit), REDIS_PREFIX: side.prefix },
    store,
    imaging: { normalise: timed(spent, 'decode', (bytes) => imaging.normalise(bytes)) },
  });

  const post: Steps = {
    'the whole': [],
    decode: [],
    store: [],
    enqueue: [],
    'receive and answer': [],
  };
  const get: Steps = { 'the whole': [] };
  const note = (steps: Steps, name: string, ms: number) => steps[name]?.push(ms);
  try {
    const warmUp = photos.slice(0, WARM_UP);
    for (const [i, photo] of [...warmUp, ...photos].entries()) {
      Object.assign(spent, { decode: 0, create: 0, enqueue: 0 });
      const posted = await timeRequest(() => postPhoto(api, photo));
      const read = await timeRequest(() => fetch(api.address + posted.answer.urls.self));
      if (i < warmUp.length) continue;
      // The job is added at the end of creating the caption.
      const { decode, create, enqueue } = spent;
      note(post, 'the whole', posted.ms);
      note(post, 'decode', decode);
      note(post, 'store', create - enqueue);
      note(post, 'enqueue', enqueue);
      note(post, 'receive and answer', posted.ms - decode - create);
      note(get, 'the whole', read.ms);
    }
  } finally {
    await api.close();
    await imaging.close();
    await side.close();
    await redis.stop();
  }
  return [...toRows('POST a photo', post), ...toRows('GET a caption', get)];
}

function postPhoto({ address }: TestApi, photo: Uint8Array): Promise<Response> {
  const body = new Uint8Array(photo);
  const headers = { 'content-type': 'application/octet-stream', 'cache-control': 'no-cache' };
  return fetch(`${address}/v1/captions`, { method: 'POST', headers, body });
}

async function timeRequest(
  send: () => Promise<Response>,
): Promise<{ ms: number; answer: { urls: { self: string } } }> {
  const startedAt = performance.now();
  const response = await send();
  const answer = (await response.json()) as { urls: { self: string } };
  const ms = performance.now() - startedAt;
  if (!response.ok) throw new Error(`It answered ${response.status}: ${JSON.stringify(answer)}`);
  return { ms, answer };
}

/** The same function, whose time is added to `spent[step]`. */
function timed<S extends string, A extends unknown[], R>(
  spent: Record<S, number>,
  step: S,
  run: (...args: A) => Promise<R>,
): (...args: A) => Promise<R> {
  return async (...args) => {
    const startedAt = performance.now();
    try {
      return await run(...args);
    } finally {
      spent[step] += performance.now() - startedAt;
    }
  };
}

function toRows(request: string, steps: Steps): Row[] {
  const sum = (times: number[]) => times.reduce((total, ms) => total + ms, 0);
  const whole = sum(steps['the whole'] ?? []);
  return Object.entries(steps).map(([step, times]) => {
    const { medianMs, p95Ms } = summarise(times);
    const share = (sum(times) / whole) * 100;
    return { request, step, 'median ms': medianMs, 'p95 ms': p95Ms, 'share %': share };
  });
}
