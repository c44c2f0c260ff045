// The caption store: every state change of a caption, each one atomic script. The record is the truth.

import type { Redis } from 'ioredis';
import { type BatchStore, createBatchStore } from './batch.ts';
import { createStageClaims, type StageClaims } from './claim.ts';
import { createStoreContext, type StageJobs } from './context.ts';
import { type AdmissionOptions, type CaptionAdmission, createCaptionAdmission } from './create.ts';
import { type CaptionEndings, createCaptionEndings } from './end.ts';
import { type CaptionReader, createCaptionReader } from './read.ts';

export interface StoreOptions {
  redis: Redis;
  queues: StageJobs;
  prefix: string;
}

/** What workers need. */
export type WorkStore = StageClaims & CaptionReader & CaptionEndings;

/** What the API needs. */
export type CaptionStore = WorkStore & CaptionAdmission & BatchStore;

/** Creates the store of a process that creates no captions. It owns neither the connection nor the queues. */
export function createWorkStore(options: StoreOptions): WorkStore {
  const context = createStoreContext(options);
  return {
    ...createStageClaims(context),
    ...createCaptionReader(context),
    ...createCaptionEndings(context),
  };
}

/** Creates the store of a process that creates captions, too. */
export function createCaptionStore(options: StoreOptions & AdmissionOptions): CaptionStore {
  const context = createStoreContext(options);
  return {
    ...createWorkStore(options),
    ...createCaptionAdmission(context, options),
    ...createBatchStore(context, options),
  };
}
