// A call whose answer is lost on the way is repeated; what the first try did is no failure of the second.

import { type CaptionClient, createCaptionClient } from '@caption-queue/client/caption-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTcpProxy, type TcpProxy } from '../faults/harness/tcp-proxy.ts';
import { useApi } from '../support/api/use-api.ts';
import { readPhoto } from '../support/pictures/pictures.ts';
import { createWorkerSide } from '../support/pipeline/pipeline.ts';
import { redisIsAvailable } from '../support/redis/redis.ts';
import { useRedis } from '../support/redis/use-redis.ts';

const photo = readPhoto('cat.jpg');
/** An answer's status line and some of its headers. */
const SOME_BYTES = 100;
/** Longer than any header, shorter than an answer with a caption. */
const INTO_THE_BODY = 1_000;

describe.skipIf(!redisIsAvailable)('the client, when an answer is lost', () => {
  const redis = useRedis();
  const api = useApi(redis);
  let proxy: TcpProxy;
  /** Without a network that loses anything. */
  let direct: CaptionClient;

  beforeAll(async () => {
    proxy = await startTcpProxy(Number(new URL(api.address).port));
    direct = createCaptionClient({ baseUrl: api.address });
  });
  afterAll(() => proxy?.close());

  /** Its connection to the service breaks after the service has done what the first try asked. */
  function cutOff(keptBytes: number): CaptionClient {
    proxy.loseAnswers(1, keptBytes);
    return createCaptionClient({ baseUrl: `http://127.0.0.1:${proxy.port}` });
  }

  /** The first of its tries is answered by a proxy that has lost the service's answer, or the request. */
  function behindProxy(status: number, options: { lose: 'answer' | 'request' }): CaptionClient {
    let tries = 0;
    return createCaptionClient({
      baseUrl: api.address,
      fetch: async (url, init) => {
        tries += 1;
        if (tries > 1) return fetch(url, init);
        if (options.lose === 'answer') await fetch(url, init);
        return new Response('<h1>Bad gateway</h1>', { status });
      },
    });
  }

  async function endedCaption(): Promise<string> {
    const workers = createWorkerSide({ url: redis.url, prefix: api.queueSide.prefix });
    const { id } = await direct.caption(photo, { fresh: true });
    await workers.stop();
    return id;
  }

  const ways: [string, () => CaptionClient][] = [
    ['a reset', () => cutOff(0)],
    ['an end within the headers', () => cutOff(SOME_BYTES)],
    ['a 502 of a proxy', () => behindProxy(502, { lose: 'answer' })],
    ['a 503 of a proxy', () => behindProxy(503, { lose: 'answer' })],
    ['a 504 of a proxy', () => behindProxy(504, { lose: 'answer' })],
  ];
  const intoTheBody: [string, () => CaptionClient] = [
    'an end within the body',
    () => cutOff(INTO_THE_BODY),
  ];

  describe.each([...ways, intoTheBody])('to %s', (_way, losing) => {
    it('has canceled what it canceled', async () => {
      const { id } = await direct.create(photo, { fresh: true });
      expect(await losing().cancel(id)).toEqual(await direct.get(id));
      expect(await direct.get(id)).toMatchObject({ status: 'canceled' });
    });

    it('creates one caption of one call, and answers it', async () => {
      const before = await direct.list({ limit: 100 });
      const { id } = await losing().create(photo, { fresh: true });
      const { data } = await direct.list({ limit: 100 });
      expect(data.length).toBe(before.data.length + 1);
      expect(data[0]?.id).toBe(id);
    });

    it('asks again', async () => {
      const { id } = await direct.create(photo, { fresh: true });
      expect(await losing().get(id)).toMatchObject({ id });
      expect((await losing().list({ limit: 2 })).data[0]).toMatchObject({ id });
    });
  });

  it.each(ways)('to %s has deleted what it deleted', async (_way, losing) => {
    const { id } = await direct.create(photo, { fresh: true });
    await losing().delete(id);
    await expect(direct.get(id)).rejects.toMatchObject({ problem: { code: 'caption_gone' } });
  });

  it('asks again for a refusal that broke off', async () => {
    const { id } = await direct.create(photo, { fresh: true });
    await direct.cancel(id);
    let tries = 0;
    const client = createCaptionClient({
      baseUrl: api.address,
      fetch: async (url, init) => {
        tries += 1;
        const response = await fetch(url, init);
        if (tries > 1) return response;
        await response.body?.cancel();
        const broken = new ReadableStream({
          pull: (controller) => controller.error(new TypeError('The connection broke.')),
        });
        return new Response(broken, { status: response.status });
      },
    });
    expect(await client.cancel(id)).toMatchObject({ id, status: 'canceled' });
    await client.delete(id);
  });

  it('has deleted what is not even remembered by the time that it asks again', async () => {
    const { id } = await direct.create(photo, { fresh: true });
    let tries = 0;
    const slow = createCaptionClient({
      baseUrl: api.address,
      fetch: async (url, init) => {
        tries += 1;
        if (tries > 1) return fetch(String(url).replace(/.{4}$/, '0000'), init);
        await fetch(url, init);
        throw new TypeError('The connection broke.');
      },
    });
    await slow.delete(id);
    expect(tries).toBe(2);
  });

  describe('says what stands against a repeated', () => {
    it('cancel of a caption that has succeeded', async () => {
      const id = await endedCaption();
      const client = behindProxy(502, { lose: 'request' });
      await expect(client.cancel(id)).rejects.toMatchObject({ problem: { code: 'caption_ended' } });
    });

    it('cancel of a caption that was deleted', async () => {
      const { id } = await direct.create(photo, { fresh: true });
      await direct.delete(id);
      const client = behindProxy(502, { lose: 'request' });
      await expect(client.cancel(id)).rejects.toMatchObject({ problem: { code: 'caption_gone' } });
    });
  });

  describe('says what stands against the first', () => {
    it('cancel of a caption that was canceled, and deletion of one that was deleted', async () => {
      const { id } = await direct.create(photo, { fresh: true });
      await direct.cancel(id);
      await expect(direct.cancel(id)).rejects.toMatchObject({ problem: { code: 'caption_ended' } });
      await direct.delete(id);
      await expect(direct.delete(id)).rejects.toMatchObject({ problem: { code: 'caption_gone' } });
      const unknown = id.replace(/.{4}$/, '0000');
      await expect(direct.delete(unknown)).rejects.toMatchObject({
        problem: { code: 'not_found' },
      });
    });

    it('try that was let in, after others that were refused before anything was done', async () => {
      const { id } = await direct.create(photo, { fresh: true });
      await direct.delete(id);
      const limited = behindProxy(429, { lose: 'request' });
      await expect(limited.delete(id)).rejects.toMatchObject({ problem: { code: 'caption_gone' } });
    });
  });
});
