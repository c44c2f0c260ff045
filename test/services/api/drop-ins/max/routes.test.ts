// The drop-in for IBM MAX, asked as its clients ask.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startApi, type TestApi } from '../../../../support/api/api.ts';
import { useApi } from '../../../../support/api/use-api.ts';
import { readPhoto } from '../../../../support/pictures/pictures.ts';
import {
  createQueueSide,
  createWorkerSide,
  type QueueSide,
  soon,
  type WorkerSide,
} from '../../../../support/pipeline/pipeline.ts';
import { redisIsAvailable } from '../../../../support/redis/redis.ts';
import { useRedis } from '../../../../support/redis/use-redis.ts';

const photo = readPhoto('astronaut.jpg');
const WRONG_TYPE = {
  message: 'Invalid file type/extension. Please provide an image in JPEG or PNG format.',
};

/** The three sentences that the made-up model says of every picture. */
const sentences = ['a man in a suit', 'a man in a space suit', 'a person in a suit'];
const logProbs = [-2, -3, -4.5];

describe.skipIf(!redisIsAvailable)('the MAX drop-in', () => {
  const redis = useRedis();
  const api = useApi(redis);
  let workers: WorkerSide;
  const asked: unknown[] = [];
  beforeAll(async () => {
    workers = createWorkerSide({
      url: redis.url,
      prefix: api.queueSide.prefix,
      generate: async ({ options }) => {
        asked.push(options);
        return {
          words: [{ text: 'a', logProb: -0.5 }],
          alternatives: sentences.map((caption, i) => ({
            caption,
            logProb: logProbs[i] as number,
          })),
        };
      },
    });
  });
  afterAll(async () => {
    await workers?.stop();
  });

  function predict(
    bytes: Uint8Array,
    { type = 'image/jpeg', name = 'photo.jpg', field = 'image' } = {},
    { address } = api,
    signal: AbortSignal | null = null,
  ) {
    const form = new FormData();
    form.append(field, new Blob([new Uint8Array(bytes)], { type }), name);
    return fetch(`${address}/model/predict`, { method: 'POST', body: form, signal });
  }

  it('answers 28 posts at once with three captions each, best first, in MAX’s exact shape', async () => {
    const answers = await Promise.all(Array.from({ length: 28 }, () => predict(photo)));
    expect(answers.map(({ status }) => status)).toEqual(Array(28).fill(200));
    for (const answer of answers) {
      expect(answer.headers.get('content-type')).toBe('application/json');
      expect(await answer.json()).toEqual({
        status: 'ok',
        predictions: sentences.map((caption, i) => ({
          index: String(i),
          caption,
          probability: Math.exp(logProbs[i] as number),
        })),
      });
    }
    expect(asked[0]).toMatchObject({ beam_width: 3, max_length: 20, alternatives: 3 });
  });

  it('lists the captions by the number that it shows, where the model’s own order is another', async () => {
    const own = await startApi({ redisUrl: redis.url });
    const alternatives = [
      { caption: 'a person in a suit', logProb: -3 },
      { caption: 'a man', logProb: -2 },
      { caption: 'someone', logProb: -4 },
    ];
    const made = createWorkerSide({
      url: redis.url,
      prefix: own.queueSide.prefix,
      generate: async () => ({ words: [], alternatives }),
    });
    try {
      expect(await (await predict(photo, {}, own)).json()).toMatchObject({
        predictions: [
          { index: '0', caption: 'a man', probability: Math.exp(-2) },
          { index: '1', caption: 'a person in a suit', probability: Math.exp(-3) },
          { index: '2', caption: 'someone', probability: Math.exp(-4) },
        ],
      });
    } finally {
      await made.stop();
      await own.close();
    }
  });

  describe('while no worker is there', () => {
    let idle: TestApi;
    let side: QueueSide;
    beforeEach(async () => {
      idle = await startApi({ redisUrl: redis.url });
      side = await createQueueSide({ url: redis.url, prefix: idle.queueSide.prefix });
    });
    afterEach(async () => {
      await idle.close();
      await side.close();
    });

    const captions = async () =>
      (await side.store.list({ tenant: 'default', limit: 10 })).captions.map(
        ({ status, expires_at }) => ({ status, expires: expires_at !== null }),
      );

    it('takes a picture out of the queue whose client has gone', async () => {
      const patience = new AbortController();
      const answer = predict(photo, {}, idle, patience.signal);
      await expect.poll(captions, soon).toEqual([{ status: 'queued', expires: true }]);
      patience.abort();
      await expect(answer).rejects.toThrow();
      await expect.poll(captions, soon).toEqual([{ status: 'canceled', expires: true }]);
    });

    it('takes a picture out of the queue that it waits for no longer, and says so', async () => {
      const asked = predict(photo, {}, idle);
      await expect.poll(captions, soon).toEqual([{ status: 'queued', expires: true }]);
      await idle.close();
      const answer = await asked;
      expect(answer.status).toBe(503);
      expect(await answer.json()).toEqual({
        message: expect.stringContaining('taken out of the queue'),
      });
      expect(await captions()).toEqual([{ status: 'canceled', expires: true }]);
    });
  });

  it.each([
    { type: 'image/jpg' },
    { type: 'image/png' },
    { type: 'image/jpeg; charset=binary' },
    { name: 'static/img/images/MAX-photo.jpg' },
  ])('takes a part like %o', async (part) => {
    expect((await predict(photo, part)).status).toBe(200);
  });

  it('takes a part without a type, as Python’s requests sends it', async () => {
    const boundary = 'b0undary';
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n`;
    const answer = await fetch(`${api.address}/model/predict`, {
      method: 'POST',
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
      body: new Uint8Array(
        Buffer.concat([Buffer.from(head), photo, Buffer.from(`\r\n--${boundary}--\r\n`)]),
      ),
    });
    expect(answer.status).toBe(200);
  });

  it.each(['image/gif', 'application/octet-stream', 'text/plain'])(
    'refuses a part of the type %s in MAX’s words',
    async (type) => {
      const answer = await predict(photo, { type });
      expect(answer.status).toBe(400);
      expect(await answer.json()).toEqual(WRONG_TYPE);
    },
  );

  it('says the same of bytes that are no picture', async () => {
    const answer = await predict(Buffer.from('no picture at all'));
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual(WRONG_TYPE);
  });

  it.each([
    ['another field', () => predict(photo, { field: 'file' })],
    ['no body', () => fetch(`${api.address}/model/predict`, { method: 'POST' })],
    [
      'text in the field',
      () => {
        const form = new FormData();
        form.append('image', 'text');
        return fetch(`${api.address}/model/predict`, { method: 'POST', body: form });
      },
    ],
    [
      'a form without boundary',
      () =>
        fetch(`${api.address}/model/predict`, {
          method: 'POST',
          headers: { 'content-type': 'multipart/form-data' },
          body: 'x',
        }),
    ],
    [
      'JSON',
      () =>
        fetch(`${api.address}/model/predict`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{}',
        }),
    ],
  ])('says that the file is missing: %s', async (_case, ask) => {
    const answer = await ask();
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(await answer.json()).toEqual({
      errors: { image: 'An image file Missing required parameter in an uploaded file' },
      message: 'Input payload validation failed',
    });
  });

  it('answers a client that only looks whether it is there', async () => {
    expect((await fetch(`${api.address}/model/predict`)).status).toBe(405);
  });

  it('describes itself', async () => {
    const answer = await fetch(`${api.address}/model/metadata`);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(await answer.json()).toEqual({
      id: 'max-image-caption-generator',
      name: 'MAX Image Caption Generator',
      description: expect.stringContaining('caption-queue'),
      type: 'Image-to-Text Translation',
      source: `${api.address}/docs`,
      license: expect.any(String),
    });
  });

  it('has a Swagger 2.0 description under MAX’s title and content type', async () => {
    const answer = await fetch(`${api.address}/swagger.json`);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(await answer.json()).toMatchObject({
      swagger: '2.0',
      info: { title: 'MAX Image Caption Generator' },
      paths: { '/model/predict': { post: {} }, '/model/metadata': { get: {} } },
    });
  });

  it('asks for a key like everything else when keys are required', async () => {
    const locked = await startApi({ redisUrl: redis.url, env: { AUTH: 'required' } });
    try {
      for (const path of ['/model/metadata', '/swagger.json']) {
        const answer = await fetch(`${locked.address}${path}`);
        expect(answer.status, path).toBe(401);
        expect(await answer.json()).toEqual({ message: expect.stringContaining('key') });
      }
      const post = await fetch(`${locked.address}/model/predict`, { method: 'POST' });
      expect(post.status).toBe(401);
    } finally {
      await locked.close();
    }
  });
});
