// The workers as processes: how they start, what they say of themselves, and with which code they end.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createHeartbeats } from '@caption-queue/worker/heartbeat';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { useFolder } from '../../support/folder.ts';
import { writeTinyBundle } from '../../support/model/tiny-bundle.ts';
import { createQueueSide, type QueueSide, soon } from '../../support/pipeline/pipeline.ts';
import { freePort, redisIsAvailable } from '../../support/redis/redis.ts';
import { useRedis } from '../../support/redis/use-redis.ts';

const repository = fileURLToPath(new URL('../../..', import.meta.url));

interface WorkerProcess {
  /** Everything it wrote so far. */
  readonly log: string;
  readonly port: number;
  get(route: string): Promise<Response>;
  untilReady(): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  readonly exitCode: Promise<number | null>;
}

describe.skipIf(!redisIsAvailable)('a worker as a process', () => {
  const server = useRedis({ config: { maxmemory: '200mb' } });
  let side: QueueSide;
  const folder = useFolder();
  let bundleHash: string;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    ({ hash: bundleHash } = await writeTinyBundle({ directory: path.join(folder, 'tiny') }));
    side = await createQueueSide({ url: server.url });
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });
  afterAll(() => side?.close());

  async function start(
    name: 'encoder-worker' | 'decoder-worker',
    env: Record<string, string> = {},
  ): Promise<WorkerProcess> {
    const port = await freePort();
    const child = spawn(process.execPath, [`services/${name}/dist/main.js`], {
      cwd: repository,
      env: {
        ...process.env,
        REDIS_URL: server.url,
        REDIS_PREFIX: side.prefix,
        MODEL: path.join(folder, 'tiny'),
        METRICS_PORT: String(port),
        ...env,
      },
    });
    children.push(child);
    let log = '';
    child.stdout.on('data', (text) => {
      log += text;
    });
    child.stderr.on('data', (text) => {
      log += text;
    });
    const get = (route: string) => fetch(`http://127.0.0.1:${port}${route}`);
    return {
      get log() {
        return log;
      },
      port,
      get,
      async untilReady() {
        const status = () =>
          get('/readyz').then(
            (answer) => answer.status,
            () => 0,
          );
        await expect.poll(status, { timeout: 20_000, interval: 100 }).toBe(200);
      },
      kill: (signal) => void child.kill(signal),
      exitCode: once(child, 'exit').then(([code]) => code as number | null),
    };
  }

  const heartbeats = () => createHeartbeats(side).list();

  it('works, counts what it did, and says goodbye', async () => {
    const [encoder, decoder] = await Promise.all([
      start('encoder-worker'),
      start('decoder-worker'),
    ]);
    await Promise.all([encoder.untilReady(), decoder.untilReady()]);
    const beats = await heartbeats();
    expect(beats.map(({ stage, state }) => `${stage} ${state}`).sort()).toEqual([
      'decode ready',
      'encode ready',
    ]);
    for (const { model } of beats) expect(model).toMatchObject({ name: 'tiny', bundleHash });
    expect(await (await encoder.get('/info')).json()).toMatchObject({
      stage: 'encode',
      engine: 'onnx',
      version: expect.stringMatching(/^\d/),
    });

    const first = await side.untilEnded((await side.post(90)).id);
    const again = await side.untilEnded((await side.post(90, { beam_width: 1 })).id);
    expect(first).toMatchObject({ status: 'succeeded', model: { name: 'tiny' } });
    expect(again.metrics.feature_cache).toBe('hit');

    const encoded = await (await encoder.get('/metrics')).text();
    expect(encoded).toMatch(/^cq_encodes_total\{.*\} 1$/m);
    expect(encoded).toMatch(/^cq_feature_cache_lookups_total\{result="hit".*\} 1$/m);
    expect(encoded).toMatch(/^cq_stage_jobs_total\{stage="encode",outcome="done".*\} 2$/m);
    expect(encoded).toMatch(/^cq_queue_depth\{stage="decode",state="waiting".*\} 0$/m);
    const words = [first, again].map(({ output }) => output?.words.length ?? 0);
    expect(await (await decoder.get('/metrics')).text()).toContain(
      `cq_words_total{service="decoder-worker"} ${(words[0] ?? 0) + (words[1] ?? 0)}`,
    );

    encoder.kill('SIGTERM');
    decoder.kill('SIGTERM');
    expect(await Promise.all([encoder.exitCode, decoder.exitCode])).toEqual([0, 0]);
    expect(await heartbeats()).toEqual([]);
  });

  it('ends with 78 and one clear line when its bundle is damaged, and leaves word of it', async () => {
    const damaged = path.join(folder, 'damaged');
    await writeTinyBundle({ directory: damaged });
    await writeFile(path.join(damaged, 'vocabulary.json'), '[]');
    for (const name of ['encoder-worker', 'decoder-worker'] as const) {
      const worker = await start(name, { MODEL: damaged });
      expect(await worker.exitCode).toBe(78);
      const fatal = worker.log.split('\n').filter((line) => line.includes('"level":"fatal"'));
      expect(fatal).toHaveLength(1);
      expect(fatal[0]).toMatch(/vocabulary\.json/);
      expect(worker.log).not.toMatch(/ {4}at /);
    }
    const beats = await heartbeats();
    expect(beats.map(({ state }) => state)).toEqual(['refusing', 'refusing']);
    expect(beats[0]?.lastError).toMatch(/vocabulary\.json/);
  });

  it('ends with 78 and says which setting is wrong', async () => {
    const worker = await start('encoder-worker', { CONCURRENCY: 'many' });
    expect(await worker.exitCode).toBe(78);
    expect(worker.log).toMatch(/^CONCURRENCY "many" must be integer \(/);
  });

  it('is live but not ready while Redis is away', async () => {
    const nobody = `redis://127.0.0.1:${await freePort()}`;
    const worker = await start('decoder-worker', { REDIS_URL: nobody });
    await expect.poll(() => worker.log, soon).toMatch(/Redis cannot be reached/);
    expect((await worker.get('/livez')).status).toBe(200);
    const ready = await worker.get('/readyz');
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ checks: { redis: expect.any(String) } });
    worker.kill('SIGTERM');
    expect(await worker.exitCode).toBe(0);
  });

  it('takes another port for its metrics when its own is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const worker = await start('decoder-worker', { METRICS_PORT: String(port) });
    await expect.poll(() => worker.log, soon).toMatch(/health and metrics are served/);
    expect(worker.log).not.toContain(`"port":${port},`);
    taken.close();
  });
});
