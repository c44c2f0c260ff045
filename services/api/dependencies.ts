// What the HTTP edge needs from the rest. `app.ts` takes it as an argument, so tests build an app directly.
import type { ApiKeys } from '@caption-queue/queue/api-keys';
import type { BatchStore } from '@caption-queue/queue/batch-store';
import type { CaptionAdmission } from '@caption-queue/queue/caption-admission';
import type { CaptionEndings } from '@caption-queue/queue/caption-endings';
import type { CaptionReader } from '@caption-queue/queue/caption-reader';
import type { EventStreams } from '@caption-queue/queue/event-stream';
import type { Heartbeats } from '@caption-queue/queue/heartbeats';
import type { ResultReader } from '@caption-queue/queue/result-cache';
import type { Logger } from '@caption-queue/runtime/logger';
import type { Registry } from '@caption-queue/runtime/metrics';
import type { Redis } from 'ioredis';
import type { ImagingPool } from './imaging/pool.ts';
import type { OutboundClient } from './outbound/client.ts';
import type { ApiSettings } from './settings.ts';

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
