// The list of captions through HTTP: order, pages, filter, and whose they are.
import { CaptionPage } from '@caption-queue/contract/caption';
import { buildKeys } from '@caption-queue/redis/keys';
import { Value } from 'typebox/value';
import { beforeEach, describe, expect, it } from 'vitest';
import type { TestApi } from '../../../support/api/api.ts';
import { apiForTests } from '../../../support/api/use-api.ts';
import {
  createWorkerSide,
  defaultOptions,
  fakeInput,
  flatPixels,
} from '../../../support/pipeline/pipeline.ts';
import { redisIsAvailable } from '../../../support/redis/redis.ts';
import { useRedis } from '../../../support/redis/use-redis.ts';

describe.skipIf(!redisIsAvailable)('the list of captions', () => {
  const redis = useRedis();
  const { start } = apiForTests(redis);
  let api: TestApi;
  beforeEach(async () => {
    api = await start();
  });

  async function list(query = ''): Promise<CaptionPage> {
    const answer = await fetch(`${api.address}/v1/captions${query}`);
    expect(answer.status).toBe(200);
    const page = (await answer.json()) as CaptionPage;
    expect(Value.Check(CaptionPage, page)).toBe(true);
    return page;
  }

  async function post(count: number, tenant = 'default'): Promise<string[]> {
    const ids: string[] = [];
    for (let value = 0; value < count; value += 1) {
      const upload = { tenant, input: fakeInput, options: defaultOptions };
      ids.push((await api.queueSide.store.create({ ...upload, pixels: flatPixels(value) })).id);
    }
    // In the same millisecond only chance orders ids, but it orders them the same way everywhere.
    return ids.sort().reverse();
  }

  const idsOf = (page: CaptionPage) => page.data.map(({ id }) => id);

  it('is empty, and then has the newest first', async () => {
    expect(await list()).toEqual({ data: [], next_cursor: null });
    const ids = await post(5);
    const page = await list();
    expect(idsOf(page)).toEqual(ids);
    expect(page.data[0]?.urls.self).toBe(`/v1/captions/${ids[0]}`);
    expect(page.next_cursor).toBeNull();
  });

  it('comes in pages that meet without a gap, also when new captions come between', async () => {
    const ids = await post(7);
    const first = await list('?limit=3');
    await post(2);
    const second = await list(`?limit=3&cursor=${first.next_cursor}`);
    const third = await list(`?limit=3&cursor=${second.next_cursor}`);
    expect([first, second, third].flatMap(idsOf)).toEqual(ids);
    expect(third.next_cursor).toBeNull();
  });

  it('has one status when asked, and follows each change', async () => {
    const [newest = '', middle = '', oldest = ''] = await post(3);
    const { store, untilEnded, prefix } = api.queueSide;
    await store.cancel({ captionId: middle, tenant: 'default' });
    expect(idsOf(await list('?status=queued'))).toEqual([newest, oldest]);
    expect(idsOf(await list('?status=canceled'))).toEqual([middle]);
    expect(idsOf(await list('?status=queued&limit=1'))).toEqual([newest]);
    expect(idsOf(await list(`?status=queued&cursor=${newest}`))).toEqual([oldest]);
    const workers = createWorkerSide({ url: redis.url, prefix });
    await Promise.all([untilEnded(newest), untilEnded(oldest)]);
    await workers.stop();
    expect(idsOf(await list('?status=queued'))).toEqual([]);
    expect(idsOf(await list('?status=succeeded'))).toEqual([newest, oldest]);
    expect(idsOf(await list())).toEqual([newest, middle, oldest]);
    await store.delete({ captionId: newest, tenant: 'default' });
    expect(idsOf(await list('?status=succeeded'))).toEqual([oldest]);
  });

  it('leaves out what retention has deleted before the list was tidied', async () => {
    const [newest = '', oldest = ''] = await post(2);
    await api.queueSide.redis.del(buildKeys(api.queueSide.prefix).caption(newest));
    const page = await list('?limit=1');
    expect(page.data).toEqual([]);
    expect(idsOf(await list(`?cursor=${page.next_cursor}`))).toEqual([oldest]);
  });

  it('shows a tenant its own captions only, however names begin', async () => {
    const own = await post(1);
    for (const tenant of ['defaul', 'default2', 'default-x']) await post(2, tenant);
    expect(idsOf(await list())).toEqual(own);
    expect(idsOf(await list('?status=queued'))).toEqual(own);
  });

  it.each([['limit=0'], ['limit=101'], ['limit=two'], ['cursor=5'], ['status=done'], ['page=2']])(
    'refuses %s',
    async (query) => {
      const answer = await fetch(`${api.address}/v1/captions?${query}`);
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ code: 'validation_failed' });
    },
  );
});
