// Keys, tenants and scopes through real HTTP: who shows what may do what.
import { type Scope, scopes } from '@caption-queue/api/access/api-keys';
import { describe, expect, it } from 'vitest';
import { readCaption, readProblem, startApi } from '../../../support/api/api.ts';
import { exchange } from '../../../support/api/raw-http.ts';
import { useApi } from '../../../support/api/use-api.ts';
import { readPhoto } from '../../../support/pictures/pictures.ts';
import { redisIsAvailable, startRedis } from '../../../support/redis/redis.ts';
import { useRedis } from '../../../support/redis/use-redis.ts';

const photo = new Uint8Array(readPhoto('astronaut.jpg'));

describe.skipIf(!redisIsAvailable)('a service with AUTH=required', () => {
  const redis = useRedis();
  const api = useApi(redis, { env: { AUTH: 'required' } });

  async function bearer(tenant: string, ...granted: Scope[]): Promise<Record<string, string>> {
    const { key } = await api.apiKeys.create({ tenant, scopes: granted, name: 'test' });
    return { authorization: `Bearer ${key}` };
  }

  const post = (headers: Record<string, string>) =>
    fetch(`${api.address}/v1/captions`, {
      method: 'POST',
      body: photo,
      headers: { 'content-type': 'image/jpeg', ...headers },
    });

  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${api.address}${path}`, { headers });

  it('accepts a picture with a key that may write, and shows it to one that may read', async () => {
    const created = await post(await bearer('acme', 'captions:write'));
    expect(created.status).toBe(202);
    const { id } = await readCaption(created);
    const answer = await get(`/v1/captions/${id}`, await bearer('acme', 'captions:read'));
    expect(answer.status).toBe(200);
    expect(await readCaption(answer)).toMatchObject({ id });
  });

  it('answers 404 for another tenant’s caption, as if there were none', async () => {
    const { id } = await readCaption(await post(await bearer('acme', 'captions:write')));
    const other = await bearer('umbrella', ...scopes);
    for (const path of [`/v1/captions/${id}`, `/v1/captions/${id}/events`]) {
      const answer = await get(path, other);
      expect(answer.status).toBe(404);
      expect(await readProblem(answer)).toMatchObject({ code: 'not_found' });
    }
  });

  it('answers 401 and says how to log in when no key is shown', async () => {
    const answer = await post({});
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="caption-queue"');
    expect(answer.headers.get('x-request-id')).toBeTruthy();
    expect(await readProblem(answer)).toMatchObject({ code: 'unauthorized' });
  });

  it('refuses keys that are malformed, unknown, or have another secret', async () => {
    const { key } = await api.apiKeys.create({ tenant: 'a', scopes: ['captions:read'], name: '' });
    const last = key.endsWith('0') ? '1' : '0';
    for (const wrong of [
      'nonsense',
      key.slice(0, -1),
      `${key.slice(0, -1)}${last}`,
      `cq_${'0'.repeat(16)}_${'0'.repeat(48)}`,
    ]) {
      const answer = await get('/info', { authorization: `Bearer ${wrong}` });
      expect(answer.status, wrong).toBe(401);
    }
    expect((await get('/info', { authorization: `Bearer ${key}` })).status).toBe(200);
    // Beside what a proxy's own sign-on needs.
    const signedOn = { authorization: 'Basic dXNlcjpwYXNzd29yZA==' };
    expect((await get('/info', { ...signedOn, 'x-api-key': key })).status).toBe(200);
    expect((await get('/info', { ...signedOn, 'x-api-key': `${key}x` })).status).toBe(401);
  });

  it('answers 403 when the key lacks the scope', async () => {
    const answer = await post(await bearer('acme', 'captions:read', 'webhooks'));
    expect(answer.status).toBe(403);
    expect(await readProblem(answer)).toMatchObject({ code: 'insufficient_scope' });
  });

  it('forgets a revoked key at once', async () => {
    const { key, record } = await api.apiKeys.create({
      tenant: 'acme',
      scopes: ['captions:read'],
      name: '',
    });
    const headers = { authorization: `Bearer ${key}` };
    expect((await get('/info', headers)).status).toBe(200);
    expect(await api.apiKeys.revoke(record.id)).toBe(true);
    expect((await get('/info', headers)).status).toBe(401);
  });

  it('keeps no secret in Redis', async () => {
    const { key, record } = await api.apiKeys.create({
      tenant: 'acme',
      scopes: ['captions:read'],
      name: '',
    });
    const { redis: client, prefix } = api.queueSide;
    const kept = JSON.stringify(await client.hgetall(`${prefix}:key:${record.id}`));
    expect(kept).toContain('acme');
    expect(kept).not.toContain(key.split('_')[2]);
  });

  it('asks nobody for a key to see whether it lives, what it can do, or that an address is wrong', async () => {
    for (const path of ['/livez', '/readyz', '/openapi.json']) {
      expect((await get(path)).status, path).toBe(200);
    }
    expect((await get('/nowhere')).status).toBe(404);
  });

  it('shows its metrics only to an operator', async () => {
    expect((await get('/metrics')).status).toBe(401);
    expect((await get('/metrics', await bearer('acme', 'captions:read'))).status).toBe(403);
    expect((await get('/metrics', await bearer('acme', 'admin'))).status).toBe(200);
  });

  it('shows the page to everyone, since it asks for a key itself', async () => {
    const answer = await get('/');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^text\/html/);
  });

  it('lets a browser log in, and keeps other sites from using that login', async () => {
    const { key } = await api.apiKeys.create({
      tenant: 'acme',
      scopes: ['captions:read', 'captions:write'],
      name: '',
    });
    const authorization = `Basic ${Buffer.from(`anyone:${key}`).toString('base64')}`;
    expect((await get('/info', { authorization })).status).toBe(200);
    expect((await post({ authorization, origin: api.address })).status).toBe(202);
    const foreign = await post({ authorization, origin: 'https://evil.example' });
    expect(await readProblem(foreign)).toMatchObject({ code: 'foreign_origin', status: 403 });
  });

  it('answers under any host name, since only keys count', async () => {
    // `fetch` would send the name of the address.
    const answer = await exchange(
      api.port,
      (socket) =>
        void socket.write('GET /openapi.json HTTP/1.1\r\nHost: captions.example.com\r\n\r\n'),
    );
    expect(answer.status).toBe(200);
  });

  it('asks every operation that its description names for a key, but for the open ones', async () => {
    const { paths } = (await (await get('/openapi.json')).json()) as {
      paths: Record<string, Record<string, { security?: object[] }>>;
    };
    const open: string[] = [];
    for (const [path, operations] of Object.entries(paths)) {
      for (const [method, { security }] of Object.entries(operations)) {
        const url = `${api.address}${path.replaceAll(/\{[^}]+\}/g, 'x')}`;
        const { status } = await fetch(url, { method: method.toUpperCase() });
        if (status !== 401) open.push(path);
        expect(security?.length === 0, `${method} ${path}`).toBe(status !== 401);
      }
    }
    expect(open.sort()).toEqual(['/livez', '/readyz']);
  });
});

describe.skipIf(!redisIsAvailable)('the rate limit of a key', () => {
  it('answers 429 with when to come back, and holds no other key back', async () => {
    const redis = await startRedis();
    const api = await startApi({
      redisUrl: redis.url,
      env: { AUTH: 'required', RATE_LIMIT: '3' },
    });
    try {
      const headers = async () => {
        const { key } = await api.apiKeys.create({
          tenant: 'acme',
          scopes: ['captions:read'],
          name: '',
        });
        return { authorization: `Bearer ${key}` };
      };
      const busy = await headers();
      const ask = (key: Record<string, string>) => fetch(`${api.address}/info`, { headers: key });
      const remaining = [];
      for (let i = 0; i < 3; i += 1) {
        const answer = await ask(busy);
        expect(answer.status).toBe(200);
        expect(answer.headers.get('ratelimit-limit')).toBe('3');
        remaining.push(answer.headers.get('ratelimit-remaining'));
      }
      expect(remaining).toEqual(['2', '1', '0']);
      const refused = await ask(busy);
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60);
      expect(await readProblem(refused)).toMatchObject({ code: 'rate_limited' });
      expect((await ask(await headers())).status).toBe(200);
      expect((await fetch(`${api.address}/livez`)).status).toBe(200);
    } finally {
      await api.close();
      await redis.stop();
    }
  });
});
