// Sends pictures to the service: few at once, again after a failure that passes.
import { ApiError, createCaption, request, waitAfter } from '../api/api.js';
import { countDown, createTurns } from '../common/waiting.js';
import { limits } from '../service/health.js';

/**
 * @import { Caption } from '@caption-queue/contract/caption'
 * @import { Picture, PictureSource } from './picture.js'
 */

const UPLOADS = 2;
/** After so many broken connections in a row the service is asked whether it is there at all. */
const BROKEN_UPLOADS = 3;
const turns = createTurns(UPLOADS);

/** Twelve letters and figures. */
export const random = () =>
  [...crypto.getRandomValues(new Uint8Array(12))].map((n) => (n % 36).toString(36)).join('');

/**
 * Sends a picture when it is its turn, as often as it takes.
 *
 * @param {PictureSource} source
 * @param {{ signal: AbortSignal, onChange: (values: Partial<Picture>) => void }} options told of how it goes
 * @returns {Promise<Caption>} the new caption
 * @throws ApiError when it will not be taken
 */
export async function sendPicture(source, { signal, onChange }) {
  onChange({ status: 'waiting', problem: null });
  if (source.file) refuseTooLarge(source.file);
  const release = await turns.take(signal);
  // Sending again after a broken connection must not make two captions of it.
  const idempotencyKey = random();
  try {
    for (let failures = 1; ; failures += 1) {
      onChange({ status: 'sending', progress: 0 });
      try {
        const onProgress = (/** @type {number} */ progress) => onChange({ progress });
        return await createCaption(source, { idempotencyKey, signal, onProgress });
      } catch (error) {
        if (!(error instanceof ApiError) || !error.passes) throw error;
        if (error.status === undefined && failures >= BROKEN_UPLOADS) await complainIfAlive();
        await countDown(waitAfter(error, failures), {
          signal,
          onSecond: (seconds) =>
            onChange({
              status: error.status === undefined ? 'offline' : 'held',
              seconds,
              problem: error.message,
            }),
        });
        onChange({ problem: null });
      }
    }
  } finally {
    release();
  }
}

/**
 * A service may hang up on a body that is too large before it can say so.
 *
 * @param {File} file
 */
function refuseTooLarge({ size }) {
  if (size <= limits.uploadBytes) return;
  const inMegabytes = (/** @type {number} */ bytes) => `${(bytes / 1024 / 1024).toFixed(1)} MB`;
  throw new ApiError({
    status: 413,
    detail: `This picture has ${inMegabytes(size)}, more than the ${inMegabytes(limits.uploadBytes)} that the service takes. Send a smaller one.`,
  });
}

/** A service that answers but breaks off uploads will do so again. */
async function complainIfAlive() {
  const alive = await request('/livez').catch(() => undefined);
  if (alive) {
    throw new ApiError({ detail: 'The connection broke off each time while this was being sent.' });
  }
}
