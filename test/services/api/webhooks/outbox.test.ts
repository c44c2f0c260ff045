// Events become deliveries whatever happens to Redis, to an endpoint or to the process that takes them.
import { once } from 'node:events';
import { buildKeys } from '@caption-queue/redis/keys';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { endWithTest } from '../../../support/end-with-test.ts';
import { randomPrefix, soon } from '../../../support/pipeline/pipeline.ts';
import { redisIsAvailable } from '../../../support/redis/redis.ts';
import { useRedis } from '../../../support/redis/use-redis.ts';
import { useWebhooks } from '../../../support/webhooks/use-webhooks.ts';
import {
  endedCaption,
  startDelivering,
  startReceiver,
} from '../../../support/webhooks/webhooks.ts';

describe.skipIf(!redisIsAvailable)('webhooks', () => {
  const server = useRedis();
  const setUp = useWebhooks(server);

  it('reach the others when one receiver’s cannot be kept', async () => {
    const { delivering, receiver, endpoint } = await setUp();
    const { url, until } = await receiver();
    await endpoint(url);
    await delivering.addEvent(endedCaption('succeeded', { webhook: 'no URL at all' }));
    await until(1);
  });

  it('are looked for at a pace while the outbox’s group is missing and cannot be made', async () => {
    const redis = endWithTest(new Redis(server.url));
    const user = `user-${randomPrefix()}`;
    await redis.acl('SETUSER', user, 'on', '>secret', '~*', '&*', '+@all', '-xgroup');
    const outbox = new Redis(server.url, { username: user, password: 'secret' });
    await once(outbox, 'ready');
    const attempts = async () => {
      const stats = await redis.info('commandstats');
      return Number(/cmdstat_xgroup\b[^\n]*rejected_calls=(\d+)/.exec(stats)?.[1] ?? 0);
    };
    const before = await attempts();
    const beginMs = performance.now();
    await setUp({ webhooks: { outboxRedis: outbox } });
    await expect.poll(async () => (await attempts()) - before, soon).toBeGreaterThanOrEqual(3);
    // Two pauses of half a second lie between three attempts.
    expect(performance.now() - beginMs).toBeGreaterThan(900);
  });

  it('survive the death of the process that took them', async () => {
    const { redis, prefix, delivering, receiver, endpoint } = await setUp({
      webhooks: { abandonedMs: 200 },
    });
    const keys = buildKeys(prefix);
    const { url, until } = await receiver();
    await endpoint(url);
    await expect
      .poll(() => redis.xinfo('GROUPS', keys.outbox).catch(() => []), soon)
      .toHaveLength(1);
    await delivering.stop();
    const entry = Object.entries(endedCaption()).flat();
    await redis.xadd(keys.outbox, '*', ...entry);
    // A process takes it, and dies before it has kept anything.
    await redis.xreadgroup('GROUP', 'webhooks', 'api', 'STREAMS', keys.outbox, '>');
    endWithTest(
      await startDelivering({
        redisUrl: server.url,
        prefix,
        webhooks: { abandonedMs: 200 },
      }),
    );
    await until(1);
    await expect.poll(() => redis.xlen(keys.outbox), soon).toBe(0);
  });

  it('that were handled twice are sent once', async () => {
    const { redis, prefix, delivering, receiver, endpoint } = await setUp();
    const { url, received, until } = await receiver();
    await endpoint(url);
    await delivering.addEvent(endedCaption());
    const [first] = await until(1);
    const keys = buildKeys(prefix);
    await expect.poll(() => redis.xlen(keys.outbox), soon).toBe(0);
    // The same entry again, as if its process had died before it deleted it.
    const info = (await redis.xinfo('STREAM', keys.outbox)) as unknown[];
    const lastId = info[info.indexOf('last-generated-id') + 1] as string;
    await redis.del(keys.outbox);
    await redis.xgroup('CREATE', keys.outbox, 'webhooks', '0', 'MKSTREAM');
    await redis.xadd(keys.outbox, lastId, ...Object.entries(endedCaption()).flat());
    await expect.poll(() => redis.xlen(keys.outbox), soon).toBe(0);
    const other = endWithTest(await startReceiver());
    await delivering.addEvent(endedCaption('failed', { webhook: other.url }));
    await other.until(1);
    await until(2);
    expect(received.map(({ body }) => JSON.parse(body).type)).toEqual([
      'caption.succeeded',
      'caption.failed',
    ]);
    expect(first?.headers['webhook-id']).not.toBe(received[1]?.headers['webhook-id']);
  });
});
