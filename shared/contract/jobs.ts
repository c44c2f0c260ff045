// The job catalogue: which queue carries which payload, how long a job may take, how often BullMQ may try.
import Type from 'typebox';
import { CaptionId, type Priority, type Stage } from './caption.ts';
import { DeliveryId } from './webhooks.ts';

/** `dispatch` must equal the record's, else the job is an old one and does nothing. */
export const StageJob = Type.Object({
  captionId: CaptionId,
  dispatch: Type.Integer({ minimum: 1 }),
});
export type StageJob = Type.Static<typeof StageJob>;

/** Names the job of one dispatch of a stage. */
export interface StageJobRef {
  stage: Stage;
  captionId: string;
  dispatch: number;
}

export interface NewStageJob extends StageJobRef {
  priority: Priority;
}

/** The one budget of claims a stage has, counted in the record; BullMQ's own limits lie above it. */
export const MAX_CLAIMS = 10;

/** BullMQ's, by ours: jobs without one go first, so bulk never holds up interactive; bulk itself may wait without bound. */
export const jobPriorities = { interactive: undefined, bulk: 10 } as const satisfies Record<
  Priority,
  number | undefined
>;

export const stageQueues = {
  fetching: { queue: 'image-fetch', payload: StageJob, timeoutMs: 30_000, attempts: 50 },
  encode: { queue: 'image-encode', payload: StageJob, timeoutMs: 30_000, attempts: 50 },
  decode: { queue: 'caption-decode', payload: StageJob, timeoutMs: 30_000, attempts: 50 },
} as const satisfies Record<Stage, unknown>;

/** `round` must equal the delivery's, else it was replayed meanwhile and another job takes care of it. */
export const DeliveryJob = Type.Object({
  deliveryId: DeliveryId,
  round: Type.Integer({ minimum: 1 }),
});
export type DeliveryJob = Type.Static<typeof DeliveryJob>;

/** A receiver's failures are counted in the delivery; these attempts are for trouble of our own. */
export const deliveryQueue = { queue: 'webhook-delivery', attempts: 100 } as const;

/** Never reused while a retained job could swallow it: `dispatch` grows with every enqueue. */
export function stageJobId(captionId: string, stage: Stage, dispatch: number): string {
  return `${captionId}-${stage}-${dispatch}`;
}
