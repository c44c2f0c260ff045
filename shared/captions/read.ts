// The part of the caption store that reads.
import type { CaptionStatus } from '@caption-queue/contract/caption';
import { withinDeadline } from '@caption-queue/redis/deadline';
import type { StoreContext } from './context.ts';
import { parseRecord, type StoredCaption } from './record.ts';

/** Sorts after every id, of which hexadecimal digits follow the prefix. */
const AFTER_ALL_IDS = 'cap_~';

export interface CaptionReader {
  /**
   * @returns undefined when there is no such caption
   * @throws DomainError `redis_unavailable`
   */
  get(captionId: string): Promise<StoredCaption | undefined>;
  /**
   * Was there such a caption of this tenant, deleted by retention or by request?
   *
   * @throws DomainError `redis_unavailable`
   */
  wasDeleted(options: { captionId: string; tenant: string }): Promise<boolean>;
  /**
   * A tenant's captions, newest first. A page may hold fewer than `limit` although another follows.
   *
   * @param options.cursor `nextCursor` of the page before; default: from the newest
   * @throws DomainError `redis_unavailable`
   */
  list(options: {
    tenant: string;
    status?: CaptionStatus | undefined;
    cursor?: string | undefined;
    limit: number;
  }): Promise<{ captions: StoredCaption[]; nextCursor: string | null }>;
}

export function createCaptionReader(context: StoreContext): CaptionReader {
  const { redis, keys } = context;
  return {
    get: (captionId) => withinDeadline(redis, () => readCaption(context, captionId)),
    wasDeleted: ({ captionId, tenant }) =>
      withinDeadline(redis, async () => (await redis.get(keys.tombstone(captionId))) === tenant),

    list: ({ tenant, status, cursor, limit }) =>
      withinDeadline(redis, async () => {
        const path = status === undefined ? `${tenant}/` : `${tenant}/${status}/`;
        const members = await redis.zrevrangebylex(
          keys.index,
          `(${path}${cursor ?? AFTER_ALL_IDS}`,
          `[${path}cap_`,
          'LIMIT',
          0,
          limit + 1,
        );
        const ids = members.slice(0, limit).map((member) => member.slice(path.length));
        const captions = await Promise.all(ids.map((id) => readCaption(context, id)));
        return {
          // Retention may have deleted one since.
          captions: captions.filter((caption) => caption !== undefined),
          nextCursor: members.length > limit ? (ids.at(-1) ?? null) : null,
        };
      }),
  };
}

/** Without a deadline, for callers that have one around more than this. */
export async function readCaption(
  { redis, keys }: StoreContext,
  captionId: string,
): Promise<StoredCaption | undefined> {
  const [hash, counts] = await Promise.all([
    redis.hgetall(keys.caption(captionId)),
    redis.hgetall(keys.counts),
  ]);
  const record = parseRecord(hash, counts);
  return record && { ...record, tenant: hash.tenant ?? '' };
}
