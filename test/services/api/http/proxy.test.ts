// The API behind a reverse proxy, and under pages of other sites.
import { request as forward } from 'node:http';
import { describe, expect, it } from 'vitest';
import { readCaption, readProblem } from '../../../support/api/api.ts';
import { useApi } from '../../../support/api/use-api.ts';
import { readPhoto } from '../../../support/pictures/pictures.ts';
import { silentLogger } from '../../../support/pipeline/pipeline.ts';
import { redisIsAvailable } from '../../../support/redis/redis.ts';
import { useRedis } from '../../../support/redis/use-redis.ts';
import { useWebServer } from '../../../support/web-server.ts';

const PUBLIC_URL = 'https://captions.example.com';
const SHOP = 'https://shop.example';
const CLIENT = '203.0.113.9';
const photo = new Uint8Array(readPhoto('astronaut.jpg'));

describe.skipIf(!redisIsAvailable)('behind a reverse proxy', () => {
  const redis = useRedis();
  const api = useApi(redis, {
    env: { PUBLIC_URL, TRUST_PROXY: '127.0.0.1', CORS_ORIGINS: SHOP },
    logger: {
      ...silentLogger,
      info: (fields: object) => void logged.push({ ...fields }),
    } as never,
  });
  const logged: Record<string, unknown>[] = [];
  const proxy = useWebServer((request, response) => {
    const headers = {
      ...request.headers,
      host: new URL(PUBLIC_URL).host,
      'x-forwarded-for': CLIENT,
      'x-forwarded-proto': 'https',
    };
    const { method, url: path } = request;
    const onward = forward({ port: api.port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });

  const through = (path: string, init: RequestInit = {}) => fetch(`${proxy.url}${path}`, init);

  it('links lead back through the proxy', async () => {
    const answer = await through('/v1/captions', {
      method: 'POST',
      body: photo,
      headers: { 'content-type': 'image/jpeg', origin: PUBLIC_URL },
    });
    expect(answer.status).toBe(202);
    const { urls } = await readCaption(answer);
    expect(urls.self).toMatch(/^https:\/\/captions\.example\.com\/v1\/captions\/cap_/);
    expect(answer.headers.get('location')).toBe(urls.self);
    expect((await through(new URL(urls.self).pathname)).status).toBe(200);
  });

  it('the log names the client and not the proxy, but believes nobody else', async () => {
    await through('/info', { headers: { 'x-request-id': 'proxied' } });
    await fetch(`${api.address}/info`, {
      headers: { 'x-request-id': 'direct', 'x-forwarded-for': '198.51.100.1, 10.0.0.1' },
    });
    const client = (id: string) => logged.find(({ requestId }) => requestId === id)?.client;
    expect(client('proxied')).toBe(CLIENT);
    // The nearest hop that isn't trusted, not what it claims about others.
    expect(client('direct')).toBe('10.0.0.1');
  });

  it('a page of an allowed site may ask, post and read what the answer says', async () => {
    const preflight = await through('/v1/captions', {
      method: 'OPTIONS',
      headers: {
        origin: SHOP,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,idempotency-key',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe(SHOP);
    expect(preflight.headers.get('access-control-allow-methods')).toContain('POST');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('idempotency-key');
    const answer = await through('/v1/captions', {
      method: 'POST',
      body: photo,
      headers: { 'content-type': 'image/jpeg', origin: SHOP },
    });
    expect(answer.status).toBe(202);
    expect(answer.headers.get('access-control-allow-origin')).toBe(SHOP);
    expect(answer.headers.get('access-control-expose-headers')).toContain('Location');
  });

  it('a load balancer that asks what is possible is no page', async () => {
    const answer = await through('/v1/captions', { method: 'OPTIONS' });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('allow')).toBe('POST, GET, HEAD');
  });

  it('a page of any other site gets neither', async () => {
    const origin = 'https://evil.example';
    const preflight = await through('/v1/captions', {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
    const answer = await through('/v1/captions', {
      method: 'POST',
      body: photo,
      headers: { 'content-type': 'image/jpeg', origin },
    });
    expect(await readProblem(answer)).toMatchObject({ code: 'foreign_origin' });
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });
});
