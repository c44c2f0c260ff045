// What the HTTP edge needs from the rest. `app.ts` takes it as an argument, so tests build an app directly.

import type { ResultReader } from '@caption-queue/cache/results';
import type { BatchStore } from '@caption-queue/captions/batch';
import type { CaptionAdmission } from '@caption-queue/captions/create';
import type { CaptionEndings } from '@caption-queue/captions/end';
import type { CaptionReader } from '@caption-queue/captions/read';
import type { Logger } from '@caption-queue/runtime/logger';
import type { Registry } from '@caption-queue/runtime/metrics';
import type { Heartbeats } from '@caption-queue/worker/heartbeat';
import type { Redis } from 'ioredis';
import type { ApiKeys } from './access/api-keys.ts';
import type { EventStreams } from './captions/event-stream.ts';
import type { OutboundClient } from './outbound/client.ts';
import type { ApiSettings } from './settings.ts';
import type { ImagingPool } from './uploads/imaging/pool.ts';
import type { WebhookStores } from './webhooks/stores.ts';

export interface ApiDependencies {
  settings: ApiSettings;
  store: CaptionAdmission & CaptionReader & BatchStore & Pick<CaptionEndings, 'cancel' | 'delete'>;
  streams: Pick<EventStreams, 'read' | 'hasEnded'>;
  heartbeats: Heartbeats;
  /** What was captioned before. */
  results: ResultReader;
  imaging: Pick<ImagingPool, 'normalise'>;
  /** Requests URLs that clients gave. */
  outbound: OutboundClient;
  /** With deadlines. */
  webhooks: WebhookStores;
  apiKeys: Pick<ApiKeys, 'find'>;
  /** Of role `producer`. */
  redis: Redis;
  /** null while Redis answers, else what is wrong with it. */
  redisProblem: () => string | null;
  registry: Registry;
  logger: Logger;
  /** Of this release, e.g. `0.1.0`. */
  version: string;
  /** Where the page lies. */
  pageFolder: string;
}
