// The stage `fetching`: pictures that a batch names by URL, fetched one by one from the queue `image-fetch`.

import type { FetchingClaim } from '@caption-queue/captions/claim-outcome';
import type { WorkStore } from '@caption-queue/captions/store';
import type { CaptionError } from '@caption-queue/contract/caption';
import { DomainError, type ErrorCode } from '@caption-queue/contract/errors';
import {
  createStageWorker,
  type StageObserver,
  type StageWorker,
} from '@caption-queue/jobs/stage-worker';
import type { Logger } from '@caption-queue/runtime/logger';
import type { Redis } from 'ioredis';
import { normalise } from '../captions/intake.ts';
import type { OutboundClient } from '../outbound/client.ts';
import type { ImagingPool } from '../uploads/imaging/pool.ts';

/** They mostly wait for others; the pictures of four at once are small beside the upload budget. */
const FETCHES_AT_ONCE = 4;
/** A site that failed so often won't work soon. */
const MAX_FETCHES = 3;

/** Trouble of a moment: trying again may help. Everything else is the picture's or the address's own. */
const passing: readonly ErrorCode[] = ['image_fetch_failed', 'imaging_unavailable'];

/** Starts taking URLs from the queue. @param options.redis of role `worker`; the caller closes it */
export function startPictureFetcher(options: {
  store: WorkStore;
  redis: Redis;
  prefix: string;
  outbound: Pick<OutboundClient, 'fetchImage'>;
  imaging: Pick<ImagingPool, 'normalise'>;
  logger: Logger;
  observer?: StageObserver;
}): StageWorker {
  const { store, redis, prefix, outbound, imaging, logger, observer } = options;

  async function fetchPicture(claim: FetchingClaim, signal: AbortSignal): Promise<void> {
    try {
      const image = await outbound.fetchImage(claim.url, { signal });
      await store.storeFetched({ claim, ...(await normalise(imaging, image)) });
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      if (passing.includes(error.code) && claim.claims < MAX_FETCHES) throw error;
      await store.fail({ claim, error: toCaptionError(error) });
    }
  }

  return createStageWorker({
    stage: 'fetching',
    store,
    redis,
    prefix,
    concurrency: FETCHES_AT_ONCE,
    process: fetchPicture,
    logger,
    ...(observer === undefined ? {} : { observer }),
  });
}

/** Why a picture of a batch failed, in the words in which it would have been refused alone. */
export function toCaptionError({ code, message }: DomainError): CaptionError {
  return { code, detail: message };
}
