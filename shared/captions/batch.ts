// Batches: up to a hundred captions that are admitted together, and counted as they end.
import type { CaptionError, Priority } from '@caption-queue/contract/caption';
import { DomainError } from '@caption-queue/contract/errors';
import { toBuffer } from '@caption-queue/redis/bytes';
import { integer, json } from '@caption-queue/redis/codecs';
import { withinDeadline } from '@caption-queue/redis/deadline';
import {
  defineScript,
  prepareScript,
  type ReplyOf,
  runTransaction,
  type ScriptCall,
} from '@caption-queue/redis/script';
import { parseBatch, type StoredBatch } from './batch-record.ts';
import { type StoreContext, scriptKeys } from './context.ts';
import type { AdmissionOptions } from './create.ts';
import { createBatchId, createCaptionId } from './id.ts';
import { createLimits, type FullPart, fullPart, idempotencyConflict, queueFull } from './limits.ts';
import createBatchLua from './lua/create/create-batch.lua';
import {
  admissionScript,
  bindingKey,
  type CaptionChoices,
  choiceFields,
  type Ending,
  type Picture,
  prepareEnded,
  prepareWaiting,
} from './new-caption.ts';
import { readCaption } from './read.ts';
import type { StoredCaption } from './record.ts';

/** Pixels are stored before the batch is admitted; of one that never is, they vanish after this long. */
const STAGED_PIXELS_SECONDS = 600;

const CREATE_BATCH = defineScript({
  name: 'create-batch',
  lua: createBatchLua,
  include: admissionScript.include,
  keys: admissionScript.keys,
  args: {
    ...admissionScript.args,
    /** Most captions in work. */
    limits: json<Record<FullPart, number>>(),
    /** How many of its captions need work. */
    waiting: integer,
    captionIds: json<string[]>(),
  },
  replies: { ...admissionScript.replies, full: { part: fullPart } },
});

/** One of a batch: a picture to work on, one captioned before, or what is wrong with it. */
export type BatchItem = Picture | Ending | { error: CaptionError };

interface BatchCaption {
  captionId: string;
  item: BatchItem;
}

export interface NewBatch extends CaptionChoices {
  priority: Priority;
  items: readonly BatchItem[];
}

export interface BatchStore {
  /**
   * Admits a batch with all its captions, or none of it. Captions that need no work have ended then.
   *
   * @returns the batch, or the one that the same request made before
   * @throws DomainError as `CaptionAdmission.create`
   */
  createBatch(batch: NewBatch): Promise<StoredBatch>;
  /** @throws DomainError `redis_unavailable` */
  getBatch(batchId: string): Promise<StoredBatch | undefined>;
  /** Was there such a batch of this tenant, deleted by retention? @throws DomainError `redis_unavailable` */
  wasBatchDeleted(options: { batchId: string; tenant: string }): Promise<boolean>;
  /** Its captions in order; of deleted ones undefined. @throws DomainError `redis_unavailable` */
  listBatch(batchId: string): Promise<(StoredCaption | undefined)[]>;
}

export function createBatchStore(
  context: StoreContext,
  { limits: wanted, retentionSeconds }: AdmissionOptions,
): BatchStore {
  const { redis, queues, keys } = context;
  const limits = createLimits(wanted);

  const read = async (batchId: string) => parseBatch(await redis.hgetall(keys.batch(batchId)));

  function prepareBatch(
    batchId: string,
    batch: NewBatch,
    captionIds: string[],
  ): ScriptCall<ReplyOf<typeof CREATE_BATCH>> {
    const { tenant, priority, idempotency, items } = batch;
    return prepareScript(CREATE_BATCH, {
      keys: {
        ...scriptKeys(keys, batchId),
        binding: idempotency && bindingKey(keys, tenant, idempotency.key),
        batch: keys.batch(batchId),
      },
      args: {
        id: batchId,
        tenant,
        priority,
        requestHash: idempotency?.requestHash,
        limits,
        waiting: items.filter(needsWork).length,
        captionIds,
        fields: { retention_seconds: retentionSeconds, ...choiceFields(batch) },
      },
    });
  }

  /** Beforehand, so that nothing large is sent within the transaction. */
  async function storePixels(captions: readonly BatchCaption[]): Promise<void> {
    await Promise.all(
      captions.map(({ captionId, item }) =>
        'pixels' in item
          ? redis.set(keys.pixels(captionId), toBuffer(item.pixels), 'EX', STAGED_PIXELS_SECONDS)
          : undefined,
      ),
    );
  }

  async function admit(batch: NewBatch, captions: readonly BatchCaption[]): Promise<StoredBatch> {
    const { items: _each, idempotency: _theBatch, ...caption } = batch;
    const batchId = createBatchId();
    const captionIds = captions.map(({ captionId }) => captionId);
    const reply = await runTransaction(redis, {
      first: prepareBatch(batchId, batch, captionIds),
      following: captions.map(({ captionId, item }) => {
        const common = { keys, captionId, caption, retentionSeconds, batchId };
        return needsWork(item)
          ? prepareWaiting({ ...common, picture: item, limits })
          : prepareEnded({ ...common, ending: item });
      }),
    });
    if (reply.kind !== 'created') {
      await redis.unlink(captionIds.map((captionId) => keys.pixels(captionId)));
    }
    switch (reply.kind) {
      case 'conflict':
        throw idempotencyConflict();
      case 'full':
        throw queueFull(reply.part);
      case 'repeated':
        return readBound(reply.id);
      default:
    }
    await Promise.all(
      captions.map(({ captionId, item }) => {
        if (!needsWork(item)) return undefined;
        const stage = 'pixels' in item ? 'encode' : 'fetching';
        return queues.add({ stage, captionId, dispatch: 1, priority: batch.priority });
      }),
    );
    return readBound(batchId);
  }

  async function readBound(batchId: string): Promise<StoredBatch> {
    const record = await read(batchId);
    if (record !== undefined) return record;
    const detail = `This request made the batch ${batchId}, which was deleted since.`;
    throw new DomainError('caption_gone', detail);
  }

  return {
    async createBatch(batch) {
      const captions = batch.items.map((item) => ({ captionId: createCaptionId(), item }));
      await withinDeadline(redis, () => storePixels(captions));
      return withinDeadline(redis, () => admit(batch, captions));
    },

    getBatch: (batchId) => withinDeadline(redis, () => read(batchId)),

    wasBatchDeleted: ({ batchId, tenant }) =>
      withinDeadline(redis, async () => (await redis.get(keys.batchTombstone(batchId))) === tenant),

    listBatch: (batchId) =>
      withinDeadline(redis, async () => {
        const captionIds = await redis.lrange(keys.batchItems(batchId), 0, -1);
        return Promise.all(captionIds.map((captionId) => readCaption(context, captionId)));
      }),
  };
}

function needsWork(item: BatchItem): item is Picture {
  return 'pixels' in item || 'url' in item;
}
