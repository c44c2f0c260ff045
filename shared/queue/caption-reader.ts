// The part of the caption store that reads.
import { withinDeadline } from './deadline.ts';
import { parseRecord, type StoredCaption } from './record.ts';
import type { StoreContext } from './store-context.ts';

export interface CaptionReader {
  /**
   * @returns undefined when there is no such caption
   * @throws ProblemError `redis_unavailable`
   */
  get(captionId: string): Promise<StoredCaption | undefined>;
  /**
   * Was there such a caption of this tenant, deleted by retention or by request?
   *
   * @throws ProblemError `redis_unavailable`
   */
  wasDeleted(options: { captionId: string; tenant: string }): Promise<boolean>;
}

export function createCaptionReader(context: StoreContext): CaptionReader {
  const { redis, keys } = context;
  return {
    get: (captionId) => withinDeadline(redis, () => readCaption(context, captionId)),
    wasDeleted: ({ captionId, tenant }) =>
      withinDeadline(redis, async () => (await redis.get(keys.tombstone(captionId))) === tenant),
  };
}

/** Without a deadline, for callers that have one around more than this. */
export async function readCaption(
  { redis, keys }: StoreContext,
  captionId: string,
): Promise<StoredCaption | undefined> {
  const [hash, finished] = await Promise.all([
    redis.hgetall(keys.caption(captionId)),
    redis.get(keys.finished),
  ]);
  return parseStored(hash, Number(finished ?? 0));
}

function parseStored(
  hash: Record<string, string>,
  finishedCount: number,
): StoredCaption | undefined {
  const record = parseRecord(hash, finishedCount);
  return record && { ...record, tenant: hash.tenant ?? '' };
}
