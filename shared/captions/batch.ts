// Batches: up to a hundred captions that are admitted together, and counted as they end.
import type { CaptionError, Priority } from '@caption-queue/contract/caption';
import { DomainError } from '@caption-queue/contract/errors';
import { toBuffer } from '@caption-queue/redis/bytes';
import { withinDeadline } from '@caption-queue/redis/deadline';
import { runTransaction, type ScriptCall } from '@caption-queue/redis/script';
import { parseBatch, type StoredBatch } from './batch-record.ts';
import { type StoreContext, scriptKeys } from './context.ts';
import type { AdmissionOptions } from './create.ts';
import { createBatchId, createCaptionId } from './id.ts';
import { createLimits, throwIfRefused } from './limits.ts';
import {
  bindingKey,
  type CaptionChoices,
  choiceFields,
  type Ending,
  endedBirth,
  fields,
  type Picture,
  waitingBirth,
} from './new-caption.ts';
import { readCaption } from './read.ts';
import type { StoredCaption } from './record.ts';
import { CREATE_BATCH } from './scripts/batch.ts';

/** Pixels are stored before the batch is admitted; of one that never is, they vanish after this long. */
const STAGED_PIXELS_SECONDS = 600;

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

  function batchCall(batchId: string, batch: NewBatch, captionIds: string[]): ScriptCall {
    const { tenant, priority, idempotency, items } = batch;
    const waiting = items.filter(needsWork).length;
    return {
      script: CREATE_BATCH,
      keys: [
        ...scriptKeys(keys, batchId),
        bindingKey(keys, { tenant, key: idempotency?.key }),
        keys.batch(batchId),
      ],
      args: [
        ...[keys.hint(batchId), batchId, idempotency?.requestHash ?? '', tenant, priority],
        ...[limits.all, limits.bulk, limits.tenant, waiting, captionIds.length, ...captionIds],
        ...fields({ retention_seconds: retentionSeconds, ...choiceFields(batch) }),
      ],
    };
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
    const [answer] = await runTransaction(redis, [
      batchCall(
        batchId,
        batch,
        captions.map(({ captionId }) => captionId),
      ),
      ...captions.map(({ captionId, item }) => {
        const birth = { keys, captionId, caption, retentionSeconds, batchId };
        return needsWork(item)
          ? waitingBirth({ ...birth, picture: item, limits })
          : endedBirth({ ...birth, ending: item });
      }),
    ]);
    const kind = answer?.text(0) ?? '';
    if (kind !== 'created') {
      await redis.unlink(captions.map(({ captionId }) => keys.pixels(captionId)));
      throwIfRefused(kind, () => answer?.text(1) ?? '');
      return readBound(answer?.text(1) ?? '');
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
