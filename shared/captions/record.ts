// The stored hash of a caption → the record that clients see.
import {
  type CaptionInput,
  type CaptionOptions,
  type CaptionRecord,
  type CaptionStatus,
  isTerminal,
  type Priority,
  type Stage,
} from '@caption-queue/contract/caption';

/** Captions ever admitted and ended, by priority; as Redis answers them. */
export type AdmissionCounts = Record<string, string>;

/** A record as the store answers it: the tenant it belongs to stays inside the service. */
export type StoredCaption = CaptionRecord & { readonly tenant: string };

/**
 * Reads the hash at `keys.caption(id)`. Times are milliseconds, `input`, `options`, `output`, `error` and `model`
 * JSON, `metadata` too. Fields that only the pipeline needs (`dispatch`, `fence`, `claims_*`, `bundle_hash`, `parked_at`, `words`,
 * `enqueued_at`, `retention_seconds`, `sequence`, `last_event_id`, `tenant`,
 * `webhook`, `webhook_events_filter`, `url`, `batch_key`) stay inside.
 *
 * @param counts to estimate how many are ahead; without them nothing is
 * @returns undefined when there is no such caption
 */
export function parseRecord(
  hash: Record<string, string>,
  counts: AdmissionCounts = {},
): CaptionRecord | undefined {
  if (hash.id === undefined) return undefined;
  const status = hash.status as CaptionStatus;
  const createdMs = Number(hash.created_at);
  const completedMs = numberOrNull(hash.completed_at);
  const waiting = status === 'queued';
  const priority = hash.priority as Priority;
  const sequence = Number(hash.sequence);
  return {
    id: hash.id,
    status,
    stage: hash.stage ? (hash.stage as Stage) : null,
    created_at: new Date(createdMs).toISOString(),
    started_at: timeOrNull(hash.started_at),
    completed_at: timeOrNull(hash.completed_at),
    expires_at: timeOrNull(hash.expires_at),
    purge_at: timeOrNull(hash.purge_at),
    input: json<CaptionInput>(hash.input),
    options: JSON.parse(hash.options ?? 'null') as CaptionOptions,
    output: outputOf(hash.output),
    error: json<NonNullable<CaptionRecord['error']>>(hash.error),
    metrics: {
      queue_ms: hash.started_at === undefined ? null : numberOrNull(hash.queue_ms),
      encode_ms: numberOrNull(hash.encode_ms),
      decode_ms: numberOrNull(hash.decode_ms),
      total_ms: isTerminal(status) && completedMs !== null ? completedMs - createdMs : null,
      feature_cache:
        hash.feature_cache === 'hit' || hash.feature_cache === 'miss' ? hash.feature_cache : null,
    },
    queue: { ahead: waiting ? estimateAhead({ priority, sequence, counts }) : 0 },
    model: json<NonNullable<CaptionRecord['model']>>(hash.model),
    priority,
    metadata: json<NonNullable<CaptionRecord['metadata']>>(hash.metadata),
    batch_id: hash.batch_id ?? null,
  };
}

/** Those of its own priority that came before; and before a bulk caption goes all that is interactive. */
function estimateAhead(caption: {
  priority: Priority;
  sequence: number;
  counts: AdmissionCounts;
}): number {
  const { priority, sequence, counts } = caption;
  const count = (name: string) => Number(counts[name] ?? 0);
  const own = Math.max(sequence - count(`finished_${priority}`) - 1, 0);
  if (priority === 'interactive') return own;
  return own + Math.max(count('admitted_interactive') - count('finished_interactive'), 0);
}

function json<T>(text: string | undefined): T | null {
  return text === undefined || text === '' ? null : (JSON.parse(text) as T);
}

/** Kinds are younger than records may be. */
function outputOf(text: string | undefined): CaptionRecord['output'] {
  const output = json<NonNullable<CaptionRecord['output']>>(text);
  return (
    output && {
      ...output,
      kind: output.kind ?? null,
      kind_confidence: output.kind_confidence ?? null,
    }
  );
}

function numberOrNull(text: string | undefined): number | null {
  return text === undefined || text === '' ? null : Number(text);
}

function timeOrNull(text: string | undefined): string | null {
  const ms = numberOrNull(text);
  return ms === null ? null : new Date(ms).toISOString();
}
