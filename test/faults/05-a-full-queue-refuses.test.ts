// Promise 5: a full queue answers 503 (429 to a tenant that has its share) with Retry-After; it never accepts and then drops.
import { describe, expect, it } from 'vitest';
import { redisIsAvailable } from '../support/redis/redis.ts';
import { post, untilEnded } from './harness/client.ts';
import { startCluster } from './harness/cluster.ts';
import { smallPhotos } from './harness/pictures.ts';
import { settings } from './harness/settings.ts';

const LIMIT = 12;
const TENANT_LIMIT = 8;

describe.skipIf(!redisIsAvailable)('three times as many uploads as the queue holds', () => {
  it.each([
    ['the queue', { env: {}, room: LIMIT, code: 'queue_full', status: 503 }],
    [
      'a tenant’s share',
      {
        env: { TENANT_QUEUE_LIMIT: String(TENANT_LIMIT) },
        room: TENANT_LIMIT,
        code: 'tenant_queue_full',
        status: 429,
      },
    ],
  ])(
    'fill %s, the rest is told to come again, and all that was accepted ends',
    {
      timeout: settings.timeoutMs,
    },
    async (_part, { env, room, code, status }) => {
      const cluster = await startCluster({ env: { QUEUE_LIMIT: String(LIMIT), ...env } });
      try {
        const [picture] = (await smallPhotos(1)) as [Uint8Array];
        // More at a time would wait for an imaging process, and be refused for that.
        const answers: Response[] = [];
        for (let round = 0; round < 3; round += 1) {
          const lanes = Array.from({ length: LIMIT }, () => post(cluster.url, { picture }));
          answers.push(...(await Promise.all(lanes)));
        }
        const accepted = answers.filter((answer) => answer.status === 202);
        const refused = answers.filter((answer) => answer.status !== 202);
        expect(accepted).toHaveLength(room);
        for (const answer of refused) {
          expect(answer.status).toBe(status);
          expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
          expect(await answer.json()).toMatchObject({ code });
        }
        await Promise.all([cluster.add('encoder-worker'), cluster.add('decoder-worker')]);
        for (const answer of accepted) {
          const { id } = (await answer.json()) as { id: string };
          expect((await untilEnded(cluster.url, id)).status).toBe('succeeded');
        }
        expect((await post(cluster.url, { picture })).status).toBe(202);
      } finally {
        await cluster.stop();
      }
    },
  );
});
