// The client against the real API: what people write with it works.
import { type CaptionClient, createCaptionClient } from '@caption-queue/client/caption-client';
import { CaptionApiError } from '@caption-queue/client/request';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { useApi } from '../support/api/use-api.ts';
import { readPhoto } from '../support/pictures/pictures.ts';
import { createWorkerSide, generateFake, type WorkerSide } from '../support/pipeline/pipeline.ts';
import { redisIsAvailable } from '../support/redis/redis.ts';
import { useRedis } from '../support/redis/use-redis.ts';

const photo = readPhoto('astronaut.jpg');

describe.skipIf(!redisIsAvailable)('the client', () => {
  const redis = useRedis();
  const api = useApi(redis, { env: { AUTH: 'required' } });
  let workers: WorkerSide;
  let client: CaptionClient;
  let apiKey: string;
  /** While set, the made-up model waits for it. */
  let gate = Promise.resolve();

  beforeAll(async () => {
    workers = createWorkerSide({
      url: redis.url,
      prefix: api.queueSide.prefix,
      async generate(request) {
        await gate;
        return generateFake(request);
      },
    });
    ({ key: apiKey } = await api.apiKeys.create({
      tenant: 'shop',
      scopes: ['captions:read', 'captions:write'],
      name: '',
    }));
    client = createCaptionClient({ baseUrl: api.address, apiKey });
  });
  afterAll(async () => {
    await workers?.stop();
  });

  async function refusal(promise: Promise<unknown>): Promise<CaptionApiError> {
    const error = await promise.then(
      () => new Error('It was not refused.'),
      (reason: unknown) => reason,
    );
    if (!(error instanceof CaptionApiError)) throw error;
    return error;
  }

  it('turns a picture into its caption, with the options that were chosen', async () => {
    const caption = await client.caption(photo, {
      beam_width: 2,
      metadata: { order: 7 },
      webhook_events_filter: ['caption.failed', 'caption.expired'],
    });
    expect(caption).toMatchObject({
      status: 'succeeded',
      options: { beam_width: 2 },
      metadata: { order: 7 },
    });
    expect(caption.output?.caption).toMatch(/^picture number/);
  });

  it('waits for a caption that takes its time', async () => {
    let open = () => {};
    gate = new Promise((resolve) => {
      open = resolve;
    });
    const { id, status } = await client.create(new Blob([new Uint8Array(photo)]), { fresh: true });
    expect(status).toBe('queued');
    const waiting = client.wait(id);
    open();
    expect(await waiting).toMatchObject({ id, status: 'succeeded' });
  });

  it('streams each event once and in order, however often the connection breaks', async () => {
    const whole = [];
    const { id } = await client.create(photo, { fresh: true });
    for await (const event of client.stream(id)) whole.push(event);
    expect(whole.map(({ type }) => type)).toEqual([
      'status',
      'status',
      'status',
      'word',
      'word',
      'word',
      'completed',
    ]);

    for (const afterBytes of [20, 90, 150, 333]) {
      let connections = 0;
      const breaking = createCaptionClient({
        baseUrl: api.address,
        apiKey,
        fetch: async (url, init) => {
          connections += 1;
          const response = await fetch(url, init);
          return connections < 3 ? cutOff(response, afterBytes) : response;
        },
      });
      const events = [];
      for await (const event of breaking.stream(id)) events.push(event);
      expect(events, `cut after ${afterBytes} bytes`).toEqual(whole);
      expect(connections).toBe(3);
    }
  });

  it('goes on after the event that it is given', async () => {
    const { id } = await client.create(photo, { fresh: true });
    const ids = [];
    for await (const event of client.stream(id)) ids.push(event.id);
    const rest = [];
    const lastEventId = ids[2] as string;
    for await (const event of client.stream(id, { lastEventId })) rest.push(event.id);
    expect(rest).toEqual(ids.slice(3));
  });

  it('makes one caption of one call, even when the answer gets lost', async () => {
    const before = await client.list({ limit: 100 });
    let calls = 0;
    const forgetful = createCaptionClient({
      baseUrl: api.address,
      apiKey,
      fetch: async (url, init) => {
        calls += 1;
        const response = await fetch(url, init);
        if (calls === 1) throw new TypeError('The connection broke.');
        return response;
      },
    });
    const { id } = await forgetful.create(photo, { fresh: true });
    expect(calls).toBe(2);
    const { data } = await client.list({ limit: 100 });
    expect(data.length).toBe(before.data.length + 1);
    expect(data[0]?.id).toBe(id);
  });

  it('works on a page that came over plain HTTP, where browsers have no randomUUID', async () => {
    const getRandomValues = crypto.getRandomValues.bind(crypto);
    vi.stubGlobal('crypto', { getRandomValues });
    try {
      expect(await client.create(photo)).toHaveProperty('id');
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it('tries again when the service says so, and gives up in the end', async () => {
    const statuses = [503, 429, 200];
    let calls = 0;
    const fetchBusy: typeof fetch = async (url, init) => {
      const status = statuses[calls] ?? 200;
      calls += 1;
      if (status === 200) return fetch(url, init);
      return new Response('{"code":"queue_full","detail":"Full."}', {
        status,
        headers: { 'retry-after': '0.01' },
      });
    };
    const patient = createCaptionClient({ baseUrl: api.address, apiKey, fetch: fetchBusy });
    expect(await patient.list()).toHaveProperty('data');
    expect(calls).toBe(3);
    calls = 0;
    const hasty = createCaptionClient({
      baseUrl: api.address,
      apiKey,
      fetch: fetchBusy,
      retries: 1,
    });
    expect((await refusal(hasty.list())).problem).toMatchObject({ code: 'queue_full' });
    expect(calls).toBe(2);
  });

  it('cancels, deletes, and says that a deleted caption is gone', async () => {
    let open = () => {};
    gate = new Promise((resolve) => {
      open = resolve;
    });
    const { id } = await client.create(photo, { fresh: true });
    expect(await client.cancel(id)).toMatchObject({ id });
    expect(await client.wait(id)).toMatchObject({ status: 'canceled' });
    expect((await refusal(client.cancel(id))).problem.code).toBe('caption_ended');
    open();
    await client.delete(id);
    expect((await refusal(client.get(id))).problem.code).toBe('caption_gone');
  });

  it('says what was wrong, in the service’s words, with the id that its log has', async () => {
    const error = await refusal(client.create(Buffer.from('<html>')));
    expect(error.problem).toMatchObject({ status: 415, code: 'unsupported_image' });
    expect(error.message).toMatch(/^This is a web page/);
    expect(error.requestId).toMatch(/^[0-9a-f-]{36}$/);
    const anonymous = createCaptionClient({ baseUrl: `${api.address}/` });
    expect((await refusal(anonymous.list())).problem.code).toBe('unauthorized');
  });

  it('stops waiting when it is told to', async () => {
    let open = () => {};
    gate = new Promise((resolve) => {
      open = resolve;
    });
    const { id } = await client.create(photo, { fresh: true });
    const abort = new AbortController();
    const waiting = client.wait(id, { signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    open();
  });
});

/** The same answer, whose connection breaks after so many bytes. */
function cutOff(response: Response, afterBytes: number): Response {
  let left = afterBytes;
  const body = response.body?.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        controller.enqueue(chunk.subarray(0, left));
        left -= chunk.length;
        if (left <= 0) controller.error(new TypeError('The connection broke.'));
      },
    }),
  );
  return new Response(body ?? null, { status: response.status, headers: response.headers });
}
