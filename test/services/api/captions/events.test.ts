// Event streams through HTTP: cut anywhere and resumed, every way in which they end, and what many of them cost.
import { get, type IncomingMessage } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import type { CaptionEvent } from '@caption-queue/contract/events';
import { buildKeys } from '@caption-queue/redis/keys';
import { describe, expect, it } from 'vitest';
import type { TestApi } from '../../../support/api/api.ts';
import { readBytes, readEvents, type SseEvent, wholeEvents } from '../../../support/api/sse.ts';
import { apiForTests } from '../../../support/api/use-api.ts';
import { createRandom } from '../../../support/numbers/random.ts';
import {
  defaultOptions,
  fakeFeatures,
  fakeInput,
  flatPixels,
  soon,
} from '../../../support/pipeline/pipeline.ts';
import { redisIsAvailable } from '../../../support/redis/redis.ts';
import { useRedis } from '../../../support/redis/use-redis.ts';

const output = {
  caption: 'a b',
  confidence: null,
  alt_text: null,
  kind: null,
  kind_confidence: null,
  tags: [],
  alternatives: [],
  words: [],
};

describe.skipIf(!redisIsAvailable)('an event stream', () => {
  const redis = useRedis();

  const { start, work } = apiForTests(redis);

  const eventsUrl = (api: TestApi, id: string) => `${api.address}/v1/captions/${id}/events`;

  /** Has a caption worked on up to its decode stage. */
  async function claimDecode(api: TestApi, id: string, dispatch = 2) {
    const claim = await api.queueSide.store.claim({
      captionId: id,
      stage: 'decode',
      dispatch,
      bundleHash: 'bundle-a',
    });
    if (claim.kind !== 'claimed') throw new Error(`Not claimed: ${claim.kind}`);
    return claim.claim;
  }

  async function encode(api: TestApi, id: string): Promise<void> {
    const { store } = api.queueSide;
    const outcome = await store.claim({ captionId: id, stage: 'encode', dispatch: 1 });
    if (outcome.kind !== 'claimed') throw new Error(`Not claimed: ${outcome.kind}`);
    const { claim } = outcome;
    const rest = { featureCache: 'miss', encodeMs: 1, bundleHash: 'bundle-a' } as const;
    await store.handOver({ claim, features: fakeFeatures(claim.pixels), ...rest });
  }

  const word = (index: number, text: string) =>
    ({ type: 'word', data: { index, text, log_prob: -1 } }) as const;
  const draft = (caption: string) => ({ type: 'draft', data: { caption } }) as const;

  it('cut at random bytes and resumed yields each event once, in order', async () => {
    const api = await start();
    const { id } = await api.queueSide.post(1);
    const random = createRandom(20_260_101);
    work(api, {
      async generate({ onEvent }) {
        const words = Array.from({ length: 40 }, (_, n) => ({ text: `wörd${n}`, logProb: -1 }));
        for (const [index, { text, logProb }] of words.entries()) {
          onEvent({ type: 'draft', caption: `${text} und so weiter` });
          onEvent({ type: 'word', index, text, logProb });
          await new Promise((resolve) => setImmediate(resolve));
        }
        return { words, alternatives: [{ caption: 'x', logProb: -1 }] };
      },
    });

    const got: SseEvent[] = [];
    let cuts = 0;
    for (let ended = false; !ended; cuts += 1) {
      const lastEventId = got.at(-1)?.id;
      // Only the last event, the whole record, is longer than a few hundred bytes.
      const most = got.some(({ data }) => data.index === 39) ? 12_000 : 600;
      const bytes = Math.floor(random() * most);
      const text = await readBytes(eventsUrl(api, id), { lastEventId, bytes });
      got.push(...wholeEvents(text));
      ended = got.at(-1)?.event === 'completed';
    }
    const { events: all } = await readEvents(eventsUrl(api, id));
    expect(got).toEqual(all);
    expect(all.filter(({ event }) => event === 'word')).toHaveLength(40);
    expect(cuts).toBeGreaterThan(10);
  });

  it('says that another worker took over, and starts its words again', async () => {
    const api = await start();
    const { store, post } = api.queueSide;
    const { id } = await post(1);
    await encode(api, id);
    const first = await claimDecode(api, id);
    await store.appendEvents({ claim: first, events: [draft('a cat'), word(0, 'a')] });
    const second = await claimDecode(api, id);
    await store.appendEvents({ claim: second, events: [word(0, 'two')] });
    await store.succeed({
      claim: second,
      events: [],
      output,
      decodeMs: 1,
      model: { name: 'm', version: '1' },
    });
    const { events } = await readEvents(eventsUrl(api, id));
    const types: CaptionEvent['type'][] = [
      'status',
      'status',
      'status',
      'draft',
      'word',
      'restarted',
      'word',
      'completed',
    ];
    expect(events.map(({ event }) => event)).toEqual(types);
    const lastSeen = events[4]?.id ?? '';
    const rest = await readEvents(eventsUrl(api, id), { lastEventId: lastSeen });
    expect(rest.events).toEqual(events.slice(5));
  });

  it.each(['completed', 'failed', 'canceled', 'expired'] as const)(
    'ends with its own last event when %s, once: a reconnect gets 204, also after the stream is gone',
    async (last) => {
      const api = await start();
      const { store, redis: connection, prefix } = api.queueSide;
      const upload = { tenant: 'default', input: fakeInput, options: defaultOptions };
      const { id } = await store.create({
        ...upload,
        pixels: flatPixels(1),
        expiresInSeconds: 3_600,
      });
      const following = readEvents(eventsUrl(api, id));
      const keys = buildKeys(prefix);
      if (last === 'canceled') await store.cancel({ captionId: id, tenant: 'default' });
      else if (last === 'expired') {
        const past = Date.now() - 1;
        await connection.hset(keys.caption(id), 'expires_at', past);
        await connection.zadd(keys.deadlines, past, id);
        await store.expireDue({ nowMs: Date.now(), limit: 1 });
      } else {
        await encode(api, id);
        const claim = await claimDecode(api, id);
        const model = { name: 'm', version: '1' };
        if (last === 'completed')
          await store.succeed({ claim, events: [], output, decodeMs: 1, model });
        else await store.fail({ claim, error: { code: 'stage_failed', detail: 'no' } });
      }
      const { events, ended } = await following;
      expect(ended).toBe(true);
      expect(events.at(-1)?.event).toBe(last);
      expect(events.at(-1)?.data).toMatchObject({ id });
      const lastEventId = events.at(-1)?.id ?? '';
      const again = () => readEvents(eventsUrl(api, id), { lastEventId });
      expect(await again()).toMatchObject({ status: 204, events: [] });
      await connection.del(keys.events(id));
      expect(await again()).toMatchObject({ status: 204, events: [] });
      const late = await readEvents(eventsUrl(api, id), { lastEventId: events[0]?.id ?? '' });
      expect(late.events).toEqual(events.slice(-1));
    },
  );

  it('costs one Redis reader a process, however many of them are open', async () => {
    const api = await start();
    const { redis: connection, prefix, post, store } = api.queueSide;
    const captions = await Promise.all(Array.from({ length: 20 }, (_, n) => post(n)));
    const clients = async () =>
      ((await connection.client('LIST')) as string).trim().split('\n').length;
    const channels = async () => (await connection.pubsub('CHANNELS', `${prefix}:*`)) as string[];
    const before = await clients();
    const streams = await Promise.all(
      captions.flatMap(({ id }) =>
        Array.from({ length: 10 }, () => openStream(eventsUrl(api, id))),
      ),
    );
    expect(streams.map(({ statusCode }) => statusCode)).toEqual(Array(200).fill(200));
    await expect.poll(channels, soon).toHaveLength(20);
    expect(await clients()).toBe(before);
    const subscribers = (await connection.pubsub('NUMSUB', ...(await channels()))) as unknown[];
    expect(subscribers.filter((_, index) => index % 2 === 1)).toEqual(Array(20).fill(1));

    await Promise.all(captions.map(({ id }) => store.cancel({ captionId: id, tenant: 'default' })));
    const texts = await Promise.all(streams.map(readText));
    for (const received of texts) expect(wholeEvents(received).at(-1)?.event).toBe('canceled');
    await expect.poll(channels, soon).toEqual([]);
  });
});

/** Opens a stream. @returns it, once its headers are there */
function openStream(url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, resolve).on('error', reject);
  });
}
