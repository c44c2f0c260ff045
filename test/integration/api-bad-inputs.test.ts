// Every bad input has its documented answer, as a problem, and the service lives on.
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { buildKeys } from '@caption-queue/contract/keys';
import { Problem } from '@caption-queue/contract/problems';
import sharp from 'sharp';
import { Value } from 'typebox/value';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCaption, readProblem, startApi, type TestApi } from '../support/api.ts';
import {
  animatedGif,
  cutEnd,
  flipByte,
  notPictures,
  pngClaiming,
  profileBomb,
  readPhoto,
  textBomb,
  withChunks,
} from '../support/pictures.ts';
import { exchange, type RawAnswer } from '../support/raw-http.ts';
import { type RedisServer, redisIsAvailable, startRedis } from '../support/redis.ts';

const MAX_UPLOAD_BYTES = 1_000_000;
const photo = readPhoto('cat.jpg');

describe.skipIf(!redisIsAvailable)('the API answers', () => {
  let redis: RedisServer;
  let api: TestApi;
  beforeAll(async () => {
    redis = await startRedis();
    api = await startApi({
      redisUrl: redis.url,
      env: { MAX_UPLOAD_BYTES: String(MAX_UPLOAD_BYTES) },
      requestTimeoutMs: 1_500,
      headersTimeoutMs: 700,
    });
  });
  afterAll(async () => {
    await api?.close();
    await redis?.stop();
  });

  const inWork = () => {
    const { redis: connection, prefix } = api.queueSide;
    return connection.zcard(buildKeys(prefix).active);
  };

  async function expectProblem(response: Response, status: number, code: string) {
    const problem = await readProblem(response);
    expect({ status: response.status, code: problem.code }, problem.detail).toEqual({
      status,
      code,
    });
    expect(problem.status).toBe(status);
    expect(Value.Check(Problem, problem)).toBe(true);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('x-request-id')).toMatch(/.{8}/);
  }

  function expectRawProblem(answer: RawAnswer, status: number, code: string) {
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({ status, code });
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.headers['x-request-id']).toMatch(/.{8}/);
  }

  describe('on the wire', () => {
    const head = (...lines: string[]) => `${lines.join('\r\n')}\r\n\r\n`;
    const post = (...lines: string[]) =>
      head('POST /v1/captions HTTP/1.1', 'Host: localhost', 'Content-Type: image/jpeg', ...lines);

    it.each<[string, string, number, string]>([
      ['headers that stall', 'GET / HTTP/1.1\r\nHost: loc', 408, 'request_timeout'],
      ['a body that stalls', `${post('Content-Length: 1000')}abc`, 408, 'request_timeout'],
      [
        'Content-Length with Transfer-Encoding',
        `${post('Content-Length: 3', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
        400,
        'bad_request',
      ],
      ['no Host', head('GET /livez HTTP/1.1'), 400, 'bad_request'],
      ['what is no HTTP', 'hello there\r\n\r\n', 400, 'bad_request'],
      [
        'an address of 20 kB',
        head(`GET /${'a'.repeat(20_000)} HTTP/1.1`, 'Host: localhost'),
        431,
        'headers_too_large',
      ],
      ['2 GB announced', post('Content-Length: 2147483648'), 413, 'payload_too_large'],
      [
        'more than the limit in chunks',
        `${post('Transfer-Encoding: chunked')}${`10000\r\n${'x'.repeat(65_536)}\r\n`.repeat(20)}0\r\n\r\n`,
        413,
        'payload_too_large',
      ],
    ])('to %s', async (_what, text, status, code) => {
      const answer = await exchange(api.port, (socket) => void socket.write(text));
      expectRawProblem(answer, status, code);
    });

    it('nobody, when the client goes in the middle of a file, and queues nothing', async () => {
      const before = await inWork();
      const socket = connect(api.port, '127.0.0.1');
      await once(socket, 'connect');
      socket.write(`${post(`Content-Length: ${photo.length}`)}`);
      socket.write(photo.subarray(0, photo.length >> 1));
      await delay(50);
      socket.destroy();
      // A whole upload afterwards is done, so the broken one would have been too.
      expect((await api.upload(photo)).status).toBe(202);
      expect(await inWork()).toBe(before + 1);
    });
  });

  describe('to forms', () => {
    const XX = 'multipart/form-data; boundary=XX';
    const file = (disposition: string, more = '') =>
      Buffer.concat([
        Buffer.from(`--XX\r\nContent-Disposition: form-data; ${disposition}\r\n${more}\r\n`),
        photo,
        Buffer.from('\r\n'),
      ]);
    const image = file('name="image"; filename="a.jpg"');
    const field = (name: string, value: string) =>
      Buffer.from(`--XX\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`);
    const end = Buffer.from('--XX--\r\n');
    const long = 'b'.repeat(5_000);

    it.each<[string, string, Buffer[], number, string]>([
      ['without boundary', 'multipart/form-data', [image, end], 400, 'malformed_multipart'],
      ['with a wrong boundary', XX.replace('XX', 'YY'), [image, end], 400, 'malformed_multipart'],
      [
        'with a boundary of 5,000',
        XX.replace('XX', long),
        [image, end],
        400,
        'malformed_multipart',
      ],
      ['that do not end', XX, [image], 400, 'malformed_multipart'],
      ['that are empty', XX, [], 400, 'malformed_multipart'],
      ['with no part', XX, [end], 400, 'malformed_multipart'],
      ['with fields only', XX, [field('beam_width', '3'), end], 400, 'malformed_multipart'],
      ['without a file name', XX, [file('name="image"'), end], 400, 'malformed_multipart'],
      [
        'with a short text as image',
        XX,
        [field('image', 'hello'), end],
        400,
        'malformed_multipart',
      ],
      ['with two files', XX, [image, image, end], 400, 'malformed_multipart'],
      [
        'with a file of another name',
        XX,
        [file('name="picture"; filename="a"'), end],
        400,
        'validation_failed',
      ],
      [
        'with a __proto__ field',
        XX,
        [field('__proto__', 'x'), image, end],
        400,
        'validation_failed',
      ],
      [
        'with an unknown field',
        XX,
        [field('beamwidth', '3'), image, end],
        400,
        'validation_failed',
      ],
      [
        'with a malformed header',
        XX,
        [file('name="image"; filename="a"', 'no colon\r\n'), end],
        400,
        'malformed_multipart',
      ],
      [
        'with too many fields',
        XX,
        [...Array.from({ length: 65 }, (_, n) => field(`f${n}`, 'x')), image, end],
        413,
        'payload_too_large',
      ],
      ['with a beam of 11', XX, [field('beam_width', '11'), image, end], 400, 'validation_failed'],
      [
        'with a beam of 2.5',
        XX,
        [field('beam_width', '2.5'), image, end],
        400,
        'validation_failed',
      ],
      [
        'with a beam of "many"',
        XX,
        [field('beam_width', 'many'), image, end],
        400,
        'validation_failed',
      ],
    ])('%s', async (_what, contentType, parts, status, code) => {
      const response = await fetch(`${api.address}/v1/captions`, {
        method: 'POST',
        headers: { 'content-type': contentType },
        body: Buffer.concat(parts),
      });
      await expectProblem(response, status, code);
    });

    it('with a file one byte over the limit', async () => {
      const form = await api.upload(Buffer.alloc(MAX_UPLOAD_BYTES + 1, 'x'));
      await expectProblem(form, 413, 'payload_too_large');
    });

    it.each([
      ['a path for a file name', file('name="image"; filename="../../etc/passwd"')],
      ['no declared type', file('name="image"; filename="a"')],
      ['a wrong declared type', file('name="image"; filename="a"', 'Content-Type: text/html\r\n')],
      [
        'an octet-stream',
        file('name="image"; filename="a"', 'Content-Type: application/octet-stream\r\n'),
      ],
    ])('with %s: 202', async (_what, part) => {
      const response = await fetch(`${api.address}/v1/captions`, {
        method: 'POST',
        headers: { 'content-type': XX },
        body: Buffer.concat([part, end]),
      });
      expect(response.status).toBe(202);
    });
  });

  describe('to raw bodies', () => {
    const postRaw = (body: Uint8Array | undefined, headers: Record<string, string>, query = '') =>
      fetch(`${api.address}/v1/captions${query}`, {
        method: 'POST',
        headers,
        ...(body === undefined ? {} : { body: new Uint8Array(body) }),
      });

    it.each(['image/jpeg', 'image/png', 'image/x-unheard-of', 'application/octet-stream'])(
      'of type %s: the bytes decide',
      async (type) => {
        const response = await postRaw(photo, { 'content-type': type }, '?beam_width=5');
        expect(response.status).toBe(202);
        expect(await readCaption(response)).toMatchObject({
          input: { media_type: 'image/jpeg', width: 451, height: 300 },
          options: { beam_width: 5, max_length: 20, alternatives: 3 },
        });
      },
    );

    it.each<[string, Record<string, string>]>([
      ['no type', {}],
      ['text', { 'content-type': 'text/plain' }],
      ['a broken type', { 'content-type': 'image' }],
    ])('with %s', async (_what, headers) => {
      await expectProblem(await postRaw(photo, headers), 415, 'unsupported_media_type');
    });

    it('that are missing', async () => {
      await expectProblem(await postRaw(undefined, {}), 415, 'unsupported_media_type');
    });

    it('that are empty', async () => {
      const response = await postRaw(new Uint8Array(0), { 'content-type': 'image/png' });
      await expectProblem(response, 422, 'empty_upload');
    });

    it('with options that do not fit, by name', async () => {
      const response = await postRaw(photo, { 'content-type': 'image/png' }, '?beam_width=0&x=1');
      const problem = await readProblem(response);
      expect(problem).toMatchObject({ status: 400, code: 'validation_failed' });
      const pointers = problem.errors?.map(({ pointer }) => pointer).sort();
      expect(pointers).toEqual(['/query/beam_width', '/query/x']);
    });
  });

  describe('to files', () => {
    let png: Buffer;
    let small: Buffer;
    beforeAll(async () => {
      png = await sharp(photo).png().toBuffer();
      small = await sharp(photo).resize(100, 100).png().toBuffer();
    });

    it.each(Object.entries(notPictures))('that are %s', async (_name, bytes) => {
      await expectProblem(await api.upload(bytes), 415, 'unsupported_image');
    });

    it('of no bytes', async () => {
      await expectProblem(await api.upload(Buffer.alloc(0)), 422, 'empty_upload');
    });

    it.each<[string, () => Buffer]>([
      ['JPEG cut at half', () => photo.subarray(0, photo.length >> 1)],
      ['JPEG less two bytes', () => cutEnd(photo, 2)],
      ['JPEG header only', () => photo.subarray(0, 200)],
      ['PNG with a bad checksum', () => flipByte(png, png.length >> 1)],
      ['PNG cut short', () => png.subarray(0, png.length >> 1)],
      ['PNG of no size', () => pngClaiming(0, 0)],
    ])('that are damaged: %s', async (_what, bytes) => {
      await expectProblem(await api.upload(bytes()), 422, 'damaged_image');
    });

    it.each([
      [60_000, 60_000],
      [1_000_000, 20],
      [10_001, 10_000],
    ])('that claim %i × %i pixels', async (width, height) => {
      await expectProblem(await api.upload(pngClaiming(width, height)), 413, 'image_too_large');
    });

    it.each<[string, () => Promise<Buffer> | Buffer]>([
      ['a PNG', () => png],
      ['100 MB of packed text', () => withChunks(small, textBomb(100 << 20))],
      ['a 50 MB profile', () => withChunks(small, profileBomb(50 << 20))],
      ['an animation', animatedGif],
      ['a JPEG and a ZIP at once', () => Buffer.concat([photo, Buffer.from('PK\x03\x04')])],
      ['a single pixel', () => sharp(small).resize(1, 1).png().toBuffer()],
      ['CMYK', () => sharp(photo).toColourspace('cmyk').jpeg().toBuffer()],
      ['grey of 16 bits', () => sharp(small).toColourspace('grey16').png().toBuffer()],
      ['transparent', () => sharp(small).ensureAlpha(0.2).png().toBuffer()],
    ])('that are odd but fine, 202: %s', async (_what, make) => {
      const response = await api.upload(await make());
      expect(response.status).toBe(202);
    });
  });

  describe('to addresses and methods', () => {
    const request = (path: string, init: RequestInit = {}) => fetch(`${api.address}${path}`, init);

    it('that do not exist', async () => {
      await expectProblem(await request('/nothing'), 404, 'not_found');
      const unknown = '/v1/captions/cap_00000000-0000-7000-8000-000000000000';
      await expectProblem(await request(unknown), 404, 'not_found');
      await expectProblem(await request(`${unknown}/events`), 404, 'not_found');
    });

    it('with a malformed id', async () => {
      for (const path of ['/v1/captions/cap_1', '/v1/captions/cap%201', '/v1/captions/x/events']) {
        await expectProblem(await request(path), 400, 'validation_failed');
      }
      await expectProblem(await request('/v1/captions/%zz'), 400, 'bad_request');
      await expectProblem(await request(`/v1/captions/${'a'.repeat(500)}`), 400, 'bad_request');
    });

    it.each([
      ['PUT', '/v1/captions', 'POST, GET, HEAD'],
      ['POST', '/v1/captions/cap_1', 'GET, HEAD, DELETE'],
      ['GET', '/v1/captions/cap_1/cancel', 'POST'],
      ['DELETE', '/v1/captions/cap_1/events', 'GET, HEAD'],
      ['POST', '/', 'GET, HEAD'],
    ])('%s %s is refused with what is allowed', async (method, path, allowed) => {
      const response = await request(path, { method });
      expect(response.headers.get('allow')).toBe(allowed);
      await expectProblem(response, 405, 'method_not_allowed');
    });

    it.each(['x', '1', '1-2-3', '-1', '18446744073709551616-0', '1-1\u00e9'])(
      'with the Last-Event-ID %s',
      async (id) => {
        const { id: captionId } = await readCaption(await api.upload(photo));
        const response = await request(`/v1/captions/${captionId}/events`, {
          headers: { 'last-event-id': id },
        });
        await expectProblem(response, 400, 'invalid_last_event_id');
      },
    );

    it('keeps a request id that is harmless, and makes its own for another', async () => {
      const ask = async (id: string) => {
        const response = await request('/livez', { headers: { 'x-request-id': id } });
        return response.headers.get('x-request-id');
      };
      expect(await ask('trace-7')).toBe('trace-7');
      expect(await ask('a b;c')).toMatch(/^[0-9a-f-]{36}$/);
    });
  });

  describe('to others than its own people', () => {
    const ask = (lines: string[]) =>
      exchange(api.port, (socket) => void socket.write(`${lines.join('\r\n')}\r\n\r\n`));

    it.each([
      'evil.example',
      'localhost.evil.example',
      '127.0.0.1.nip.io',
      '10.0.0.1',
      '[::2]',
      'a@localhost',
    ])('under the name %s: nothing', async (host) => {
      for (const path of ['/', '/info', '/v1/captions/x']) {
        const answer = await ask([`GET ${path} HTTP/1.1`, `Host: ${host}`]);
        expectRawProblem(answer, 403, 'foreign_host');
      }
    });

    it.each(['api:5000', '10.0.0.1:5000', 'caption-queue.default.svc'])(
      'but probes and Prometheus, which come by names like %s, get their answer',
      async (host) => {
        for (const path of ['/livez', '/readyz', '/metrics']) {
          const answer = await ask([`GET ${path} HTTP/1.1`, `Host: ${host}`]);
          expect(answer.status, path).toBe(200);
        }
      },
    );

    it('even if a forged proxy header says otherwise', async () => {
      const answer = await ask([
        'GET / HTTP/1.1',
        'Host: evil.example',
        'X-Forwarded-Host: localhost',
      ]);
      expectRawProblem(answer, 403, 'foreign_host');
    });

    it.each(['localhost', 'LOCALHOST:80', '127.0.0.1:5000', '[::1]:5000', 'localhost.'])(
      'under the name %s: everything',
      async (host) => {
        const answer = await ask(['GET /info HTTP/1.1', `Host: ${host}`]);
        expect(answer.status).toBe(200);
      },
    );

    it.each([
      'https://evil.example',
      'null',
      'http://localhost:1',
      'http://localhost.evil.example',
    ])('from the page %s: no writing', async (origin) => {
      const answer = await ask([
        'POST /v1/captions HTTP/1.1',
        'Host: localhost:5000',
        `Origin: ${origin}`,
        'Content-Type: image/jpeg',
        'Content-Length: 0',
      ]);
      expectRawProblem(answer, 403, 'foreign_origin');
    });

    it('from its own page: writing', async () => {
      const response = await fetch(`${api.address}/v1/captions`, {
        method: 'POST',
        headers: { origin: api.address, 'content-type': 'image/jpeg' },
        body: new Uint8Array(photo),
      });
      expect(response.status).toBe(202);
    });
  });

  it('with its page after all of this', async () => {
    const response = await fetch(`${api.address}/`);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('<html');
  });
});
