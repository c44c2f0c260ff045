// Every Redis key of the project, in one place.
//
// All keys start with the same hash tag (`REDIS_PREFIX`, `{cq}` by default), so a cluster keeps them in one slot
// and a Lua script may touch several. Durable server (`REDIS_URL`):
//
//   {cq}:caption:<id>       hash    the record, see shared/queue/record.ts; expires by retention once terminal
//   {cq}:pixels:<id>        string  299 × 299 × 3 bytes; deleted at the terminal state
//   {cq}:features:<id>      string  [8, 8, 2048] float16; deleted at the terminal state
//   {cq}:events:<id>        stream  fields `type`, `data` (JSON); expires an hour after the terminal state
//   {cq}:tombstone:<id>     string  the tenant of a caption that ended; outlives the record by retention: 410, not 404
//   {cq}:active             zset    captions in work → ms of their last activity or check; its size is admission
//   {cq}:index              zset    `<tenant>/<id>` and `<tenant>/<status>/<id>` of every record, in lexical order
//   {cq}:deadlines          zset    captions in work that have one → ms at which they expire
//   {cq}:purges             zset    `<tenant>/<status>/<id>` of ended captions → ms at which retention deletes them
//   {cq}:admitted           number  captions ever admitted; a caption keeps the value it got (`sequence`)
//   {cq}:finished           number  captions ever ended; sequence − finished estimates how many are ahead
//   {cq}:heartbeats         zset    worker id → ms at which its beat is over
//   {cq}:heartbeat:<id>     string  a worker's last beat (JSON), with a TTL
//   {cq}:reconciler         string  token of the process that reconciles now, with a TTL
//   {cq}:q:<queue>:…                BullMQ's own keys
//
// Channels: {cq}:hint:<id> carries the id of the event just appended, as a hint to read the stream.
//
// Cache server (`CACHE_REDIS_URL`, else the durable one, with a TTL):
//
//   {cq}:feature:<sha256>   string  [8, 8, 2048] float16, by content (shared/queue/feature-cache.ts)

export const DEFAULT_REDIS_PREFIX = '{cq}';

export interface Keys {
  readonly prefix: string;
  /** `prefix` option of BullMQ's queues and workers. */
  readonly queuePrefix: string;
  readonly active: string;
  readonly admitted: string;
  readonly finished: string;
  readonly heartbeats: string;
  readonly reconciler: string;
  caption(captionId: string): string;
  pixels(captionId: string): string;
  features(captionId: string): string;
  events(captionId: string): string;
  heartbeat(workerId: string): string;
  hint(captionId: string): string;
  feature(contentHash: string): string;
}

/**
 * Builds the key names under one prefix.
  readonly index: string;
  readonly deadlines: string;
  readonly purges: string;
 *
 * @param prefix a Redis hash tag, e.g. `{cq}`; the braces matter on a cluster
 */
export function buildKeys(prefix: string): Keys {
  return {
    prefix,
    queuePrefix: `${prefix}:q`,
    active: `${prefix}:active`,
    admitted: `${prefix}:admitted`,
    finished: `${prefix}:finished`,
    heartbeats: `${prefix}:heartbeats`,
    reconciler: `${prefix}:reconciler`,
    caption: (captionId) => `${prefix}:caption:${captionId}`,
    pixels: (captionId) => `${prefix}:pixels:${captionId}`,
  tombstone(captionId: string): string;
    features: (captionId) => `${prefix}:features:${captionId}`,
    events: (captionId) => `${prefix}:events:${captionId}`,
    heartbeat: (workerId) => `${prefix}:heartbeat:${workerId}`,
    hint: (captionId) => `${prefix}:hint:${captionId}`,
    feature: (contentHash) => `${prefix}:feature:${contentHash}`,
  };
}
    index: `${prefix}:index`,
    deadlines: `${prefix}:deadlines`,
    purges: `${prefix}:purges`,
    tombstone: (captionId) => `${prefix}:tombstone:${captionId}`,
    apiKey: (keyId) => `${prefix}:key:${keyId}`,
