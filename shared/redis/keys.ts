// Every Redis key of the project, in one place.
//
// All keys start with the same hash tag (`REDIS_PREFIX`, `{cq}` by default), so a cluster keeps them in one slot
// and a Lua script may touch several. Durable server (`REDIS_URL`):
//
//   {cq}:caption:<id>       hash    the record, see shared/captions/record.ts; expires by retention once terminal
//   {cq}:pixels:<id>        string  299 × 299 × 3 bytes; deleted at the terminal state
//   {cq}:features:<id>      string  what the encoder made (shared/model/features.ts); deleted at the terminal state
//   {cq}:events:<id>        stream  fields `type`, `data` (JSON); expires an hour after the terminal state
//   {cq}:tombstone:<id>     string  the tenant of a caption that ended; outlives the record by retention: 410, not 404
//   {cq}:active             zset    captions in work → ms of their last activity or check; its size is admission
//   {cq}:index              zset    `<tenant>/<id>` and `<tenant>/<status>/<id>` of every record, in lexical order
//   {cq}:deadlines          zset    captions in work that have one → ms at which they expire
//   {cq}:purges             zset    `<tenant>/<status>/<id>` of ended captions → ms at which retention deletes them
//   {cq}:active-bulk        set     those of them that have priority `bulk`
//   {cq}:counts             hash    `admitted_<priority>` and `finished_<priority>`, captions ever; a caption keeps the
//                                   value it got (`sequence`), so sequence − finished estimates how many are ahead
//   {cq}:batch:<id>         hash    a batch, see shared/captions/batch-record.ts; expires by retention once complete
//   {cq}:batch:<id>:items   list    ids of its captions, in order; as long
//   {cq}:batch:<id>:tombstone  string  its tenant, once complete; outlives it by retention
//   {cq}:idempotency:<tenant>:<sha256>  string  `<hash of the request> <id>` of an Idempotency-Key, for 24 hours
//   {cq}:heartbeats         zset    worker id → ms at which its beat is over
//   {cq}:heartbeat:<id>     string  a worker's last beat (JSON), with a TTL
//   {cq}:reconciler         string  token of the process that reconciles now, with a TTL
//   {cq}:key:<id>          hash    an API key: SHA-256 of its secret, tenant, scopes, name, created_at
//   {cq}:keys              zset    ids of API keys → ms of their creation
//   {cq}:rate:<key id>     string  requests of an API key in this minute, with a TTL
//   {cq}:outbox             stream  events for webhooks, written by the script that ends a caption; the API takes entries
//                                   out (services/api/webhooks/outbox-relay.ts)
//   {cq}:subscribers        set     tenants that have webhooks
//   {cq}:webhooks:<tenant>  set     their ids
//   {cq}:webhook:<id>       hash    one, with its secrets
//   {cq}:webhook-secret:<tenant>  string  signs what goes to a caption's own URL
//   {cq}:delivery:<id>      hash    what goes to one receiver: body, state and attempts; expires by retention once ended
//   {cq}:deliveries:<lane>  zset    ids of a receiver's deliveries → ms of their creation
//   {cq}:deliveries-ended:<lane>  zset  those of them that ended → ms of it
//   {cq}:deliveries-waiting hash    lane → how many haven't ended
//   {cq}:lane:<lane>        hash    how a receiver does, and when its next attempt may begin; expires
//   {cq}:leases:<lane>      zset    attempts under way at one receiver → ms at which they count as dead
//   {cq}:q:<queue>:…                BullMQ's own keys
//
// Channels: {cq}:hint:<id> carries the id of the event just appended, as a hint to read the stream.
//
// Cache server (`CACHE_REDIS_URL`, else the durable one, with a TTL):
//
//   {cq}:feature:<sha256>   string  the same by content (services/encoder-worker/feature-cache.ts)
//   {cq}:result:<sha256>    string  a finished caption (JSON), by content and options (shared/cache/results.ts)

export const DEFAULT_REDIS_PREFIX = '{cq}';

export interface Keys {
  readonly prefix: string;
  /** `prefix` option of BullMQ's queues and workers. */
  readonly queuePrefix: string;
  readonly active: string;
  readonly index: string;
  readonly deadlines: string;
  readonly purges: string;
  readonly activeBulk: string;
  readonly counts: string;
  readonly heartbeats: string;
  readonly reconciler: string;
  readonly outbox: string;
  readonly subscribers: string;
  readonly deliveriesWaiting: string;
  readonly apiKeys: string;
  /** A key's id follows. */
  readonly rateLimit: string;
  caption(captionId: string): string;
  pixels(captionId: string): string;
  features(captionId: string): string;
  events(captionId: string): string;
  tombstone(captionId: string): string;
  heartbeat(workerId: string): string;
  apiKey(keyId: string): string;
  /** @param keyHash SHA-256 of the `Idempotency-Key`, hexadecimal */
  idempotency(tenant: string, keyHash: string): string;
  /** Scripts add `:items` and `:tombstone` to it. */
  batch(batchId: string): string;
  batchItems(batchId: string): string;
  batchTombstone(batchId: string): string;
  hint(captionId: string): string;
  feature(contentHash: string): string;
  result(contentHash: string): string;
  webhooks(tenant: string): string;
  webhook(webhookId: string): string;
  webhookSecret(tenant: string): string;
  delivery(deliveryId: string): string;
  /** @param lane a webhook's id, or the hash of an origin: whoever may be slow without slowing others */
  deliveries(lane: string): string;
  deliveriesEnded(lane: string): string;
  lane(lane: string): string;
  leases(lane: string): string;
}

/**
 * Builds the key names under one prefix.
 *
 * @param prefix a Redis hash tag, e.g. `{cq}`; the braces matter on a cluster
 */
export function buildKeys(prefix: string): Keys {
  return {
    prefix,
    queuePrefix: `${prefix}:q`,
    active: `${prefix}:active`,
    index: `${prefix}:index`,
    deadlines: `${prefix}:deadlines`,
    purges: `${prefix}:purges`,
    activeBulk: `${prefix}:active-bulk`,
    counts: `${prefix}:counts`,
    heartbeats: `${prefix}:heartbeats`,
    reconciler: `${prefix}:reconciler`,
    outbox: `${prefix}:outbox`,
    subscribers: `${prefix}:subscribers`,
    deliveriesWaiting: `${prefix}:deliveries-waiting`,
    apiKeys: `${prefix}:keys`,
    rateLimit: `${prefix}:rate:`,
    caption: (captionId) => `${prefix}:caption:${captionId}`,
    pixels: (captionId) => `${prefix}:pixels:${captionId}`,
    features: (captionId) => `${prefix}:features:${captionId}`,
    events: (captionId) => `${prefix}:events:${captionId}`,
    tombstone: (captionId) => `${prefix}:tombstone:${captionId}`,
    apiKey: (keyId) => `${prefix}:key:${keyId}`,
    heartbeat: (workerId) => `${prefix}:heartbeat:${workerId}`,
    idempotency: (tenant, keyHash) => `${prefix}:idempotency:${tenant}:${keyHash}`,
    batch: (batchId) => `${prefix}:batch:${batchId}`,
    batchItems: (batchId) => `${prefix}:batch:${batchId}:items`,
    batchTombstone: (batchId) => `${prefix}:batch:${batchId}:tombstone`,
    hint: (captionId) => `${prefix}:hint:${captionId}`,
    feature: (contentHash) => `${prefix}:feature:${contentHash}`,
    result: (contentHash) => `${prefix}:result:${contentHash}`,
    webhooks: (tenant) => `${prefix}:webhooks:${tenant}`,
    webhook: (webhookId) => `${prefix}:webhook:${webhookId}`,
    webhookSecret: (tenant) => `${prefix}:webhook-secret:${tenant}`,
    delivery: (deliveryId) => `${prefix}:delivery:${deliveryId}`,
    deliveries: (lane) => `${prefix}:deliveries:${lane}`,
    deliveriesEnded: (lane) => `${prefix}:deliveries-ended:${lane}`,
    lane: (lane) => `${prefix}:lane:${lane}`,
    leases: (lane) => `${prefix}:leases:${lane}`,
  };
}
