// /admin/queues: what an operator sees of the queues in a browser, and nobody else.
import { beforeAll, describe, expect, it } from 'vitest';
import { useApi } from '../../../support/api/use-api.ts';
import { readPhoto } from '../../../support/pictures/pictures.ts';
import { redisIsAvailable } from '../../../support/redis/redis.ts';
import { useRedis } from '../../../support/redis/use-redis.ts';

describe.skipIf(!redisIsAvailable)('the queue board', () => {
  const redis = useRedis();
  const api = useApi(redis, { env: { AUTH: 'required' } });
  let login: Record<string, string>;
  beforeAll(async () => {
    const { key } = await api.apiKeys.create({
      tenant: 'ops',
      scopes: ['admin', 'captions:write'],
      name: '',
    });
    login = { authorization: `Basic ${Buffer.from(`operator:${key}`).toString('base64')}` };
  });

  const get = (path: string, headers: Record<string, string> = login) =>
    fetch(`${api.address}/admin/queues${path}`, { headers });

  it('asks a browser to log in, and takes the key as password', async () => {
    const refused = await get('', {});
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toMatch(/^Basic /);
    expect((await get('/api/queues', {})).status).toBe(401);
    expect((await get('')).status).toBe(200);
  });

  it('asks for the scope admin', async () => {
    const { key } = await api.apiKeys.create({
      tenant: 'ops',
      scopes: ['captions:read', 'captions:write', 'webhooks'],
      name: '',
    });
    expect((await get('', { authorization: `Bearer ${key}` })).status).toBe(403);
  });

  it('is complete, from here alone, under a policy that keeps others out', async () => {
    const page = await get('');
    const policy = page.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    const html = await page.text();
    expect(html).not.toMatch(/https?:\/\/|<%/);
    expect(html).toContain('<base href="/admin/queues/" />');
    const files = [...html.matchAll(/(?:src|href)="(static\/[^"]+)"/g)].map(([, file]) => file);
    expect(files.length).toBeGreaterThan(3);
    for (const file of files) expect((await get(`/${file}`)).status, file).toBe(200);
  });

  it('serves no file but its own', async () => {
    for (const path of ['/static/../index.ejs', '/static/%2e%2e/index.ejs', '/static/none.js']) {
      expect((await get(path)).status, path).toBe(404);
    }
  });

  it('shows the queues and their jobs', async () => {
    const posted = await fetch(`${api.address}/v1/captions`, {
      method: 'POST',
      headers: { ...login, 'content-type': 'image/jpeg' },
      body: new Uint8Array(readPhoto('astronaut.jpg')),
    });
    expect(posted.status).toBe(202);
    const answer = await get('/api/queues');
    expect(answer.status).toBe(200);
    const { queues } = (await answer.json()) as {
      queues: { name: string; counts: { waiting: number }; readOnlyMode: boolean }[];
    };
    expect(queues.map(({ name }) => name)).toEqual([
      'image-fetch',
      'image-encode',
      'caption-decode',
      'webhook-delivery',
    ]);
    const waiting = queues.map(({ counts }) => counts.waiting);
    expect(waiting).toEqual([0, 1, 0, 0]);
    expect(queues.every(({ readOnlyMode }) => readOnlyMode)).toBe(true);
  });

  it('changes nothing', async () => {
    for (const path of ['/api/queues/image-encode/pause', '/api/queues/image-encode/empty']) {
      const answer = await fetch(`${api.address}/admin/queues${path}`, {
        method: 'PUT',
        headers: login,
      });
      expect([404, 405], path).toContain(answer.status);
    }
  });
});
