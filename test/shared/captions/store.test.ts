// The store's transitions, each against a real Redis: what they need, what they write, what they refuse.
import { ClaimLostError, type ClaimOf } from '@caption-queue/captions/claim-outcome';
import { MAX_CLAIMS } from '@caption-queue/contract/jobs';
import { beforeEach, describe, expect, it } from 'vitest';
import { endWithTest } from '../../support/end-with-test.ts';
import {
  createQueueSide,
  defaultOptions,
  fakeFeatures,
  fakeInput,
  flatPixels,
  type QueueSide,
} from '../../support/pipeline/pipeline.ts';
import { redisIsAvailable } from '../../support/redis/redis.ts';
import { useRedis } from '../../support/redis/use-redis.ts';

const output = {
  caption: 'a dog',
  confidence: null,
  alt_text: null,
  kind: null,
  kind_confidence: null,
  tags: [],
  alternatives: [],
  words: [],
};
const model = { name: 'm', version: '1' };

describe.skipIf(!redisIsAvailable)('the caption store', () => {
  const server = useRedis();
  let side: QueueSide;
  beforeEach(async () => {
    side = endWithTest(await createQueueSide({ url: server.url }));
  });

  async function claimed<S extends 'encode' | 'decode'>(
    captionId: string,
    stage: S,
    dispatch: number,
    bundleHash = 'bundle-a',
  ): Promise<ClaimOf<S>> {
    const outcome = await side.store.claim({ captionId, stage, dispatch, bundleHash });
    if (outcome.kind !== 'claimed') throw new Error(`Not claimed: ${outcome.kind}`);
    return outcome.claim;
  }

  const handOver = (claim: ClaimOf<'encode'>, bundleHash = 'bundle-a') =>
    side.store.handOver({
      claim,
      features: fakeFeatures(claim.pixels),
      featureCache: 'miss',
      encodeMs: 5,
      bundleHash,
    });

  const succeed = (claim: ClaimOf<'decode'>) =>
    side.store.succeed({ claim, events: [], output, decodeMs: 3, model });

  const field = (id: string, name: string) => side.redis.hget(`${side.prefix}:caption:${id}`, name);

  it('gives a claim the very pixels, and the next stage the very features', async () => {
    const pixels = flatPixels(0).map((_, index) => index % 251);
    const { id } = await side.store.create({
      tenant: 'default',
      input: fakeInput,
      options: defaultOptions,
      pixels,
    });
    const encode = await claimed(id, 'encode', 1);
    expect(Buffer.from(encode.pixels).equals(Buffer.from(pixels))).toBe(true);
    expect(encode).toMatchObject({ fence: 1, claims: 1, options: defaultOptions });

    const features = fakeFeatures(pixels).map((_, index) => index % 65_521);
    const rest = { featureCache: 'miss', encodeMs: 5, bundleHash: 'bundle-a' } as const;
    await side.store.handOver({ claim: encode, features, ...rest });
    const decode = await claimed(id, 'decode', 2);
    expect(Buffer.from(decode.features.buffer).equals(Buffer.from(features.buffer))).toBe(true);
  });

  it('refuses every write of a claim that a newer one has replaced', async () => {
    const { id } = await side.post(1);
    const late = await claimed(id, 'encode', 1);
    const newer = await claimed(id, 'encode', 1);
    expect(newer.fence).toBe(late.fence + 1);
    await expect(handOver(late)).rejects.toBeInstanceOf(ClaimLostError);
    await handOver(newer);

    const lateDecode = await claimed(id, 'decode', 2);
    const newerDecode = await claimed(id, 'decode', 2);
    const events = [{ type: 'draft', data: { caption: 'late' } }] as const;
    await expect(side.store.appendEvents({ claim: lateDecode, events })).rejects.toThrow(/lost/);
    await expect(succeed(lateDecode)).rejects.toBeInstanceOf(ClaimLostError);
    const error = { code: 'stage_failed', detail: '' };
    await expect(side.store.fail({ claim: lateDecode, error })).rejects.toThrow(/lost/);
    await succeed(newerDecode);
    await expect(succeed(newerDecode)).rejects.toBeInstanceOf(ClaimLostError);
    expect((await side.store.get(id))?.status).toBe('succeeded');
  });

  it('lets nobody claim under another dispatch, after the end, or without a record', async () => {
    const { id } = await side.post(1);
    const claim = (captionId: string, stage: 'encode' | 'decode', dispatch: number) =>
      side.store.claim({ captionId, stage, dispatch, bundleHash: 'bundle-a' });
    expect(await claim(id, 'encode', 2)).toEqual({ kind: 'stale' });
    expect(await claim(id, 'decode', 1)).toEqual({ kind: 'stale' });
    expect(await claim(id.replace(/.{12}$/, '000000000000'), 'encode', 1)).toEqual({
      kind: 'gone',
    });
    await handOver(await claimed(id, 'encode', 1));
    await succeed(await claimed(id, 'decode', 2));
    expect(await claim(id, 'decode', 2)).toEqual({ kind: 'ended' });
    expect(await claim(id, 'encode', 1)).toEqual({ kind: 'ended' });
  });

  it('tells a redelivered encode job which decode job to add again', async () => {
    const { id } = await side.post(1);
    const claim = await claimed(id, 'encode', 1);
    await handOver(claim);
    expect(await side.store.claim({ captionId: id, stage: 'encode', dispatch: 1 })).toEqual({
      kind: 'handed-over',
      dispatch: 2,
      priority: 'interactive',
    });
    await side.store.enqueue({
      captionId: id,
      stage: 'decode',
      dispatch: 2,
      priority: 'interactive',
    });
    expect((await side.queues.counts('decode')).waiting).toBe(1);
    await expect(handOver(claim)).rejects.toBeInstanceOf(ClaimLostError);
  });

  it('spends one of ten claims each time, and then fails visibly', async () => {
    const { id } = await side.post(1);
    for (let n = 1; n <= MAX_CLAIMS; n += 1) {
      expect((await claimed(id, 'encode', 1)).claims).toBe(n);
    }
    expect(await side.store.claim({ captionId: id, stage: 'encode', dispatch: 1 })).toEqual({
      kind: 'exhausted',
    });
    expect(await side.untilEnded(id)).toMatchObject({
      status: 'failed',
      stage: 'encode',
      error: { code: 'too_many_attempts' },
    });
  });

  it('takes a claim back as if it had never been, but for its fence', async () => {
    const { id } = await side.post(1);
    const claim = await claimed(id, 'encode', 1);
    await side.store.release(claim);
    expect(await field(id, 'claims_encode')).toBe('0');
    await expect(handOver(claim)).rejects.toBeInstanceOf(ClaimLostError);
    const next = await claimed(id, 'encode', 1);
    expect(next.claims).toBe(1);

    await side.store.release(claim); // no longer its own: changes nothing
    expect(await field(id, 'claims_encode')).toBe('1');
    await handOver(next);
  });

  it('keeps a caption for decoders of the bundle that its features were made for', async () => {
    const { id } = await side.post(1);
    await handOver(await claimed(id, 'encode', 1), 'bundle-b');
    const other = { captionId: id, stage: 'decode', dispatch: 2, bundleHash: 'bundle-a' } as const;
    const parked = { kind: 'other-bundle', bundleHash: 'bundle-b' };
    expect(await side.store.claim(other)).toEqual({ ...parked, first: true });
    expect(await side.store.claim(other)).toEqual({ ...parked, first: false });
    expect((await claimed(id, 'decode', 2, 'bundle-b')).claims).toBe(1);
  });

  it('starts again from the pixels, and an old claim or job counts no more', async () => {
    const { id } = await side.post(1);
    await handOver(await claimed(id, 'encode', 1));
    const old = await claimed(id, 'decode', 2);
    expect(await side.store.restart({ captionId: id, dispatch: 2 })).toBe('revived');
    expect(await side.store.restart({ captionId: id, dispatch: 2 })).toBe('moved');
    await expect(succeed(old)).rejects.toBeInstanceOf(ClaimLostError);
    expect(await side.store.get(id)).toMatchObject({ status: 'queued', stage: 'encode' });
    await handOver(await claimed(id, 'encode', 3));
    await succeed(await claimed(id, 'decode', 4));
    expect(await field(id, 'claims_encode')).toBe('2');
  });

  it('recovers features that are gone, and fails when the pixels are', async () => {
    const { id } = await side.post(1);
    await handOver(await claimed(id, 'encode', 1));
    await side.redis.del(`${side.prefix}:features:${id}`);
    const decode = { captionId: id, stage: 'decode', dispatch: 2, bundleHash: 'bundle-a' } as const;
    expect(await side.store.claim(decode)).toEqual({ kind: 'features-lost', dispatch: 2 });
    await side.store.restart({ captionId: id, dispatch: 2 });

    await side.redis.del(`${side.prefix}:pixels:${id}`);
    const encode = { captionId: id, stage: 'encode', dispatch: 3 } as const;
    expect(await side.store.claim(encode)).toEqual({ kind: 'pixels-lost' });
    expect(await side.untilEnded(id)).toMatchObject({
      status: 'failed',
      error: { code: 'stage_failed', detail: expect.stringContaining('Upload it again') },
    });
  });

  it('admits as many captions as are in work at most, and writes nothing for one more', async () => {
    const small = await createQueueSide({ url: server.url, queueLimit: 2 });
    const first = await small.post(1);
    const second = await small.post(2);
    expect([first.queue.ahead, second.queue.ahead]).toEqual([0, 1]);
    const keysBefore = await small.redis.keys(`${small.prefix}:*`);
    await expect(small.post(3)).rejects.toMatchObject({
      code: 'queue_full',
      retryAfterSeconds: expect.any(Number),
    });
    expect((await small.redis.keys(`${small.prefix}:*`)).sort()).toEqual(keysBefore.sort());

    const ended = await small.store.claim({ captionId: first.id, stage: 'encode', dispatch: 1 });
    if (ended.kind !== 'claimed') throw new Error('not claimed');
    await small.store.fail({ claim: ended.claim, error: { code: 'stage_failed', detail: '' } });
    expect((await small.store.get(second.id))?.queue.ahead).toBe(0);
    await expect(small.post(3)).resolves.toMatchObject({ status: 'queued' });
    await small.close();
  });

  it('reserves 540 kB a caption of the bytes it may use', async () => {
    const small = await createQueueSide({ url: server.url, queueLimitBytes: 540_000 });
    await small.post(1);
    await expect(small.post(2)).rejects.toMatchObject({ code: 'queue_full' });
    await small.close();
  });

  it('never admits more than the limit under concurrent uploads', async () => {
    const small = await createQueueSide({ url: server.url, queueLimit: 5 });
    const results = await Promise.allSettled(Array.from({ length: 15 }, (_, n) => small.post(n)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    expect((await small.queues.counts('encode')).waiting).toBe(5);
    await small.close();
  });

  it('reads nothing for an id it never gave', async () => {
    expect(await side.store.get('cap_00000000-0000-7000-8000-000000000000')).toBeUndefined();
  });
});
