// Looks into the durable Redis after a run: whether each caption ended once, and left nothing but its record behind.
import { buildKeys } from '@caption-queue/redis/keys';
import { Redis } from 'ioredis';
import type { Cluster } from './cluster.ts';

const terminalEvents = new Set(['completed', 'failed', 'canceled', 'expired']);

export async function inspectRecords(
  { redis: { url }, prefix }: Pick<Cluster, 'redis' | 'prefix'>,
  ids: readonly string[],
): Promise<{ endedTwice: string[]; leftovers: string[] }> {
  const redis = new Redis(url);
  const keys = buildKeys(prefix);
  const endedTwice: string[] = [];
  const leftovers: string[] = [];
  try {
    for (const id of ids) {
      const events = await redis.xrange(keys.events(id), '-', '+');
      const ends = events.filter(([, fields]) => terminalEvents.has(fields[1] ?? ''));
      if (ends.length !== 1) endedTwice.push(id);
      const left = await redis.exists(keys.pixels(id), keys.features(id));
      const inWork = await redis.zscore(keys.active, id);
      if (left > 0 || inWork !== null) leftovers.push(id);
    }
    return { endedTwice, leftovers };
  } finally {
    redis.disconnect();
  }
}
