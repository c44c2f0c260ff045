// The stored hash of a caption → the record that clients see.
import {
  type CaptionInput,
  type CaptionOptions,
  type CaptionRecord,
  type CaptionStatus,
  isTerminal,
  type Stage,
} from '@caption-queue/contract/caption';

/** A record as the store answers it: the tenant it belongs to stays inside the service. */
export type StoredCaption = CaptionRecord & { readonly tenant: string };

/**
 * Reads the hash at `keys.caption(id)`. Times are milliseconds, `input`, `options`, `output`, `error` and `model`
 * JSON. Fields that only the pipeline needs (`dispatch`, `fence`, `claims_*`, `bundle_hash`, `parked_at`, `words`,
 * `enqueued_at`, `retention_seconds`, `sequence`, `last_event_id`, `tenant`) stay inside.
 *
 * @param finishedCount captions ever ended, to estimate how many are ahead
 * @returns undefined when there is no such caption
 */
export function parseRecord(
  hash: Record<string, string>,
  finishedCount: number,
): CaptionRecord | undefined {
  if (hash.id === undefined) return undefined;
  const status = hash.status as CaptionStatus;
  const createdMs = Number(hash.created_at);
  const completedMs = numberOrNull(hash.completed_at);
  const waiting = status === 'queued';
  return {
    id: hash.id,
    status,
    stage: hash.stage ? (hash.stage as Stage) : null,
    created_at: new Date(createdMs).toISOString(),
    started_at: timeOrNull(hash.started_at),
    completed_at: timeOrNull(hash.completed_at),
    expires_at: timeOrNull(hash.expires_at),
    purge_at: timeOrNull(hash.purge_at),
    input: JSON.parse(hash.input ?? 'null') as CaptionInput,
    options: JSON.parse(hash.options ?? 'null') as CaptionOptions,
    output: json<NonNullable<CaptionRecord['output']>>(hash.output),
    error: json<NonNullable<CaptionRecord['error']>>(hash.error),
    metrics: {
      queue_ms: hash.started_at === undefined ? null : numberOrNull(hash.queue_ms),
      encode_ms: numberOrNull(hash.encode_ms),
      decode_ms: numberOrNull(hash.decode_ms),
      total_ms: isTerminal(status) && completedMs !== null ? completedMs - createdMs : null,
      feature_cache:
        hash.feature_cache === 'hit' || hash.feature_cache === 'miss' ? hash.feature_cache : null,
    },
    queue: { ahead: waiting ? Math.max(Number(hash.sequence) - finishedCount - 1, 0) : 0 },
    model: json<NonNullable<CaptionRecord['model']>>(hash.model),
  };
}

function json<T>(text: string | undefined): T | null {
  return text === undefined || text === '' ? null : (JSON.parse(text) as T);
}

function numberOrNull(text: string | undefined): number | null {
  return text === undefined || text === '' ? null : Number(text);
}

function timeOrNull(text: string | undefined): string | null {
  const ms = numberOrNull(text);
  return ms === null ? null : new Date(ms).toISOString();
}
