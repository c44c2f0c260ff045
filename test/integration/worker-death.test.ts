// What becomes of a caption when the process that works on it dies, freezes or is told to stop.
import { afterAll, beforeAll, describe, it, type TestContext } from 'vitest';
import { type Fork, fork } from '../support/fork.ts';
import {
  createQueueSide,
  createWorkerSide,
  fakeCaption,
  type QueueSide,
  type WorkerSide,
} from '../support/pipeline.ts';
import { type RedisServer, redisIsAvailable, startRedis } from '../support/redis.ts';

/** What is promised: a worker's death costs a caption no more than this. */
const RECOVERY_MS = 15_000;
const FOREVER_MS = '600000';
/** Sooner than this nobody takes over a caption that was not given back. */
const LOCK_MS = 6_000;

interface Scene {
  side: QueueSide;
  /** Starts a process that takes `workMs` for a picture. */
  startSlow(stage: 'encode' | 'decode', workMs: string): Promise<Fork>;
  startHealthy(stages?: ('encode' | 'decode')[]): WorkerSide;
  claims(captionId: string, stage: string): Promise<string | null>;
}

/** A queue of its own for one test, cleared away when it is over. */
async function setScene(url: string, { onTestFinished }: TestContext): Promise<Scene> {
  const side = await createQueueSide({ url });
  const { prefix } = side;
  onTestFinished(() => side.close());
  return {
    side,
    async startSlow(stage, workMs) {
      const env = { REDIS_URL: url, PREFIX: prefix, STAGE: stage, WORK_MS: workMs };
      const child = await fork('slow-worker', { env });
      onTestFinished(() => child.kill('SIGKILL'));
      return child;
    },
    startHealthy(stages = ['encode', 'decode']) {
      const workers = createWorkerSide({ url, prefix, stages });
      onTestFinished(() => workers.stop());
      return workers;
    },
    claims: (id, stage) => side.redis.hget(`${prefix}:caption:${id}`, `claims_${stage}`),
  };
}

describe.skipIf(!redisIsAvailable)('a worker process', () => {
  let server: RedisServer;

  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  it.concurrent('killed while it encodes costs its caption a few seconds', async (context) => {
    const { expect } = context;
    const { side, startSlow, startHealthy, claims } = await setScene(server.url, context);
    const slow = await startSlow('encode', FOREVER_MS);
    const { id } = await side.post(3);
    await slow.said('working');
    await slow.endWith('SIGKILL');
    const diedAt = performance.now();
    startHealthy();
    const record = await side.untilEnded(id);
    expect(performance.now() - diedAt).toBeLessThan(RECOVERY_MS);
    expect(record.output?.caption).toBe(fakeCaption(3));
    expect(await claims(id, 'encode')).toBe('2');
  });

  it.concurrent('killed while it decodes has its words told again, and one result', async (context) => {
    const { expect } = context;
    const { side, startSlow, startHealthy } = await setScene(server.url, context);
    startHealthy(['encode']);
    const slow = await startSlow('decode', FOREVER_MS);
    const { id } = await side.post(4);
    const told: string[] = [];
    let diedAt = 0;
    for await (const { event } of side.streams.read({ captionId: id })) {
      if (event.type === 'restarted') told.length = 0;
      if (event.type !== 'word') continue;
      told.push(event.data.text);
      if (event.data.text !== 'half') continue;
      await slow.endWith('SIGKILL');
      diedAt = performance.now();
      startHealthy(['decode']);
    }
    expect(diedAt).toBeGreaterThan(0);
    expect(performance.now() - diedAt).toBeLessThan(RECOVERY_MS);
    expect(told.join(' ')).toBe(fakeCaption(4));
    expect((await side.store.get(id))?.output?.caption).toBe(fakeCaption(4));
  });

  it.concurrent('frozen past its lock can’t write any more when it wakes', async (context) => {
    const { expect } = context;
    const { side, startSlow, startHealthy } = await setScene(server.url, context);
    const slow = await startSlow('encode', '1000');
    const { id } = await side.post(5);
    await slow.said('working');
    slow.kill('SIGSTOP');
    startHealthy();
    const record = await side.untilEnded(id);
    expect(record.output?.caption).toBe(fakeCaption(5));
    slow.kill('SIGCONT');
    expect(await slow.endWith('SIGTERM')).toBe(0); // ends what it was at, without effect
    expect(await side.store.get(id)).toMatchObject(record);
    expect((await side.queues.counts('decode')).waiting).toBe(0);
  });

  it.concurrent('told to stop gives its caption back: it goes on at once, no claim is spent', async (context) => {
    const { expect } = context;
    const { side, startSlow, startHealthy, claims } = await setScene(server.url, context);
    startHealthy(['encode']);
    const slow = await startSlow('decode', FOREVER_MS);
    const { id } = await side.post(6);
    await slow.said('working');
    expect(await slow.endWith('SIGTERM')).toBe(0);
    const stoppedAt = performance.now();
    startHealthy(['decode']);
    expect((await side.untilEnded(id)).output?.caption).toBe(fakeCaption(6));
    expect(performance.now() - stoppedAt).toBeLessThan(LOCK_MS);
    expect(await claims(id, 'decode')).toBe('1');
  });
});
