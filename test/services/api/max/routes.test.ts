// The drop-in for IBM MAX, asked as its clients ask.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type TestApi } from '../../../support/api.ts';
import { readPhoto } from '../../../support/pictures.ts';
import { createWorkerSide, type WorkerSide } from '../../../support/pipeline.ts';
import { type RedisServer, redisIsAvailable, startRedis } from '../../../support/redis.ts';

const photo = readPhoto('astronaut.jpg');
const WRONG_TYPE = {
  message: 'Invalid file type/extension. Please provide an image in JPEG or PNG format.',
};

/** The three sentences that the made-up model says of every picture. */
const sentences = ['a man in a suit', 'a man in a space suit', 'a person in a suit'];
const logProbs = [-2, -3, -4.5];

describe.skipIf(!redisIsAvailable)('the MAX drop-in', () => {
  let redis: RedisServer;
  let api: TestApi;
  let workers: WorkerSide;
  const asked: unknown[] = [];
  beforeAll(async () => {
    redis = await startRedis();
    api = await startApi({ redisUrl: redis.url });
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
    await api?.close();
    await redis?.stop();
  });

  function predict(
    bytes: Uint8Array,
    { type = 'image/jpeg', name = 'photo.jpg', field = 'image' } = {},
  ) {
    const form = new FormData();
    form.append(field, new Blob([new Uint8Array(bytes)], { type }), name);
    return fetch(`${api.address}/model/predict`, { method: 'POST', body: form });
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
