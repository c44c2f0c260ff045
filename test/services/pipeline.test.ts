// A caption's way through both stages: real Redis, real queues, the services' processors, a made-up model.
import { createRedis } from '@caption-queue/redis/connection';
import { beforeEach, describe, expect, it } from 'vitest';
import { endWithTest } from '../support/end-with-test.ts';
import {
  createQueueSide,
  createWorkerSide,
  fakeCaption,
  fakeFeatures,
  type QueueSide,
  silentLogger,
  type WorkerSideOptions,
} from '../support/pipeline/pipeline.ts';
import { redisIsAvailable, startRedis } from '../support/redis/redis.ts';
import { useRedis } from '../support/redis/use-redis.ts';

const cacheConfig = {
  maxmemory: '100mb',
  'maxmemory-policy': 'allkeys-lru',
  appendonly: 'no',
};

describe.skipIf(!redisIsAvailable)('a caption’s way through both stages', () => {
  const durable = useRedis();
  const cache = useRedis({ config: cacheConfig });
  let side: QueueSide;
  beforeEach(async () => {
    side = endWithTest(await createQueueSide({ url: durable.url }));
  });

  const work = (options: Partial<WorkerSideOptions> = {}) =>
    endWithTest(
      createWorkerSide({ url: durable.url, prefix: side.prefix, cacheUrl: cache.url, ...options }),
    );

  it('ends in succeeded, with words, times and model in the record', async () => {
    work();

    const accepted = await side.post(7);
    expect(accepted).toMatchObject({ status: 'queued', stage: 'encode', output: null });

    const record = await side.untilEnded(accepted.id);
    expect(record).toMatchObject({
      id: accepted.id,
      status: 'succeeded',
      stage: null,
      error: null,
      output: {
        caption: fakeCaption(7),
        confidence: null,
        alt_text: null,
        tags: [],
        alternatives: [{ caption: fakeCaption(7), confidence: null, log_prob: -1.5 }],
      },
      metrics: { feature_cache: 'miss', queue_ms: expect.any(Number) },
      model: { name: 'fake', version: '1' },
    });
    expect(record.output?.words.map(({ text }) => text)).toEqual(['picture', 'number', '7']);
    const times = [record.created_at, record.started_at, record.completed_at, record.purge_at];
    expect(times).toEqual([...times].sort());
    expect(await side.store.get(accepted.id)).toMatchObject(record);
  });

  it('leaves neither pixels nor features behind, and the record goes with retention', async () => {
    side = endWithTest(await createQueueSide({ url: durable.url, retentionSeconds: 120 }));
    work();
    const { id } = await side.post(1);
    await side.untilEnded(id);

    const { prefix, redis } = side;
    expect(await redis.exists(`${prefix}:pixels:${id}`, `${prefix}:features:${id}`)).toBe(0);
    expect(await redis.zcard(`${prefix}:active`)).toBe(0);
    for (const key of [`${prefix}:caption:${id}`, `${prefix}:events:${id}`]) {
      expect(await redis.ttl(key)).toBeGreaterThan(100);
      expect(await redis.ttl(key)).toBeLessThanOrEqual(120);
    }
  });

  it('encodes a picture once, whatever other options ask for it again', async () => {
    const workers = work();
    const first = await side.untilEnded((await side.post(9)).id);
    const again = await side.untilEnded((await side.post(9, { max_length: 2 })).id);

    expect(first.metrics.feature_cache).toBe('miss');
    expect(again.metrics.feature_cache).toBe('hit');
    expect(again.output?.caption).toBe('picture number');
    expect(workers.encodes).toBe(1);
  });

  it('captions every picture right with several workers a stage', async () => {
    const [workers, more] = [work(), work()];
    const values = Array.from({ length: 40 }, (_, index) => index + 20);
    const posted = await Promise.all(values.map((value) => side.post(value)));
    const records = await Promise.all(posted.map(({ id }) => side.untilEnded(id)));

    expect(records.map(({ output }) => output?.caption)).toEqual(values.map(fakeCaption));
    expect(workers.encodes + more.encodes).toBe(values.length);
  });

  it('goes on while the cache is flushed, frozen and gone', async () => {
    const own = endWithTest(await startRedis({ config: cacheConfig }));
    const workers = work({ cacheUrl: own.url });
    const captionOf = async (value: number) =>
      (await side.untilEnded((await side.post(value)).id)).output?.caption;

    expect(await captionOf(1)).toBe(fakeCaption(1));
    const redis = createRedis({ url: own.url, role: 'cache', logger: silentLogger });
    await new Promise((resolve) => redis.once('ready', resolve));
    await redis.flushall();
    redis.disconnect();
    expect(await captionOf(1)).toBe(fakeCaption(1));
    await own.pause();
    expect(await captionOf(1)).toBe(fakeCaption(1));
    await own.crash();
    expect(await captionOf(1)).toBe(fakeCaption(1));
    expect(workers.encodes).toBe(4);
  });

  it('keeps features on a shared server only while half of its memory is free', async () => {
    const shared = endWithTest(await startRedis({ config: { maxmemory: '0' } }));
    side = endWithTest(await createQueueSide({ url: shared.url }));
    const { redis, prefix } = side;
    const repeat = async (value: number) => {
      const workers = createWorkerSide({ url: shared.url, prefix });
      try {
        await side.untilEnded((await side.post(value)).id);
        return (await side.untilEnded((await side.post(value)).id)).metrics.feature_cache;
      } finally {
        await workers.stop();
      }
    };
    expect(await repeat(1), 'no maxmemory: no bound to keep to').toBe('miss');

    await redis.config('SET', 'maxmemory', '200mb');
    expect(await repeat(2)).toBe('hit');
    expect(await redis.keys(`${prefix}:feature:*`)).toHaveLength(1);

    await redis.setrange('ballast', 110 * 2 ** 20, 'x'); // made in the server: nothing else is as large
    expect(await repeat(3)).toBe('miss');
  });

  it('tries a picture again that the model failed on, and says so in the stream', async () => {
    let tries = 0;
    work({
      async generate({ features, onEvent }) {
        tries += 1;
        const text = String(features[0]);
        onEvent({ type: 'word', index: 0, text, logProb: -1 });
        await new Promise((resolve) => setTimeout(resolve, 50)); // lets the word be written
        if (tries === 1) throw new Error('cosmic ray');
        return {
          words: [{ text, logProb: -1 }],
          alternatives: [{ caption: text, logProb: -1 }],
        };
      },
    });
    const { id } = await side.post(3);
    const types: string[] = [];
    for await (const { event } of side.streams.read({ captionId: id })) {
      types.push(event.type === 'status' ? event.data.status : event.type);
    }
    expect(types).toEqual([
      'queued',
      'encoding',
      'decoding',
      'word',
      'restarted',
      'word',
      'completed',
    ]);
  });

  it('takes a picture from a model that hangs and tries it again', async () => {
    let tries = 0;
    work({
      timeoutMs: 300,
      encode(pixels) {
        tries += 1;
        return tries === 1 ? new Promise(() => undefined) : Promise.resolve(fakeFeatures(pixels));
      },
    });
    const { id } = await side.post(3);
    expect((await side.untilEnded(id)).output?.caption).toBe(fakeCaption(3));
    expect(tries).toBe(2);
  });

  it('fails a picture visibly that the model fails on every time, and goes on with others', async () => {
    const workers = work({
      async encode(pixels) {
        if (pixels[0] === 13) throw new Error('poison');
        return fakeFeatures(pixels);
      },
    });
    const [poison, fine] = await Promise.all([side.post(13), side.post(14)]);
    expect((await side.untilEnded(fine.id)).status).toBe('succeeded');
    expect(await side.untilEnded(poison.id)).toMatchObject({
      status: 'failed',
      stage: 'encode',
      error: { code: 'stage_failed' },
      output: null,
    });
    expect(workers.outcomes.filter((outcome) => outcome === 'retry')).toHaveLength(9);
    expect(workers.outcomes).toContain('failed');
  });
});
