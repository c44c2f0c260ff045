// What `/readyz` and `/info` answer.
import { Heartbeat } from '@caption-queue/contract/heartbeat';
import Type from 'typebox';

const Check = Type.Object({
  ok: Type.Boolean(),
  detail: Type.Union([Type.String(), Type.Null()], { description: 'What is wrong, or null.' }),
});

const StageCheck = Type.Object({
  ...Check.properties,
  workers: Type.Object(
    {
      ready: Type.Integer(),
      starting: Type.Integer(),
      refusing: Type.Integer({ description: 'Take no work, e.g. because their model is damaged.' }),
    },
    { description: 'Workers of this stage that were heard of lately.' },
  ),
});

export const Readiness = Type.Object({
  status: Type.Enum(['ok', 'degraded', 'unavailable'], {
    description:
      '`degraded`: pictures are accepted, but a stage has no worker that is ready, so they wait.',
  }),
  checks: Type.Object({ redis: Check, encode: StageCheck, decode: StageCheck }),
});
export type Readiness = Type.Static<typeof Readiness>;

export const Info = Type.Object({
  name: Type.String(),
  version: Type.String(),
  model: Heartbeat.properties.model,
  auth: Type.Enum(['none', 'required'], { description: 'Are keys asked for?' }),
  workers: Type.Array(Heartbeat),
  limits: Type.Object({
    max_upload_bytes: Type.Integer(),
    max_pixels: Type.Integer(),
    queue_limit: Type.Integer({ description: 'Captions in work at once.' }),
    tenant_queue_limit: Type.Integer({ description: 'The same of one tenant.' }),
    requests_per_minute: Type.Union([Type.Integer(), Type.Null()], {
      description: 'Of a key; null is without limit.',
    }),
    retention_seconds: Type.Integer(),
  }),
});
export type Info = Type.Static<typeof Info>;
