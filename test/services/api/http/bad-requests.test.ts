// Every bad request has its documented answer, whatever it carries: broken HTTP, foreign hosts and pages, wrong addresses.
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { buildKeys } from '@caption-queue/redis/keys';
import { describe, expect, it } from 'vitest';
import { readCaption } from '../../../support/api/api.ts';
import { expectProblem, expectRawProblem } from '../../../support/api/expect-problem.ts';
import { exchange } from '../../../support/api/raw-http.ts';
import { useApi } from '../../../support/api/use-api.ts';
import { readPhoto } from '../../../support/pictures/pictures.ts';
import { redisIsAvailable } from '../../../support/redis/redis.ts';
import { useRedis } from '../../../support/redis/use-redis.ts';

const MAX_UPLOAD_BYTES = 1_000_000;
const photo = readPhoto('cat.jpg');

describe.skipIf(!redisIsAvailable)('the API answers requests', () => {
  const redis = useRedis();
  const api = useApi(redis, {
    env: { MAX_UPLOAD_BYTES: String(MAX_UPLOAD_BYTES) },
    requestTimeoutMs: 1_500,
    headersTimeoutMs: 700,
  });

  const inWork = () => {
    const { redis: connection, prefix } = api.queueSide;
    return connection.zcard(buildKeys(prefix).active);
  };

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

    it('others, while some keep their side of a connection open that was given up', async () => {
      // More than the memory of uploads holds: each without a length reserves as much as the largest.
      const sockets = Array.from({ length: 30 }, () =>
        connect({ port: api.port, host: '127.0.0.1', allowHalfOpen: true }).on(
          'error',
          () => undefined,
        ),
      );
      for (const socket of sockets) {
        socket.resume();
        socket.write(`${post('Transfer-Encoding: chunked')}1\r\nx\r\n`);
      }
      await Promise.all(sockets.map((socket) => once(socket, 'end')));
      await expect.poll(async () => (await api.upload(photo)).status, { timeout: 3_000 }).toBe(202);
      // Node tells the client that its side, too, is closed.
      const closed = sockets.map(async (socket) => {
        while (!socket.destroyed) {
          socket.write('1\r\nx\r\n');
          await delay(100);
        }
      });
      await Promise.all(closed);
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
