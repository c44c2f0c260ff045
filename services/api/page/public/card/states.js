// How a card says what state its picture is in.

/**
 * @import { CaptionMetrics } from '@caption-queue/contract/caption'
 * @import { Picture, PictureStatus } from '../pictures/picture.js'
 */

/**
 * Steps done of four, and how a state is called.
 *
 * @type {Record<PictureStatus, [steps: number, describe: (picture: Picture) => string]>}
 */
export const STATES = {
  waiting: [0, () => 'Waiting for its turn to be sent'],
  sending: [1, ({ progress, source }) => (source?.url ? 'Being fetched' : sendingText(progress))],
  held: [1, waitingText],
  offline: [1, waitingText],
  queued: [2, ({ ahead }) => (ahead > 0 ? `In the queue, ${ahead} ahead` : 'Next in the queue')],
  encoding: [3, () => 'Looking at the picture'],
  decoding: [4, () => 'Finding words'],
  succeeded: [4, ({ record }) => timeText(record?.metrics)],
  failed: [0, ({ name }) => name],
  canceled: [0, () => 'Canceled'],
  expired: [0, () => 'Too late: its time ran out before it was done'],
};

/** @param {number} share */
export const percent = (share) => `${Math.round(share * 100)} %`;
/** @param {number} progress */
const sendingText = (progress) =>
  progress < 1 ? `Sending, ${percent(progress)}` : 'Being checked';

/** @param {Picture} picture */
function waitingText({ problem, seconds }) {
  return `${problem} Trying again in ${seconds} s`;
}

/** @param {CaptionMetrics | undefined} metrics */
function timeText(metrics) {
  const ms = metrics?.total_ms ?? null;
  if (ms === null) return 'Done';
  const time = ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
  return metrics?.feature_cache === 'hit'
    ? `Done in ${time}; this picture was known`
    : `Done in ${time}`;
}
