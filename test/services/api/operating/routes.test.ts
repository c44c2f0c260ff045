// What an operator's machines read of the API: metrics of everything that passes, and what it is and allows.
import { describe, expect, it } from 'vitest';
import { useApi } from '../../../support/api/use-api.ts';
import { readPhoto } from '../../../support/pictures/pictures.ts';
import { redisIsAvailable } from '../../../support/redis/redis.ts';
import { useRedis } from '../../../support/redis/use-redis.ts';

describe.skipIf(!redisIsAvailable)('the API, to its operator', () => {
  const redis = useRedis();
  const api = useApi(redis, {
    env: { QUEUE_LIMIT: '7', MAX_UPLOAD_BYTES: '100000' },
  });

  const metrics = async () => (await fetch(`${api.address}/metrics`)).text();

  it('counts requests by route and status, never by id', async () => {
    const { status, headers } = await api.upload(readPhoto('cat.jpg'));
    expect(status).toBe(202);
    await fetch(headers.get('location')?.replace(/^\//, `${api.address}/`) ?? '');
    await fetch(`${api.address}/nowhere/at/all`);
    const text = await metrics();
    const count = 'cq_http_request_duration_seconds_count';
    expect(text).toContain(
      `${count}{service="api",method="POST",route="/v1/captions",status="202"`,
    );
    expect(text).toContain(
      `${count}{service="api",method="GET",route="/v1/captions/:id",status="200"`,
    );
    expect(text).toContain(`${count}{service="api",method="GET",route="unknown",status="404"`);
    expect(text).not.toContain('cap_');
  });

  it('tells how much waits in each stage, and for how long', async () => {
    const text = await metrics();
    expect(text).toMatch(/cq_queue_depth\{stage="encode",state="waiting",service="api"\} 1\n/);
    expect(text).toMatch(/cq_queue_depth\{stage="decode",state="waiting",service="api"\} 0\n/);
    expect(text).toMatch(/cq_queue_oldest_seconds\{stage="encode",service="api"\} [\d.]+\n/);
    expect(text).toMatch(/cq_result_cache_lookups_total\{result="miss",service="api"\} 1\n/);
  });

  it('says what it is and what it allows', async () => {
    const answer = await fetch(`${api.address}/info`);
    expect(await answer.json()).toEqual({
      name: 'caption-queue',
      version: '0.0.0-test',
      model: null,
      auth: 'none',
      workers: [],
      limits: {
        max_upload_bytes: 100_000,
        max_pixels: 100_000_000,
        queue_limit: 7,
        tenant_queue_limit: 7,
        requests_per_minute: null,
        retention_seconds: 604_800,
      },
    });
  });

  it('names each request in its answer, whatever becomes of it', async () => {
    for (const path of ['/', '/livez', '/v1/captions/x', '/nowhere', '/docs', '/openapi.json']) {
      const id = `test${path.replaceAll('/', '-')}`;
      const answer = await fetch(`${api.address}${path}`, { headers: { 'x-request-id': id } });
      expect(answer.headers.get('x-request-id'), path).toBe(id);
    }
  });
});
