// Promise 9: no upload crashes the service or makes it take more memory than is stated.
// Each row of bad requests and uploads has its answer in test/services/api/http/bad-requests and uploads/bad-uploads.
import type { ErrorCode } from '@caption-queue/contract/errors';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pngClaiming, profileBomb, textBomb, withChunks } from '../support/pictures/pictures.ts';
import { canSeeProcesses, childrenOf } from '../support/processes/process-tree.ts';
import { redisIsAvailable } from '../support/redis/redis.ts';
import { post } from './harness/client.ts';
import { type Cluster, startCluster } from './harness/cluster.ts';
import { createMutator } from './harness/mutate.ts';
import { smallPhotos } from './harness/pictures.ts';
import { footprintOf } from './harness/process-memory.ts';
import { randomFor } from './harness/seed.ts';
import { settings } from './harness/settings.ts';

/** What is stated of an imaging process, beyond what it takes anyway. */
const BYTES_PER_PIXEL = 10;
/** As many as are decoded, and as many that wait. */
const LANES = 4;

const expected: (ErrorCode | 'accepted')[] = [
  'accepted',
  'damaged_image',
  'empty_upload',
  'image_too_large',
  'unsupported_image',
];

describe.skipIf(!redisIsAvailable || !canSeeProcesses)('the API’s process', () => {
  let cluster: Cluster;
  let children: number[];
  const api = () => cluster.apis[0]?.pid ?? 0;
  const peakBytes = () =>
    [api(), ...children].reduce((sum, pid) => sum + footprintOf(pid).peakBytes, 0);
  const codeOf = async (picture: Uint8Array): Promise<string> => {
    const answer = await post(cluster.url, { picture });
    if (answer.status === 202) return 'accepted';
    return ((await answer.json()) as { code: string }).code;
  };

  beforeAll(async () => {
    const env = {
      MAX_PIXELS: String(settings.maxPixels),
      QUEUE_LIMIT: '100000',
      QUEUE_LIMIT_BYTES: '100000000000',
    };
    cluster = await startCluster({ env });
    const [photo] = (await smallPhotos(1)) as [Uint8Array];
    expect(await codeOf(photo)).toBe('accepted'); // so that its imaging processes are there
    children = childrenOf(api()).sort();
  }, settings.timeoutMs);
  afterAll(() => cluster?.stop());

  it(`lives through ${settings.mutations} damaged pictures, and so do its children`, {
    timeout: settings.timeoutMs,
  }, async () => {
    const mutate = await createMutator(randomFor('mutations'));
    const outcomes = new Map<string, number>();
    let left = settings.mutations;
    const lane = async () => {
      while (left > 0) {
        left -= 1;
        const code = await codeOf(mutate());
        outcomes.set(code, (outcomes.get(code) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    console.info(`mutations: ${JSON.stringify(Object.fromEntries(outcomes))}`);
    expect(expected).toEqual(expect.arrayContaining([...outcomes.keys()]));
    expect(outcomes.get('accepted')).toBeGreaterThan(settings.mutations / 20);
    expect(outcomes.get('damaged_image')).toBeGreaterThan(settings.mutations / 20);
    expect(childrenOf(api()).sort()).toEqual(children);
  });

  it('and its children grow by 10 bytes a pixel at most, whatever a picture unpacks to', {
    timeout: settings.timeoutMs,
  }, async () => {
    const background = '#808080';
    const plain = (side: number) =>
      sharp({ create: { width: side, height: side, channels: 3, background } });
    const small = await plain(8).png().toBuffer();
    // Just below MAX_PIXELS, in the form that takes most: all of it is held until the last scan.
    const largest = await plain(Math.floor(Math.sqrt(settings.maxPixels)) - 1)
      .jpeg({ progressive: true, chromaSubsampling: '4:4:4' })
      .toBuffer();
    const bombs: [Uint8Array, string][] = [
      [pngClaiming(60_000, 60_000), 'image_too_large'],
      [pngClaiming(1_000_000, 20), 'image_too_large'],
      [withChunks(small, textBomb(100_000_000)), 'accepted'],
      [withChunks(small, profileBomb(50_000_000)), 'accepted'],
      [largest, 'accepted'],
      [largest, 'accepted'],
    ];
    const beforeBytes = peakBytes();
    const codes = await Promise.all(bombs.map(([bomb]) => codeOf(bomb)));
    expect(codes).toEqual(bombs.map(([, code]) => code));
    const grewBytes = peakBytes() - beforeBytes;
    console.info(`the API and its children grew by ${Math.round(grewBytes / 2 ** 20)} MiB`);
    expect(grewBytes).toBeLessThan(children.length * BYTES_PER_PIXEL * settings.maxPixels);
    expect(childrenOf(api()).sort()).toEqual(children);
  });
});
