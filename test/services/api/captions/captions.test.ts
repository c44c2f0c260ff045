// The HTTP contract around a caption: posting, reading, following, and what operators see. Workers have a made-up model.
import { Caption, CaptionRecord } from '@caption-queue/contract/caption';
import { buildKeys } from '@caption-queue/redis/keys';
import { createHeartbeatWriter } from '@caption-queue/worker/heartbeat';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { readCaption, readProblem, startApi } from '../../../support/api/api.ts';
import { exchange } from '../../../support/api/raw-http.ts';
import { readEvents } from '../../../support/api/sse.ts';
import { apiForTests } from '../../../support/api/use-api.ts';
import { endWithTest } from '../../../support/end-with-test.ts';
import { readPhoto } from '../../../support/pictures/pictures.ts';
import { silentLogger } from '../../../support/pipeline/pipeline.ts';
import { redisIsAvailable } from '../../../support/redis/redis.ts';
import { useRedis } from '../../../support/redis/use-redis.ts';

const photo = readPhoto('flower.jpg');

describe.skipIf(!redisIsAvailable)('the API', () => {
  const redis = useRedis();

  const { start, work } = apiForTests(redis);

  it('turns a posted picture into a caption that can be polled', async () => {
    const api = await start();
    work(api);
    const response = await api.upload(photo, { beam_width: '2', max_length: '7' });
    expect(response.status).toBe(202);
    expect(response.headers.get('retry-after')).toBe('1');
    const accepted = await readCaption(response);
    expect(Value.Check(Caption, accepted)).toBe(true);
    expect(accepted.urls.self).toBe(response.headers.get('location'));
    expect(accepted.options).toEqual({ beam_width: 2, max_length: 7, alternatives: 3 });
    expect(accepted.input).toMatchObject({ media_type: 'image/jpeg', width: 640, height: 427 });
    expect(accepted.input?.sha256).toMatch(/^[0-9a-f]{64}$/);

    await readEvents(`${api.address}${accepted.urls.events}`);
    const done = await readCaption(await fetch(`${api.address}${accepted.urls.self}`));
    expect(Value.Check(Caption, done)).toBe(true);
    expect(done).toMatchObject({ status: 'succeeded', metrics: { feature_cache: 'miss' } });
    expect(done.output?.caption).toBe(done.output?.words.map(({ text }) => text).join(' '));
  });

  it('prefers options of the form to those of the query', async () => {
    const api = await start();
    const form = new FormData();
    form.append('image', new Blob([new Uint8Array(photo)]), 'a.jpg');
    form.append('beam_width', '4');
    const url = `${api.address}/v1/captions?beam_width=9&alternatives=1`;
    const caption = await readCaption(await fetch(url, { method: 'POST', body: form }));
    expect(caption.options).toEqual({ beam_width: 4, max_length: 20, alternatives: 1 });
  });

  it('begins links with PUBLIC_URL and answers to its name', async () => {
    const api = await start({ env: { PUBLIC_URL: 'https://captions.example.com/' } });
    const { urls } = await readCaption(await api.upload(photo));
    expect(urls.self).toMatch(/^https:\/\/captions\.example\.com\/v1\/captions\/cap_/);
    expect(urls.events).toBe(`${urls.self}/events`);
    expect(await statusUnder('captions.example.com', api.port)).toBe(200);
    expect(await statusUnder('other.example.com', api.port)).toBe(403);
  });

  describe('streams', () => {
    it('words in order and the record at the end, then closes', async () => {
      const api = await start();
      work(api);
      const { urls } = await readCaption(await api.upload(photo));
      const { events, ended } = await readEvents(`${api.address}${urls.events}`);
      expect(ended).toBe(true);
      const words = events.filter(({ event }) => event === 'word').map(({ data }) => data);
      expect(words.map(({ index }) => index)).toEqual(words.map((_, n) => n));
      const last = events.at(-1);
      expect(last?.event).toBe('completed');
      expect(Value.Check(CaptionRecord, last?.data)).toBe(true);
      const output = last?.data.output as { caption: string };
      expect(words.map(({ text }) => text).join(' ')).toBe(output.caption);
    });

    it('on from any event, without a gap and without a repetition', async () => {
      const api = await start();
      work(api);
      const { urls } = await readCaption(await api.upload(photo));
      const url = `${api.address}${urls.events}`;
      const { events: all } = await readEvents(url);
      expect(all.length).toBeGreaterThan(4);
      for (let seen = 1; seen < all.length; seen += 1) {
        const rest = await readEvents(url, { lastEventId: all[seen - 1]?.id ?? '' });
        expect(rest.events).toEqual(all.slice(seen));
      }
    });

    it('on for a client that was cut off again and again', async () => {
      const api = await start();
      const { urls } = await readCaption(await api.upload(photo));
      const url = `${api.address}${urls.events}`;
      const first = await readEvents(url, { stopAfter: 1 });
      work(api);
      const got = [...first.events];
      for (let ended = false; !ended; ) {
        const more = await readEvents(url, { lastEventId: got.at(-1)?.id ?? '', stopAfter: 1 });
        got.push(...more.events);
        ended = got.at(-1)?.event === 'completed';
      }
      expect(got).toEqual((await readEvents(url)).events);
    });

    it('nothing after the last event: 204', async () => {
      const api = await start();
      work(api);
      const { urls } = await readCaption(await api.upload(photo));
      const url = `${api.address}${urls.events}`;
      const { events } = await readEvents(url);
      const again = await readEvents(url, { lastEventId: events.at(-1)?.id ?? '' });
      expect(again).toMatchObject({ status: 204, events: [] });
    });

    it('comments while nothing happens', async () => {
      const api = await start({ heartbeatMs: 50 });
      const { urls } = await readCaption(await api.upload(photo));
      const { comments } = await readEvents(`${api.address}${urls.events}`, {
        stopAfterComments: 2,
      });
      expect(comments).toEqual([': heartbeat', ': heartbeat']);
    });

    it('until the service closes, without keeping it', async () => {
      const api = await startApi({ redisUrl: redis.url });
      const { urls } = await readCaption(await api.upload(photo));
      const following = readEvents(`${api.address}${urls.events}`);
      await readEvents(`${api.address}${urls.events}`, { stopAfter: 1 });
      await api.close();
      expect(await following).toMatchObject({ status: 200, ended: true });
    });

    it('and stops reading when the client is gone', async () => {
      let reading = 0;
      const api = await start();
      const { urls, id } = await readCaption(await api.upload(photo));
      const { streams } = api.queueSide;
      const watched = await start({
        streams: {
          hasEnded: streams.hasEnded,
          async *read(options) {
            reading += 1;
            try {
              yield* streams.read(options);
            } finally {
              reading -= 1;
            }
          },
        },
        store: api.queueSide.store,
      });
      expect(id).toBeDefined();
      await readEvents(`${watched.address}${urls.events}`, { stopAfter: 1 });
      await expect.poll(() => reading).toBe(0);
    });
  });

  it('refuses pictures while the queue is full, also before they are decoded, and accepts again', async () => {
    const api = await start({ env: { QUEUE_LIMIT: '2' } });
    const accepted = await Promise.all([api.upload(photo), api.upload(photo)]);
    expect(accepted.map(({ status }) => status)).toEqual([202, 202]);
    for (const body of [photo, Buffer.from('not even a picture')]) {
      const refused = await api.upload(body);
      expect(refused.headers.get('retry-after')).toBe('5');
      expect(await readProblem(refused)).toMatchObject({ status: 503, code: 'queue_full' });
    }
    work(api);
    for (const response of accepted) {
      const { urls } = await readCaption(response);
      await readEvents(`${api.address}${urls.events}`);
    }
    expect((await api.upload(photo)).status).toBe(202);
  });

  it('accepts exactly as many of many at once as the queue holds', async () => {
    const api = await start({ env: { QUEUE_LIMIT: '5' } });
    const answers = await Promise.all(Array.from({ length: 15 }, () => api.upload(photo)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 202)).toHaveLength(5);
    expect(statuses.filter((status) => status === 503)).toHaveLength(10);
    const { redis: connection, prefix } = api.queueSide;
    expect(await connection.zcard(buildKeys(prefix).active)).toBe(5);
  });

  it('answers 503 within 2.5 s while Redis is frozen, says so, and goes on afterwards', async () => {
    const api = await start();
    const { urls } = await readCaption(await api.upload(photo));
    await redis.pause();
    try {
      for (const ask of [
        () => api.upload(photo),
        () => fetch(`${api.address}${urls.self}`),
        () => fetch(`${api.address}${urls.events}`),
      ]) {
        const startMs = performance.now();
        const response = await ask();
        expect(performance.now() - startMs).toBeLessThan(2_500);
        expect(await readProblem(response)).toMatchObject({
          status: 503,
          code: 'redis_unavailable',
        });
        expect(response.headers.get('retry-after')).toBe('5');
      }
      const ready = await fetch(`${api.address}/readyz`);
      expect(ready.status).toBe(503);
      expect(await ready.json()).toMatchObject({
        status: 'unavailable',
        checks: { redis: { ok: false } },
      });
      expect((await fetch(`${api.address}/livez`)).status).toBe(200);
      expect((await fetch(`${api.address}/metrics`)).status).toBe(200);
    } finally {
      await redis.resume();
    }
    await expect.poll(async () => (await api.upload(photo)).status, { timeout: 10_000 }).toBe(202);
  });

  it('says which stages have workers, and why one refuses', async () => {
    const api = await start();
    const { redis: connection, prefix } = api.queueSide;
    const readiness = async () => (await fetch(`${api.address}/readyz`)).json();
    expect(await readiness()).toMatchObject({
      status: 'degraded',
      checks: { redis: { ok: true }, encode: { ok: false }, decode: { ok: false } },
    });
    const beats = (stage: 'encode' | 'decode') =>
      endWithTest(
        createHeartbeatWriter({
          redis: connection,
          prefix,
          stage,
          engine: 'fake',
          logger: silentLogger,
        }),
      );
    const [encoder, decoder] = [beats('encode'), beats('decode')];
    const model = {
      name: 'fake',
      version: '1',
      bundleHash: 'b',
      graphHash: 'g',
      precision: 'int8' as const,
    };
    encoder.update({ state: 'ready', model });
    await decoder.refuse('decoder/weights.bin has the wrong hash.');
    expect(await readiness()).toMatchObject({
      status: 'degraded',
      checks: {
        encode: { ok: true, detail: null, workers: { ready: 1 } },
        decode: { ok: false, detail: 'decoder/weights.bin has the wrong hash.' },
      },
    });
    const second = beats('decode');
    second.update({ state: 'ready', model });
    expect(await readiness()).toMatchObject({ status: 'ok' });
    expect(await (await fetch(`${api.address}/info`)).json()).toMatchObject({
      version: '0.0.0-test',
      model,
      limits: { max_pixels: 100_000_000, queue_limit: 2_000 },
    });
  });

  it('measures requests by route, not by address', async () => {
    const api = await start();
    const { urls } = await readCaption(await api.upload(photo));
    await fetch(`${api.address}${urls.self}`);
    await fetch(`${api.address}/nothing/${'x'.repeat(50)}`);
    const text = await (await fetch(`${api.address}/metrics`)).text();
    const lines = text.split('\n').filter((line) => !line.startsWith('#'));
    const find = (...parts: string[]) => lines.find((line) => parts.every((p) => line.includes(p)));
    const requests = find('cq_http_request_duration_seconds_count', '"/v1/captions/:id"', '"200"');
    expect(requests).toMatch(/ 1$/);
    expect(find('cq_queue_depth', '"encode"', '"waiting"')).toMatch(/ 1$/);
    expect(lines.filter((line) => /cap_|xxxxx/.test(line))).toEqual([]);
  });

  it('describes itself', async () => {
    const api = await start();
    const document = (await (await fetch(`${api.address}/openapi.json`)).json()) as {
      openapi: string;
      paths: Record<
        string,
        Record<string, { responses: object; requestBody?: { content: object } }>
      >;
    };
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([
        '/info',
        '/livez',
        '/readyz',
        '/v1/captions',
        '/v1/captions/{id}',
        '/v1/captions/{id}/cancel',
        '/v1/captions/{id}/events',
      ]),
    );
    const create = document.paths['/v1/captions']?.post;
    expect(Object.keys(create?.requestBody?.content ?? {}).sort()).toEqual(
      ['application/json', 'application/octet-stream', 'image/*', 'multipart/form-data'].sort(),
    );
    expect(Object.keys(create?.responses ?? {})).toEqual(
      expect.arrayContaining(['202', '400', '413', '415', '422', '503']),
    );
  });
});

/** `fetch` does not let a caller choose the Host. @returns the status */
async function statusUnder(host: string, port: number): Promise<number> {
  const answer = await exchange(port, (socket) => {
    socket.write(`GET /info HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  });
  return answer.status;
}
