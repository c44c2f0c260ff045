// From a picture's bytes to a caption: decoded, answered from the cache of results, or put in the queue.
import { createHash } from 'node:crypto';
import type { CachedResult, ResultReader } from '@caption-queue/cache/results';
import type { CaptionAdmission } from '@caption-queue/captions/create';
import type { Ending, Picture } from '@caption-queue/captions/new-caption';
import type { StoredCaption } from '@caption-queue/captions/record';
import type { CaptionOptions } from '@caption-queue/contract/caption';
import { Counter, type Registry } from '@caption-queue/runtime/metrics';
import type { Heartbeats } from '@caption-queue/worker/heartbeat';
import type { FastifyRequest } from 'fastify';
import type { OutboundClient } from '../outbound/client.ts';
import type { ImagingPool } from '../uploads/imaging/pool.ts';
import type { PreparedChoices } from './choices.ts';

/** For so long a look at the workers' heartbeats is believed. */
const LIVE_MODELS_MS = 1_000;

export interface IntakeRequest {
  choices: PreparedChoices;
  /** The header `Idempotency-Key`. */
  idempotencyKey: string | undefined;
  /** Do the work again, whatever the cache has. */
  fresh: boolean;
}

/** A picture to work on, or what was said of the same pixels before. */
export type Inspected =
  | Extract<Picture, { pixels: Uint8Array }>
  | Extract<Ending, { output: object }>;

export interface CaptionIntake {
  /**
   * A hook before the body is read: what can't be accepted needn't be received. `store.create` is what decides.
   *
   * @throws DomainError `queue_full`, `redis_unavailable`
   */
  checkRoom(request: FastifyRequest): Promise<void>;
  /** @throws DomainError for pictures that are none, and all that `CaptionAdmission.create` throws */
  takePicture(image: Buffer, request: IntakeRequest): Promise<StoredCaption>;
  /** Fetches the picture first. @throws DomainError `url_refused`, `image_fetch_failed`, and as `takePicture` */
  takeUrl(url: string, request: IntakeRequest, signal: AbortSignal): Promise<StoredCaption>;
  /** Only decodes a picture. @throws DomainError for pictures that are none, `imaging_unavailable` */
  inspect(image: Buffer, request: Pick<IntakeRequest, 'choices' | 'fresh'>): Promise<Inspected>;
}

export function createCaptionIntake(options: {
  store: CaptionAdmission;
  results: ResultReader;
  heartbeats: Heartbeats;
  imaging: Pick<ImagingPool, 'normalise'>;
  outbound: Pick<OutboundClient, 'checkUrl' | 'fetchImage'>;
  registry: Registry;
}): CaptionIntake {
  const { store, results, imaging, outbound } = options;
  const lookups = new Counter({
    name: 'cq_result_cache_lookups_total',
    help: 'Pictures looked up among finished captions',
    labelNames: ['result'],
    registers: [options.registry],
  });
  const isLive = createLiveModels(options.heartbeats);

  async function checkRoom({ access: { tenant }, headers }: FastifyRequest): Promise<void> {
    const key = headers['idempotency-key'];
    await store.checkRoom(typeof key === 'string' ? { tenant, key } : undefined);
  }

  async function takeUrl(
    url: string,
    request: IntakeRequest,
    signal: AbortSignal,
  ): Promise<StoredCaption> {
    outbound.checkUrl(url);
    const idempotency = bindingOf(request, url);
    const { tenant } = request.choices;
    // Before anything is fetched: the address may answer something else by now.
    const before = idempotency && (await store.findRepeated({ tenant, ...idempotency }));
    if (before) return before;
    const image = await outbound.fetchImage(url, { signal });
    return take({ image, request, identity: url });
  }

  async function take(options: {
    image: Buffer;
    request: IntakeRequest;
    /** What the picture is to the Idempotency-Key; default: its pixels. */
    identity?: string;
  }): Promise<StoredCaption> {
    const { image, request, identity } = options;
    const picture = await inspect(image, request);
    const idempotency = bindingOf(request, identity ?? picture.input.sha256);
    const caption = { ...request.choices, idempotency };
    return 'pixels' in picture
      ? store.create({ ...caption, ...picture })
      : store.createFinished({ ...caption, ...picture });
  }

  async function inspect(
    image: Buffer,
    { choices, fresh }: Pick<IntakeRequest, 'choices' | 'fresh'>,
  ): Promise<Inspected> {
    const { pixels, input } = await normalise(imaging, image);
    if (fresh) return { input, pixels };
    const result = await findResult({ pixelsHash: input.sha256, options: choices.options });
    if (result === undefined) return { input, pixels };
    const { output, model } = result;
    return { input, output, model };
  }

  /** What a model that could do the work now has said of the same pixels and options before. */
  async function findResult(parts: {
    pixelsHash: string;
    options: CaptionOptions;
  }): Promise<CachedResult | undefined> {
    const result = await results.get(parts);
    const usable = result !== undefined && (await isLive(result.bundleHash));
    lookups.inc({ result: usable ? 'hit' : 'miss' });
    return usable ? result : undefined;
  }

  const takePicture: CaptionIntake['takePicture'] = (image, request) => take({ image, request });
  return { checkRoom, takePicture, takeUrl, inspect };
}

/** Decodes a picture in a process of its own, and says what it was. */
export async function normalise(
  imaging: Pick<ImagingPool, 'normalise'>,
  image: Buffer,
): Promise<Extract<Picture, { pixels: Uint8Array }>> {
  const { pixels, mediaType, width, height } = await imaging.normalise(image);
  const sha256 = createHash('sha256').update(pixels).digest('hex');
  return { pixels, input: { sha256, media_type: mediaType, width, height } };
}

function bindingOf({ idempotencyKey: key, choices }: IntakeRequest, picture: string) {
  if (key === undefined) return undefined;
  return { key, requestHash: hashRequest({ picture, choices }) };
}

/** The same picture (pixels or URL) and the same choices: the same request, however its bytes were framed. */
export function hashRequest(request: { picture: unknown; choices: PreparedChoices }): string {
  const { picture, choices } = request;
  const { options, priority, metadata, webhook, webhookEvents, expiresInSeconds } = choices;
  const parts = [picture, options, priority, metadata, webhook, webhookEvents, expiresInSeconds];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** @returns is there a decoder now that has this bundle? */
function createLiveModels(heartbeats: Heartbeats): (bundleHash: string) => Promise<boolean> {
  let readAt = Number.NEGATIVE_INFINITY;
  let live: Promise<ReadonlySet<string>> = Promise.resolve(new Set());

  async function read(): Promise<ReadonlySet<string>> {
    const beats = await heartbeats.list().catch(() => []);
    const decoders = beats.filter(({ stage, state }) => stage === 'decode' && state === 'ready');
    return new Set(decoders.flatMap(({ model }) => (model === null ? [] : [model.bundleHash])));
  }

  return async (bundleHash) => {
    if (performance.now() - readAt > LIVE_MODELS_MS) {
      readAt = performance.now();
      live = read();
    }
    return (await live).has(bundleHash);
  };
}
