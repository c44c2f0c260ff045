// What a worker says of itself in Redis every few seconds; the API has no model and learns from it.
import Type from 'typebox';
import { WorkerStage } from './caption.ts';

/** A worker that has not beaten for this long is gone. */
export const HEARTBEAT_TTL_SECONDS = 15;

export const Heartbeat = Type.Object({
  id: Type.String({ description: 'Host, process and a random part.' }),
  stage: WorkerStage,
  state: Type.Enum(['starting', 'ready', 'refusing'], {
    description: '`refusing` takes no work, e.g. because its model does not load; see `lastError`.',
  }),
  startedAt: Type.String({ format: 'date-time' }),
  engine: Type.String(),
  model: Type.Union([
    Type.Object({
      name: Type.String(),
      version: Type.String(),
      bundleHash: Type.String(),
      graphHash: Type.String({ description: 'Of the graph that really runs.' }),
      precision: Type.Enum(['int8', 'fp32']),
    }),
    Type.Null(),
  ]),
  lastError: Type.Union([Type.String(), Type.Null()]),
});
export type Heartbeat = Type.Static<typeof Heartbeat>;
