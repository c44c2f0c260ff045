// Holds what is in Redis to the model: nothing lost, nothing twice, nothing back from the dead.
import { buildKeys } from '@caption-queue/redis/keys';
import { expect } from 'vitest';
import type { QueueSide } from '../../support/pipeline/pipeline.ts';
import { type CaptionModel, isInWork, type Model } from './model.ts';

const terminalEvents = new Set(['completed', 'failed', 'canceled', 'expired']);

/** @throws what `expect` throws at the first difference */
export async function checkInvariants(
  { captions }: Model,
  { redis, prefix }: Pick<QueueSide, 'redis' | 'prefix'>,
): Promise<void> {
  const keys = buildKeys(prefix);
  const inWork = captions.filter(isInWork).map(({ id }) => id);
  expect((await redis.zrange(keys.active, 0, -1)).sort()).toEqual(inWork.sort());
  const records = await redis.keys(`${prefix}:caption:*`);
  expect(records.length).toBe(captions.filter(({ deleted }) => !deleted).length);
  const finished = Number((await redis.hget(keys.counts, 'finished_interactive')) ?? 0);
  expect(finished).toBe(captions.filter((caption) => !isInWork(caption)).length);
  for (const caption of captions) await checkOne(caption);

  async function checkOne(caption: CaptionModel): Promise<void> {
    const { id, status, stage, dispatch, fence, claims, deleted } = caption;
    const working = isInWork(caption);
    const [hash, pixels, features, events] = await Promise.all([
      redis.hgetall(keys.caption(id)),
      redis.exists(keys.pixels(id)),
      redis.exists(keys.features(id)),
      redis.xrange(keys.events(id), '-', '+'),
    ]);
    const ends = events.filter(([, fields]) => terminalEvents.has(fields[1] ?? '')).length;
    expect(ends, `ends of ${id}`).toBe(working || deleted ? 0 : 1);
    expect([pixels, features], `what a worker needs of ${id}`).toEqual([
      Number(working),
      Number(working && stage === 'decode'),
    ]);
    if (deleted) {
      expect(hash).toEqual({});
      return;
    }
    expect(hash).toMatchObject({
      id,
      status,
      dispatch: String(dispatch),
      fence: String(fence),
      claims_encode: String(claims.encode),
      claims_decode: String(claims.decode),
    });
    if (working) expect(hash.stage).toBe(stage);
    else expect(hash.completed_at).toMatch(/^\d+$/);
  }
}
