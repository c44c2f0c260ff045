// The stored hash of a batch → the batch, before the API adds its addresses.
import type { Batch } from '@caption-queue/contract/batch';
import type { Metadata } from '@caption-queue/contract/caption';

/** A batch as the store answers it: the tenant it belongs to stays inside the service. */
export type StoredBatch = Omit<Batch, 'urls'> & { readonly tenant: string };

/**
 * Reads the hash at `keys.batch(id)`. Times are milliseconds, `metadata` is JSON; `retention_seconds`, `webhook` and
 * `webhook_events_filter` stay inside.
 *
 * @returns undefined when there is no such batch
 */
export function parseBatch(hash: Record<string, string>): StoredBatch | undefined {
  const { id, tenant = '', created_at, completed_at, purge_at, metadata } = hash;
  if (id === undefined) return undefined;
  const count = (name: string) => Number(hash[name] ?? 0);
  const ended = {
    succeeded: count('succeeded'),
    failed: count('failed'),
    canceled: count('canceled'),
    expired: count('expired'),
  };
  const total = count('total');
  const inWork = total - Object.values(ended).reduce((sum, value) => sum + value, 0);
  const toTime = (ms: string | undefined) =>
    ms === undefined ? null : new Date(Number(ms)).toISOString();
  return {
    id,
    tenant,
    status: completed_at === undefined ? 'in_progress' : 'completed',
    created_at: new Date(Number(created_at)).toISOString(),
    completed_at: toTime(completed_at),
    purge_at: toTime(purge_at),
    counts: { total, in_work: inWork, ...ended },
    metadata: metadata === undefined ? null : (JSON.parse(metadata) as Metadata),
  };
}
