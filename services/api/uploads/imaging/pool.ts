// A few imaging processes and the short queue before them.
import { DomainError } from '@caption-queue/contract/errors';
import type { ImageLimits } from '@caption-queue/imaging/limits';
import type { NormalisedImage } from '@caption-queue/imaging/normalise';
import type { Logger } from '@caption-queue/runtime/logger';
import { createImagingChild } from './child.ts';

/** Far more than any photo takes (a 12-megapixel JPEG: 20 ms); a picture that needs longer is an attack. */
const DEFAULT_TIMEOUT_MS = 10_000;
/** Pictures that may wait; they are small beside the upload budget, which bounds their bytes. */
const DEFAULT_QUEUE_LIMIT = 256;
/** Someone who waited this long for a decoder is told to come back. */
const DEFAULT_WAIT_MS = 20_000;
const RETRY_AFTER_SECONDS = 2;

export interface ImagingPoolOptions {
  /** How many pictures are decoded at a time. */
  processes: number;
  /** The bundled `imaging-process.js`. */
  script: string;
  limits: ImageLimits;
  logger: Logger;
  /** For one picture, in its process; three times that for a HEIC. Default 10 s. */
  timeoutMs?: number;
  /** Pictures that may wait. Default 256. */
  queueLimit?: number;
  /** How long one may wait. Default 20 s. */
  waitMs?: number;
}

export interface ImagingPool {
  /** Pictures that wait for a process. */
  readonly waiting: number;
  /**
   * @throws {DomainError} what `normaliseImage` throws, and `imaging_unavailable` when too many pictures wait, or
   *   the process was too slow or died
   */
  normalise(bytes: Uint8Array): Promise<NormalisedImage>;
  /** Ends the processes; may be called twice. What is waiting is refused. */
  close(): Promise<void>;
}

interface Waiting {
  bytes: Uint8Array;
  resolve: (image: Promise<NormalisedImage>) => void;
  reject: (error: DomainError) => void;
  timer: NodeJS.Timeout;
}

export function createImagingPool(options: ImagingPoolOptions): ImagingPool {
  const { processes, script, limits, logger } = options;
  const { timeoutMs = DEFAULT_TIMEOUT_MS, waitMs = DEFAULT_WAIT_MS } = options;
  const { queueLimit = DEFAULT_QUEUE_LIMIT } = options;
  const queue: Waiting[] = [];
  let closed = false;

  function takeNext(): void {
    for (const child of children) {
      if (!child.free) continue;
      const next = queue.shift();
      if (next === undefined) return;
      clearTimeout(next.timer);
      next.resolve(child.normalise({ bytes: next.bytes, limits }));
    }
  }

  const children = Array.from({ length: processes }, () =>
    createImagingChild({
      script,
      timeoutMs,
      onFree: () => takeNext(),
      onDeath: (reason) => logger.warn({ reason }, 'an imaging process died and is replaced'),
    }),
  );

  return {
    get waiting() {
      return queue.length;
    },
    normalise(bytes) {
      if (closed || queue.length >= queueLimit) return Promise.reject(busy());
      return new Promise((resolve, reject) => {
        const entry: Waiting = {
          bytes,
          resolve,
          reject,
          timer: setTimeout(() => {
            queue.splice(queue.indexOf(entry), 1);
            reject(busy());
          }, waitMs),
        };
        queue.push(entry);
        takeNext();
      });
    },
    async close() {
      closed = true;
      for (const entry of queue.splice(0)) {
        clearTimeout(entry.timer);
        entry.reject(busy());
      }
      await Promise.all(children.map((child) => child.close()));
    },
  };
}

function busy(): DomainError {
  return new DomainError(
    'imaging_unavailable',
    'Too many pictures wait to be decoded. Nothing was accepted; try again in a moment.',
    { retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
}
