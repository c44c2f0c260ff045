// Pictures in JSON are taken like uploads: the same limits, repeats and answers.
import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { readCaption, readProblem, type TestApi } from '../../../support/api/api.ts';
import { apiForTests, useApi } from '../../../support/api/use-api.ts';
import { readPhoto } from '../../../support/pictures/pictures.ts';
import { redisIsAvailable } from '../../../support/redis/redis.ts';
import { useRedis } from '../../../support/redis/use-redis.ts';

const photo = readPhoto('cat.jpg');
const base64 = photo.toString('base64');
const dataUrl = `data:image/jpeg;base64,${base64}`;
const MAX_UPLOAD_BYTES = 50_000;

describe.skipIf(!redisIsAvailable)('a picture in JSON', () => {
  const redis = useRedis();
  const env = { MAX_UPLOAD_BYTES: String(MAX_UPLOAD_BYTES) };
  const api = useApi(redis, { env });
  const { start, work } = apiForTests(redis, { env });

  const post = (
    { address }: Pick<TestApi, 'address'>,
    body: unknown,
    headers: Record<string, string> = {},
    path = '/v1/captions',
  ) =>
    fetch(address + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });

  it.each([
    ['base64', { image: base64 }],
    ['a data: URL', { image: dataUrl }],
    ['a data: URL where an address would stand', { image_url: dataUrl }],
    ['base64 with what else is said of it', { image: base64, metadata: { a: 'b' }, beam_width: 2 }],
  ])('is taken as %s', async (_kind, body) => {
    const answer = await post(api, body);
    expect(answer.status).toBe(202);
    const { input } = await readCaption(answer);
    expect(input).toEqual((await readCaption(await api.upload(photo))).input);
  });

  it('is taken with slashes escaped, as PHP writes them', async () => {
    const body = JSON.stringify({ image: dataUrl }).replaceAll('/', '\\/');
    expect((await post(api, body)).status).toBe(202);
  });

  it('may be as large as an upload, however it is written', async () => {
    // Behind its end a JPEG may have anything.
    const rest = Buffer.alloc(MAX_UPLOAD_BYTES - photo.length, 'A');
    const lines = Buffer.concat([photo, rest]).toString('base64').replace(/.{76}/g, '$&\r\n');
    const body = JSON.stringify({ image: lines }).replaceAll('/', '\\/');
    expect((await post(api, body)).status).toBe(202);
  });

  it('is one request with its upload, under one Idempotency-Key', async () => {
    const headers = { 'idempotency-key': 'inline' };
    const first = await readCaption(await post(api, { image: base64 }, headers));
    expect((await readCaption(await post(api, { image_url: dataUrl }, headers))).id).toBe(first.id);
    const form = new FormData();
    form.append('image', new Blob([new Uint8Array(photo)]), 'picture');
    const url = `${api.address}/v1/captions`;
    const uploaded = await fetch(url, { method: 'POST', headers, body: form });
    expect((await readCaption(uploaded)).id).toBe(first.id);
    const other = { image: readPhoto('flower.jpg').toString('base64') };
    expect(await readProblem(await post(api, other, headers))).toMatchObject({
      code: 'idempotency_conflict',
    });
  });

  it('gets the caption of the same pixels', async () => {
    const own = await start();
    work(own);
    const said = async (answer: Promise<Response>) =>
      (await readCaption(await answer)).output?.caption;
    const wait = { prefer: 'wait=20' };
    const first = await said(post(own, { image: base64 }, wait));
    expect(first).toMatch(/^picture number/);
    expect(await said(post(own, { image_url: dataUrl }, wait))).toBe(first);
  });

  it.each([
    ['no base64', 400, 'invalid_base64', { image: 'a picture!' }],
    ['a data: URL of another kind', 400, 'invalid_base64', { image_url: 'data:,Hello' }],
    ['nothing', 422, 'empty_upload', { image: '' }],
    ['no picture', 415, 'unsupported_image', { image: Buffer.from('hello').toString('base64') }],
    ['two pictures', 400, 'validation_failed', { image: base64, image_url: 'https://a.b/c' }],
    ['no picture at all', 400, 'validation_failed', { beam_width: 2 }],
    ['a list', 400, 'validation_failed', { image: [base64] }],
    ['a byte too many', 413, 'payload_too_large', { image: zeros(MAX_UPLOAD_BYTES + 1) }],
    ['far too many bytes', 413, 'payload_too_large', { image: zeros(2 * MAX_UPLOAD_BYTES) }],
    ['too much beside it', 413, 'payload_too_large', { image: '', a: Array(9_000).fill(1) }],
  ])('is refused as %s', async (_what, status, code, body) => {
    const answer = await post(api, body);
    expect(await readProblem(answer)).toMatchObject({ status, code });
  });

  it('is refused before it is sent, where it says that it is too large', async () => {
    const status = await new Promise((resolve, reject) => {
      const asked = request(`${api.address}/v1/captions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': 10_000_000 },
      });
      asked.on('response', ({ statusCode }) => {
        resolve(statusCode);
        asked.destroy();
      });
      asked.on('error', reject);
      asked.flushHeaders();
    });
    expect(status).toBe(413);
  });

  it('is one of many in a batch, and fails alone', async () => {
    const images = [base64, 'no base64!', dataUrl];
    const answer = await post(api, { images, beam_width: 2 }, {}, '/v1/batches');
    expect(answer.status).toBe(202);
    const { urls, counts } = (await answer.json()) as {
      urls: { results: string };
      counts: { total: number; failed: number };
    };
    expect(counts).toMatchObject({ total: 3, failed: 1 });
    const results = await (await fetch(api.address + urls.results)).text();
    const lines = results
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ error, input }) => error?.code ?? input.media_type)).toEqual([
      'image/jpeg',
      'invalid_base64',
      'image/jpeg',
    ]);
    const inline = { image_urls: [dataUrl, 'https://a.example/b.jpg'] };
    expect((await post(api, inline, {}, '/v1/batches')).status).toBe(202);
    const both = { images, image_urls: images };
    expect((await post(api, both, {}, '/v1/batches')).status).toBe(400);
  });
});

function zeros(bytes: number): string {
  return Buffer.alloc(bytes).toString('base64');
}
