// Every bad upload has its documented answer, as a problem, and the service lives on: forms, raw bodies, files.
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { readCaption, readProblem } from '../../../support/api/api.ts';
import { expectProblem } from '../../../support/api/expect-problem.ts';
import { useApi } from '../../../support/api/use-api.ts';
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
} from '../../../support/pictures/pictures.ts';
import { redisIsAvailable } from '../../../support/redis/redis.ts';
import { useRedis } from '../../../support/redis/use-redis.ts';

const MAX_UPLOAD_BYTES = 1_000_000;
const photo = readPhoto('cat.jpg');

describe.skipIf(!redisIsAvailable)('the API answers uploads', () => {
  const redis = useRedis();
  const api = useApi(redis, {
    env: { MAX_UPLOAD_BYTES: String(MAX_UPLOAD_BYTES) },
  });

  describe('in forms', () => {
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
    const empty = Buffer.from(
      '--XX\r\nContent-Disposition: form-data; name="image"; filename=""\r\n\r\n\r\n',
    );
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
      ['with text as image', XX, [field('image', 'hello'), end], 415, 'unsupported_image'],
      ['with an empty file input', XX, [empty, end], 400, 'malformed_multipart'],
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

  describe('as raw bodies', () => {
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

  describe('of files', () => {
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
      ['JPEG less twelve bytes', () => cutEnd(photo, 12)],
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

  it('with its page after all of this', async () => {
    const response = await fetch(`${api.address}/`);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('<html');
  });
});
