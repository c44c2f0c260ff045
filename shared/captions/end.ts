// The part of the caption store that ends captions by request or by the clock: canceled, deleted, expired, purged.
import { type TerminalStatus, terminalStatuses } from '@caption-queue/contract/caption';
import type { StageJobRef } from '@caption-queue/contract/jobs';
import { integer, oneOf, text } from '@caption-queue/redis/codecs';
import { withinDeadline } from '@caption-queue/redis/deadline';
import { defineScript } from '@caption-queue/redis/script';
import { captionKeys, type StoreContext, stage } from './context.ts';
import cancelLua from './lua/cancel.lua';
import deleteLua from './lua/delete.lua';
import expireLua from './lua/expire.lua';
import prelude from './lua/prelude.lua';
import { readCaption } from './read.ts';
import type { StoredCaption } from './record.ts';

const common = { include: [prelude], keys: captionKeys };
/** Of the caption that was in work. */
const itsJob = { stage, dispatch: integer };

const CANCEL = defineScript({
  ...common,
  name: 'cancel',
  lua: cancelLua,
  args: { id: text, tenant: text },
  replies: { absent: {}, ended: { status: oneOf(...terminalStatuses) }, canceled: itsJob },
});
const DELETE = defineScript({
  ...common,
  name: 'delete',
  lua: deleteLua,
  args: { id: text, tenant: text },
  replies: { absent: {}, deleted: {}, canceled: itsJob },
});
const EXPIRE = defineScript({
  ...common,
  name: 'expire',
  lua: expireLua,
  args: { id: text },
  replies: { kept: {}, expired: itsJob },
});

export type Cancellation =
  | { readonly kind: 'canceled'; readonly record: StoredCaption }
  | { readonly kind: 'ended'; readonly status: TerminalStatus }
  /** There is no such caption of this tenant, or it was deleted. */
  | { readonly kind: 'absent' };

interface OwnCaption {
  captionId: string;
  tenant: string;
}

export interface CaptionEndings {
  /**
   * Ends a caption in work as `canceled`; a worker that has it stops at its next write.
   *
   * @throws DomainError `redis_unavailable`
   */
  cancel(caption: OwnCaption): Promise<Cancellation>;
  /**
   * Deletes record, pixels and stream, after canceling what is in work; only a tombstone stays.
   *
   * @returns was there such a caption of this tenant?
   * @throws DomainError `redis_unavailable`
   */
  delete(caption: OwnCaption): Promise<boolean>;
  /** Ends captions whose deadline has passed, at most `limit` of them. @returns their ids */
  expireDue(options: { nowMs: number; limit: number }): Promise<string[]>;
  /** Takes captions that retention has deleted off the lists, at most `limit` of them. */
  forgetPurged(options: { nowMs: number; limit: number }): Promise<void>;
}

export function createCaptionEndings(context: StoreContext): CaptionEndings {
  const { redis, queues, keys, run } = context;

  /** Its job would do nothing; gone, it doesn't count as waiting either. A job at work is left to its worker. */
  async function dropJob({ captionId, stage, dispatch }: StageJobRef): Promise<void> {
    await queues.remove({ captionId, stage, dispatch }).catch(() => undefined);
  }

  return {
    cancel: ({ captionId, tenant }) =>
      withinDeadline(redis, async (): Promise<Cancellation> => {
        const reply = await run(CANCEL, { id: captionId, tenant });
        if (reply.kind !== 'canceled') return reply;
        const [record] = await Promise.all([
          readCaption(context, captionId),
          dropJob({ captionId, ...reply }),
        ]);
        return record === undefined ? { kind: 'absent' } : { kind: 'canceled', record };
      }),

    delete: ({ captionId, tenant }) =>
      withinDeadline(redis, async () => {
        const reply = await run(DELETE, { id: captionId, tenant });
        if (reply.kind === 'canceled') await dropJob({ captionId, ...reply });
        return reply.kind !== 'absent';
      }),

    async expireDue({ nowMs, limit }) {
      const due = await redis.zrangebyscore(keys.deadlines, '-inf', nowMs, 'LIMIT', 0, limit);
      const expired = await Promise.all(
        due.map(async (captionId) => {
          const reply = await run(EXPIRE, { id: captionId });
          if (reply.kind !== 'expired') return [];
          await dropJob({ captionId, ...reply });
          return [captionId];
        }),
      );
      return expired.flat();
    },

    async forgetPurged({ nowMs, limit }) {
      const members = await redis.zrangebyscore(keys.purges, '-inf', nowMs, 'LIMIT', 0, limit);
      if (members.length === 0) return;
      const withoutStatus = members.map((member) => member.replace(/\/[^/]+\//, '/'));
      await redis
        .multi()
        .zrem(keys.index, ...members, ...withoutStatus)
        .zrem(keys.purges, ...members)
        .exec();
    },
  };
}
