// What happens to a caption, as appended to its Redis stream and sent as server-sent events.
import Type from 'typebox';
import { CaptionRecord, CaptionStatus } from './caption.ts';

const event = <N extends string, D extends Type.TSchema>(type: N, data: D) =>
  Type.Object({ type: Type.Literal(type), data });

/**
 * `word` is never revised: all live beams and every finished hypothesis that can still win share it.
 * `draft` is the best sentence so far and may be revised. `restarted` means that another worker took
 * over: forget the words. The last event of a stream is one of the terminal four.
 */
export const CaptionEvent = Type.Union([
  event('status', Type.Object({ status: CaptionStatus })),
  event('draft', Type.Object({ caption: Type.String() })),
  event(
    'word',
    Type.Object({
      index: Type.Integer({ minimum: 0 }),
      text: Type.String(),
      log_prob: Type.Number(),
      attention: Type.Optional(
        Type.Array(Type.Number(), { description: 'Weights over the 8 × 8 grid, row by row.' }),
      ),
    }),
  ),
  event('restarted', Type.Object({})),
  event('completed', CaptionRecord),
  event('failed', CaptionRecord),
  event('canceled', CaptionRecord),
  event('expired', CaptionRecord),
]);
export type CaptionEvent = Type.Static<typeof CaptionEvent>;

/** Terminal status → name of the stream's last event. */
export const terminalEvent = {
  succeeded: 'completed',
  failed: 'failed',
  canceled: 'canceled',
  expired: 'expired',
} as const;
