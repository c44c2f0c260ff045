// Every answer that the description names, of every operation, is given, and is as described there.
import { type Scope, scopes } from '@caption-queue/api/access/api-keys';
import { buildKeys } from '@caption-queue/redis/keys';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  createOperationAsker,
  form,
  json,
  type OperationAsker,
  picture,
  type Request,
  send,
  unknownIds,
} from '../../../support/api/ask-operations.ts';
import { apiForTests, useApi } from '../../../support/api/use-api.ts';
import { cutEnd, notPictures, pngClaiming } from '../../../support/pictures/pictures.ts';
import { createWorkerSide, fakeFeatures, soon } from '../../../support/pipeline/pipeline.ts';
import { freePort, redisIsAvailable } from '../../../support/redis/redis.ts';
import { useRedis } from '../../../support/redis/use-redis.ts';

const MAX_UPLOAD_BYTES = 10_000;
/** More than any operation takes. */
const TOO_MUCH = Buffer.alloc(200_000, 'x');
const OUTSIDE = 'https://receiver.example/hook';
const INSIDE = 'http://10.0.0.1/';
const MOST_WEBHOOKS = 50;
/** They ask Redis for nothing, unless a key has to be looked up. */
const withoutRedis = ['readInfo', 'maxMetadata'];

describe.skipIf(!redisIsAvailable)('every documented answer is given', () => {
  // Nothing has to outlive it, and a slow disk would give answers of its own.
  const redis = useRedis({ config: { appendonly: 'no' } });
  const limits = { MAX_UPLOAD_BYTES: String(MAX_UPLOAD_BYTES) };
  /** Asks nobody for a key. */
  const api = useApi(redis, { env: { ...limits, OUTBOUND_ALLOW: 'loopback' } });
  /** Asks for keys, each good for one request a minute. */
  const keyed = useApi(redis, { env: { ...limits, AUTH: 'required', RATE_LIMIT: '1' } });
  let the: OperationAsker;
  beforeAll(async () => {
    the = await createOperationAsker(api);
  });

  /** For one test. */
  const { start: another } = apiForTests(redis, { env: limits });

  async function keyWith(granted: readonly Scope[]): Promise<Pick<Request, 'headers'>> {
    const { key } = await keyed.apiKeys.create({ tenant: 'a', scopes: [...granted], name: '' });
    return { headers: { authorization: `Bearer ${key}` } };
  }
  /** As retention does. */
  function forgetBatch(id: unknown) {
    const { redis: connection, prefix } = api.queueSide;
    return connection.del(buildKeys(prefix).batch(String(id)));
  }
  const ask: OperationAsker['ask'] = (...request) => the.ask(...request);

  it('without a key, with the wrong one, under a foreign name, from a foreign page', async () => {
    for (const operation of the.guarded) {
      await ask(operation, '401 unauthorized', { api: keyed });
      const wrong = await keyWith(scopes.filter((scope) => scope !== operation.scope));
      await ask(operation, '403 insufficient_scope', { api: keyed, ...wrong });
      await the.askRaw(operation, '403 foreign_host', { lines: ['Host: evil.example'] });
      if (operation.method === 'GET') continue;
      const headers = { origin: 'https://evil.example' };
      await ask(operation, '403 foreign_origin', { headers });
    }
  });

  it('when a key is used too often', async () => {
    const key = await keyWith(scopes);
    await ask('readInfo', '200', { api: keyed, ...key });
    for (const operation of the.guarded) {
      await ask(operation, '429 rate_limited', { api: keyed, ...key });
    }
  });

  it('to ids that none can have, and that none has', async () => {
    const malformed = Object.fromEntries(Object.keys(unknownIds).map((kind) => [kind, 'x']));
    for (const operation of the.ofOne) {
      await ask(operation, '400 validation_failed', { ids: malformed });
      await ask(operation, '404 not_found');
      if (operation.bodies.length > 0 || operation.method === 'GET') continue;
      // A body that isn't asked for makes no difference.
      for (const request of [
        { headers: { 'content-type': 'application/json' } },
        send('application/json', '{'),
        send('text/plain', 'x'),
      ]) {
        await ask(operation, '404 not_found', request);
      }
    }
  });

  it('to bodies of a wrong type, form, content or size', async () => {
    for (const operation of the.taking()) {
      const unwanted = operation.id === 'maxPredict' ? '400' : '415 unsupported_media_type';
      await ask(operation, unwanted, send('text/plain', 'x'));
      const compressed = operation.id === 'maxPredict' ? '415' : '415 unsupported_media_type';
      await ask(operation, compressed, { body: 'x', headers: { 'content-encoding': 'gzip' } });
      const type = `${operation.bodies[0]}; boundary=x`;
      await ask(operation, '413 payload_too_large', send(type, TOO_MUCH));
    }
    for (const operation of the.taking('json')) {
      await ask(operation, '400 bad_request', send('application/json', '{'));
      await ask(operation, '400 validation_failed', json({}));
    }
    for (const operation of the.taking('multipart')) {
      const broken = send('multipart/form-data; boundary=x', 'x');
      await ask(operation, '400 malformed_multipart', broken);
    }
    const large = form('image', TOO_MUCH.subarray(0, MAX_UPLOAD_BYTES + 1));
    for (const id of ['createCaption', 'maxPredict']) {
      await ask(id, '413 payload_too_large', large);
    }
  });

  it('to bodies that never come to an end', async () => {
    const impatient = await another({ requestTimeoutMs: 500 });
    await Promise.all(
      the.taking().map((operation) => {
        const type = `Content-Type: ${operation.bodies[0]}`;
        const lines = ['Host: localhost', type, 'Content-Length: 99'];
        const request = { api: impatient, lines, body: '{' };
        return the.askRaw(operation, '408 request_timeout', request);
      }),
    );
  });

  it('to what only some take', async () => {
    const nobody = `http://127.0.0.1:${await freePort()}/`;
    for (const [id, answer, request] of [
      ['listCaptions', '400 validation_failed', { query: '?limit=0' }],
      ['followCaption', '400 invalid_last_event_id', { headers: { 'last-event-id': 'x' } }],
      ['createCaption', '413 image_too_large', form('image', pngClaiming(60_000, 60_000))],
      ['createCaption', '415 unsupported_image', form('image', notPictures.HTML)],
      ['createCaption', '422 empty_upload', form('image', Buffer.alloc(0))],
      ['createCaption', '422 damaged_image', form('image', cutEnd(picture, 20))],
      ['createCaption', '400 invalid_base64', json({ image: '?' })],
      ['createCaption', '422 url_refused', json({ image_url: INSIDE })],
      ['createCaption', '422 image_fetch_failed', json({ image_url: nobody })],
      ['createBatch', '422 url_refused', json({ image_urls: [OUTSIDE], webhook: INSIDE })],
      ['createWebhook', '422 url_refused', json({ url: INSIDE })],
      ['changeWebhook', '422 url_refused', json({ url: INSIDE })],
    ] as const satisfies [string, string, Request][]) {
      await ask(id, answer, request);
    }
  });

  it('when there is no decoder, no room, or none of a tenant’s', async () => {
    const full = await another({ env: { QUEUE_LIMIT: '1' } });
    const narrow = await another({ env: { TENANT_QUEUE_LIMIT: '1' } });
    await full.imaging.close();
    for (const operation of the.taking('multipart')) {
      await ask(operation, '503 imaging_unavailable', { api: full });
    }
    for (const { queueSide } of [full, narrow]) await queueSide.post(1);
    for (const operation of the.taking('multipart')) {
      await ask(operation, '503 queue_full', { api: full });
      await ask(operation, '429 tenant_queue_full', { api: narrow });
    }
  });

  it('to what is right, then to what has ended, then to what is gone', async () => {
    const ids = { ...unknownIds };
    const prefixOf = (id: unknown) => String(id).split('_')[0];
    const later = ['followCaption', 'maxPredict'];
    for (const operation of the.operations) {
      if (operation.method === 'DELETE' || later.includes(operation.id)) continue;
      const success = operation.answers.findLast((name) => name.startsWith('2')) ?? '';
      const { body } = await ask(operation, success, { ids });
      const kind = Object.keys(ids).find((name) => prefixOf(ids[name]) === prefixOf(body.id));
      if (kind !== undefined) ids[kind] = String(body.id);
    }
    const { text } = await ask('followCaption', '200', { ids });
    const last = [...text.matchAll(/^id: (.+)$/gm)].at(-1)?.[1] ?? '';
    await ask('followCaption', '204', { ids, headers: { 'last-event-id': last } });
    await ask('cancelCaption', '409 caption_ended', { ids });
    await ask('changeWebhook', '200', { ids, ...json({ enabled: false }) });
    for (const operation of the.naming('409 webhook_disabled')) {
      await ask(operation, '409 webhook_disabled', { ids });
    }
    const results = await ask('readBatchResults', '200', { ids });
    const { id: captions } = JSON.parse(results.text) as { id: string };
    await ask('deleteCaption', '204', { ids: { captions } });
    await forgetBatch(ids.batches);
    for (const operation of the.operations.filter(({ method }) => method === 'DELETE')) {
      await ask(operation, '204', { ids });
    }
    for (const operation of the.ofOne.filter((one) =>
      the.naming('410 caption_gone').includes(one),
    )) {
      await ask(operation, '410 caption_gone', { ids });
    }
  });

  it('to a request that is repeated', async () => {
    for (const create of ['createCaption', 'createBatch']) {
      const headers = { 'idempotency-key': create };
      const { body } = await ask(create, '202', { headers });
      await ask(create, '422 idempotency_conflict', { headers, query: '?beam_width=2' });
      if (create === 'createBatch') await forgetBatch(body.id);
      else await ask('deleteCaption', '204', { ids: { captions: String(body.id) } });
      await ask(create, '410 caption_gone', { headers });
    }
    for (let count = 0; count < MOST_WEBHOOKS; count += 1) await ask('createWebhook', '201');
    await ask('createWebhook', '409 too_many_webhooks');
  });

  it('when somebody else cancels, and when workers are done', async () => {
    const own = await another();
    let canceled = false;
    const workers = createWorkerSide({
      url: redis.url,
      prefix: own.queueSide.prefix,
      async encode(pixels) {
        if (!canceled) await cancel();
        canceled = true;
        return fakeFeatures(pixels);
      },
    });
    onTestFinished(() => workers.stop());
    async function cancel() {
      const { body } = await ask('listCaptions', '200', { api: own });
      const [{ id: captions }] = body.data as [{ id: string }];
      await ask('cancelCaption', '200', { api: own, ids: { captions } });
    }
    await ask('maxPredict', '500', { api: own });
    await ask('createCaption', '200', { api: own, headers: { prefer: 'wait=20' } });
    await ask('maxPredict', '200', { api: own });
  });

  it('without Redis', async () => {
    const key = await keyWith(scopes);
    await redis.crash();
    await ask('isAlive', '200');
    await ask('isReady', '503');
    for (const operation of the.guarded) {
      await ask(operation, '503 redis_unavailable', { api: keyed, ...key });
      const answer = withoutRedis.includes(operation.id) ? '200' : '503 redis_unavailable';
      await ask(operation, answer);
    }
    await redis.revive();
    const ready = async () => (await fetch(`${api.address}/readyz`)).status;
    await expect.poll(ready, soon).toBe(200);
  });

  it('with none left out', () => {
    expect(the.missing()).toEqual([]);
  });
});
