// Promise 10: what belongs to another tenant answers 404, as if it didn't exist, whichever operation asks for it.
import { once } from 'node:events';
import { createApiKeys, type Scope, scopes } from '@caption-queue/api/access/api-keys';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { redisIsAvailable } from '../support/redis/redis.ts';
import { idOf, post } from './harness/client.ts';
import { type Cluster, startCluster } from './harness/cluster.ts';
import { smallPhotos } from './harness/pictures.ts';
import { settings } from './harness/settings.ts';

type Headers = Record<string, string>;

/** Bodies that are right, so that it is not the body which is refused. */
const bodies: Record<string, string> = { changeWebhook: '{"description":"mine now"}' };

describe.skipIf(!redisIsAvailable)('another tenant', () => {
  let cluster: Cluster;
  let owner: Headers;
  let stranger: Headers;
  /** Of what the owner has, by what stands before it in an address. */
  let ids: Record<string, string>;

  beforeAll(async () => {
    const env = { AUTH: 'required', OUTBOUND_ALLOW: 'loopback' };
    cluster = await startCluster({ env });
    [owner, stranger] = await Promise.all([bearer('acme'), bearer('umbrella')]);
    const [picture] = (await smallPhotos(1)) as [Uint8Array];
    const form = new FormData();
    form.append('images', new Blob([new Uint8Array(picture)]), 'photo.jpg');
    const webhook = await create('/v1/webhooks', '{"url":"http://127.0.0.1:65535/"}');
    ids = {
      captions: await idOf(await post(cluster.url, { picture, headers: owner })),
      batches: await create('/v1/batches', form),
      webhooks: webhook,
      deliveries: await create(`/v1/webhooks/${webhook}/test`, ''),
    };
  }, settings.timeoutMs);
  afterAll(() => cluster?.stop());

  async function bearer(tenant: string): Promise<Headers> {
    const redis = new Redis(cluster.redis.url);
    await once(redis, 'ready');
    const apiKeys = createApiKeys({ redis, prefix: cluster.prefix });
    const granted: Scope[] = [...scopes];
    const { key } = await apiKeys.create({ tenant, scopes: granted, name: tenant });
    redis.disconnect();
    return { authorization: `Bearer ${key}` };
  }

  async function create(path: string, body: string | FormData): Promise<string> {
    const type: Headers = typeof body === 'string' ? { 'content-type': 'application/json' } : {};
    const headers = { ...owner, ...(body === '' ? {} : type) };
    const answer = await fetch(`${cluster.url}${path}`, { method: 'POST', headers, body });
    expect(answer.ok, `${path}: ${answer.status}`).toBe(true);
    return idOf(answer);
  }

  it('is told 404 by every operation on one thing of mine, and changes nothing', async () => {
    const { paths } = (await (await fetch(`${cluster.url}/openapi.json`)).json()) as {
      paths: Record<string, Record<string, { operationId: string }>>;
    };
    const asked: string[] = [];
    for (const [template, methods] of Object.entries(paths)) {
      if (!template.includes('{')) continue;
      const path = template.replace(/(\w+)\/\{\w+\}/g, (_all, kind) => `${kind}/${ids[kind]}`);
      for (const [method, { operationId }] of Object.entries(methods)) {
        const body = bodies[operationId];
        const answer = await fetch(`${cluster.url}${path}`, {
          method: method.toUpperCase(),
          headers: { ...stranger, ...(body && { 'content-type': 'application/json' }) },
          ...(body && { body }),
        });
        expect(answer.status, operationId).toBe(404);
        expect(await answer.json(), operationId).toMatchObject({ code: 'not_found' });
        asked.push(operationId);
      }
    }
    expect(asked).toEqual(
      expect.arrayContaining(['readCaption', 'deleteCaption', 'cancelCaption', 'changeWebhook']),
    );
    const caption = await fetch(`${cluster.url}/v1/captions/${ids.captions}`, { headers: owner });
    expect(await caption.json()).toMatchObject({ status: 'queued' });
    const webhook = await fetch(`${cluster.url}/v1/webhooks/${ids.webhooks}`, { headers: owner });
    expect(await webhook.json()).not.toMatchObject({ description: 'mine now' });
  });

  it.each(['/v1/captions', '/v1/webhooks'])('finds nothing of mine in %s', async (path) => {
    const list = async (headers: Headers) =>
      JSON.stringify(await (await fetch(`${cluster.url}${path}`, { headers })).json());
    const kind = path.slice('/v1/'.length);
    expect(await list(owner)).toContain(ids[kind]);
    expect(await list(stranger)).not.toContain(ids[kind]);
  });

  it('may use my Idempotency-Key, and gets a caption of its own', async () => {
    const [picture] = (await smallPhotos(1)) as [Uint8Array];
    const [mine, theirs] = await Promise.all(
      [owner, stranger].map((headers) => post(cluster.url, { picture, headers, key: 'same' })),
    );
    expect([mine?.status, theirs?.status]).toEqual([202, 202]);
    expect(await idOf(mine as Response)).not.toBe(await idOf(theirs as Response));
  });
});
