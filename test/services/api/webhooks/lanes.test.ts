// No receiver holds up the deliveries of another.
import { describe, expect, it } from 'vitest';
import { redisIsAvailable } from '../../../support/redis/redis.ts';
import { useRedis } from '../../../support/redis/use-redis.ts';
import { tenant, useWebhooks } from '../../../support/webhooks/use-webhooks.ts';
import { answerNever, endedCaption } from '../../../support/webhooks/webhooks.ts';

describe.skipIf(!redisIsAvailable)('webhooks', () => {
  const server = useRedis();
  const setUp = useWebhooks(server);

  it('of a dead receiver never delay those of another', async () => {
    const { delivering, receiver, endpoints } = await setUp({ webhooks: { timeoutMs: 5_000 } });
    const dead = await receiver(answerNever);
    const alive = await receiver();
    await endpoints.create(tenant, { url: dead.url });
    // More than this process attempts at once.
    for (let n = 0; n < 150; n += 1) await delivering.addEvent(endedCaption());
    await dead.until(4);
    const startMs = Date.now();
    await delivering.addEvent(endedCaption('failed', { webhook: alive.url }));
    const [received] = await alive.until(1);
    expect((received?.atMs ?? 0) - startMs).toBeLessThan(2_000);
    expect(dead.mostAtOnce).toBeLessThanOrEqual(4);
    expect(dead.received.length).toBeLessThan(10);
  });

  it('go to one receiver at most four at a time, and all get there', async () => {
    const { delivering, receiver, endpoint } = await setUp();
    const slow = await receiver((_q, response) => void setTimeout(() => response.end(), 20));
    await endpoint(slow.url);
    await Promise.all(Array.from({ length: 40 }, () => delivering.addEvent(endedCaption())));
    await slow.until(40);
    expect(slow.mostAtOnce).toBeGreaterThan(1);
    expect(slow.mostAtOnce).toBeLessThanOrEqual(4);
    expect(new Set(slow.received.map(({ headers }) => headers['webhook-id'])).size).toBe(40);
  });
});
