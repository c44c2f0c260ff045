// Requests that are odd but mean something plain are done: what browsers, libraries, gateways and scripts really send.
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { expectRawProblem } from '../../../support/api/expect-problem.ts';
import { exchange, type RawAnswer } from '../../../support/api/raw-http.ts';
import { useApi } from '../../../support/api/use-api.ts';
import { readPhoto } from '../../../support/pictures/pictures.ts';
import { redisIsAvailable } from '../../../support/redis/redis.ts';
import { useRedis } from '../../../support/redis/use-redis.ts';

const photo = readPhoto('cat.jpg');
const FORM = 'multipart/form-data; boundary=XX';

type Text = string | Buffer;
const join = (...pieces: Text[]) => Buffer.concat(pieces.map((piece) => Buffer.from(piece)));
const part = (headers: string, content: Text) =>
  join(`--XX\r\n${headers}\r\n\r\n`, content, '\r\n');
const field = (name: string, value: string) =>
  part(`Content-Disposition: form-data; name="${name}"`, value);
const file = (headers: string, content: Text = photo) =>
  part(`Content-Disposition: form-data; ${headers}`, content);
const image = file('name="image"; filename="cat.jpg"\r\nContent-Type: image/jpeg');
const form = (...parts: Text[]) => join(...parts, '--XX--\r\n');

describe.skipIf(!redisIsAvailable)('the API', () => {
  const redis = useRedis();
  const api = useApi(redis);

  interface Request {
    path?: string;
    version?: string;
    /** Lines of the head. */
    headers: string[];
    body: Text;
    /** Default: one line that says how long the body is. */
    length?: string;
  }
  function post({ path = '/v1/captions', version = '1.1', headers, body, length }: Request) {
    const bytes = Buffer.from(body);
    const head = [
      `POST ${path} HTTP/${version}`,
      'Host: localhost',
      ...headers,
      length ?? `Content-Length: ${bytes.length}`,
    ];
    return exchange(api.port, (socket) => {
      socket.write(`${head.join('\r\n')}\r\n\r\n`);
      socket.write(bytes);
    });
  }
  const postForm = (body: Text, type = FORM) => post({ headers: [`Content-Type: ${type}`], body });
  const optionsOf = ({ status, body }: RawAnswer) => {
    expect(status, body).toBe(202);
    return JSON.parse(body.slice(body.indexOf('{'), body.lastIndexOf('}') + 1)).options;
  };
  const plain = { beam_width: 3, max_length: 20, alternatives: 3 };

  it.each<[string, Text, string?]>([
    [
      'a second file input without a file',
      form(image, file('name="other"; filename=""\r\nContent-Type: application/octet-stream', '')),
    ],
    ['the unused file input first', form(file('name="other"; filename=""', ''), image)],
    [
      'empty options',
      form(field('beam_width', ''), field('metadata', ''), field('kinds', ''), image),
    ],
    ['a picture without a file name', form(file('name="image"\r\nContent-Type: image/jpeg'))],
    ['a picture without a file name or type', form(file('name="image"'))],
    ['_charset_', form(field('_charset_', 'utf-8'), image)],
    ['white space after boundaries', join('--XX \t\r\n', image.subarray(6), '--XX-- \r\n')],
    [
      'folded headers',
      form(
        part('Content-Disposition: form-data;\r\n name="image";\r\n\tfilename="cat.jpg"', photo),
      ),
    ],
    [
      'white space round =',
      form(file('name = "image" ; filename = "cat.jpg"')),
      'multipart/form-data ; boundary = XX',
    ],
    [
      'capitals',
      form(part('CONTENT-DISPOSITION: FORM-DATA; NAME=image; FILENAME=cat.jpg', photo)),
      'Multipart/Form-Data; BOUNDARY="XX"',
    ],
    [
      'an escaped quote in the file name',
      form(file('filename="a\\"; name=\\"b.jpg"; name="image"')),
    ],
    ['an encoded file name', form(file('name="image"; filename*=UTF-8\'\'p%C3%A4.jpg'))],
    ['a file name in UTF-8', form(file('name="image"; filename="猫.jpg"'))],
    [
      'lines that end in LF',
      Buffer.concat([
        Buffer.from('--XX\nContent-Disposition: form-data; name="image"; filename="a"\n\n'),
        photo,
        Buffer.from('\n--XX--\n'),
      ]),
    ],
    ['no line end after the last boundary', form(image).subarray(0, -2)],
    ['a preamble and an epilogue', join('This is a form.\r\n', form(image), 'That was it.')],
    ['a line end first', join('\r\n', form(image))],
    [
      'Content-Transfer-Encoding: binary',
      form(file('name="image"; filename="a"\r\nContent-Transfer-Encoding: binary')),
    ],
    [
      'a length in its part',
      form(file(`name="image"; filename="a"\r\nContent-Length: ${photo.length}`)),
    ],
    ['more parameters', form(image), 'multipart/form-data; charset=UTF-8; boundary=XX; x=y'],
  ])('takes a form with %s', async (_what, body, type) => {
    expect(optionsOf(await postForm(body, type))).toEqual(plain);
  });

  it.each(['kinds', 'webhook_events_filter'])('takes %s as often as it comes', async (name) => {
    const [first, second] =
      name === 'kinds' ? ['chart', 'photo'] : ['caption.failed', 'caption.expired'];
    const body = form(field(name, first ?? ''), field(name, second ?? ''), image);
    expect((await postForm(body)).status).toBe(202);
    const path = `/v1/captions?${name}=${first}&${name}=${second}`;
    expect((await post({ path, headers: ['Content-Type: image/jpeg'], body: photo })).status).toBe(
      202,
    );
  });

  it('takes a batch with its unused file inputs, and of lists marked as such', async () => {
    const one = (name: string) => file(`name="${name}"; filename="a.jpg"`);
    const empty = file('name="images"; filename=""', '');
    for (const body of [
      form(one('images'), empty),
      form(one('images[]'), one('images[]')),
      form(file('name="images"')),
    ]) {
      const answer = await post({ path: '/v1/batches', headers: [`Content-Type: ${FORM}`], body });
      expect(answer.status, answer.body).toBe(202);
    }
  });

  it.each([
    'image/jpg',
    'image/pjpeg',
    'IMAGE/JPEG',
    'image/jpeg; charset=binary',
    'image/jpeg;',
    'image/*',
    'Application/Octet-Stream',
  ])('takes a body of type %s', async (type) => {
    expect(optionsOf(await post({ headers: [`content-TYPE: ${type}`], body: photo }))).toEqual(
      plain,
    );
  });

  it.each<[string, Partial<Request>]>([
    ['an empty option', { path: '/v1/captions?beam_width=&kinds=' }],
    ['a slash at the end', { path: '/v1/captions/' }],
    ['a slash and a query', { path: '/v1/captions/?beam_width=3' }],
    ['Content-Encoding: identity', { headers: ['Content-Encoding: Identity'] }],
    ['Expect: 100-continue', { headers: ['Expect: 100-continue'] }],
    ['a range', { headers: ['Range: bytes=0-'] }],
    ['HTTP/1.0', { version: '1.0' }],
    [
      'chunks and trailers',
      {
        length: 'Transfer-Encoding: chunked\r\nTrailer: X-Sum',
        body: join(
          `${photo.length.toString(16)};name=value\r\n`,
          photo,
          '\r\n0\r\nX-Sum: 1\r\n\r\n',
        ),
      },
    ],
  ])('takes a picture with %s', async (_what, { headers = [], ...request }) => {
    const answer = await post({
      body: photo,
      ...request,
      headers: ['Content-Type: image/jpeg', ...headers],
    });
    expect(optionsOf(answer)).toEqual(plain);
  });

  it.each<[string, string, string]>([
    ['a byte order mark', 'application/json', '\ufeff'],
    ['a charset', 'application/json; charset=utf-8', ''],
    ['capitals', 'Application/JSON;CHARSET=UTF-8', ' '],
  ])('takes JSON with %s', async (_what, type, before) => {
    const body = `${before}{"image_urls":["https://example.com/a.jpg"]}`;
    const answer = await post({ path: '/v1/batches', headers: [`Content-Type: ${type}`], body });
    expect(answer.status, answer.body).toBe(202);
  });

  it.each(['gzip', 'br', 'deflate', 'zstd', 'identity, GZIP'])(
    'refuses bodies in %s by name',
    async (encoding) => {
      const bodies: [string, string, Text][] = [
        ['/v1/captions', 'image/jpeg', photo],
        ['/v1/captions', FORM, form(image)],
        ['/v1/captions', 'application/json', '{"image_url":"https://example.com/a.jpg"}'],
        ['/v1/batches', 'application/json', '{"image_urls":["https://example.com/a.jpg"]}'],
        ['/v1/webhooks', 'application/json', '{"url":"https://example.com/"}'],
      ];
      for (const [path, type, body] of bodies) {
        const headers = [`Content-Type: ${type}`, `Content-Encoding: ${encoding}`];
        const answer = await post({ path, headers, body: gzipSync(body) });
        expectRawProblem(answer, 415, 'unsupported_media_type');
        expect(answer.headers['accept-encoding']).toBe('identity');
        expect(answer.body).toContain(`(${encoding.split(' ').at(-1)?.toLowerCase()})`);
      }
      const headers = [`Content-Type: ${FORM}`, `Content-Encoding: ${encoding}`];
      const max = await post({ path: '/model/predict', headers, body: form(image) });
      expect(max).toMatchObject({ status: 415, headers: { 'accept-encoding': 'identity' } });
    },
  );

  it('refuses bodies that were compressed for the transfer by name', async () => {
    const answer = await post({
      headers: ['Content-Type: image/jpeg'],
      length: 'Transfer-Encoding: gzip, chunked',
      body: '1\r\nx\r\n0\r\n\r\n',
    });
    expectRawProblem(answer, 415, 'unsupported_media_type');
    expect(answer.body).toContain('(gzip)');
  });

  describe('by HTTP/1.0 without Host', () => {
    const ask = (line: string, ...headers: string[]) =>
      exchange(
        api.port,
        (socket) => void socket.write(`${[line, ...headers].join('\r\n')}\r\n\r\n`),
      );

    it.each(['/livez', '/readyz', '/livez/', '/metrics'])('answers probes at %s', async (path) => {
      expect((await ask(`GET ${path} HTTP/1.0`)).status).toBe(200);
      expect((await ask(`HEAD ${path} HTTP/1.0`)).status).toBe(200);
    });

    it.each([
      ['/', 'GET, HEAD'],
      ['/v1/captions', 'POST, GET, HEAD'],
      ['/v1/captions/?x=/', 'POST, GET, HEAD'],
      ['/v1/captions/cap_1/cancel', 'POST'],
    ])('answers OPTIONS %s with its methods', async (path, allow) => {
      expect(await ask(`OPTIONS ${path} HTTP/1.0`)).toMatchObject({
        status: 204,
        headers: { allow },
      });
      expect((await ask(`OPTIONS ${path} HTTP/1.1`, 'Host: lb.internal')).status).toBe(204);
    });

    it('answers OPTIONS *', async () => {
      expect((await ask('OPTIONS * HTTP/1.0')).status).toBe(204);
    });

    it('knows nothing of other addresses', async () => {
      expectRawProblem(await ask('OPTIONS /nothing HTTP/1.1', 'Host: localhost'), 404, 'not_found');
    });

    it('does nothing else', async () => {
      for (const line of [
        'GET / HTTP/1.0',
        'GET /info HTTP/1.0',
        'POST /v1/captions HTTP/1.0',
        'GET /livez HTTP/1.1',
        'OPTIONS / HTTP/1.1',
      ]) {
        expectRawProblem(await ask(line), 400, 'bad_request');
      }
    });
  });
});
