// The tiles of the service's view: a number each, with what it means.
import { element } from '../common/element.js';

/** @import { Caption } from '@caption-queue/contract/caption' */

/** Of the line of throughput; three minutes. */
export const MOST_POINTS = 60;

/** @param {Caption[]} captions newest first, up to 100 */
export function captionTiles(captions) {
  const done = captions.filter(({ status }) => status === 'succeeded');
  const ends = captions.map(({ completed_at: at }) => Date.parse(at ?? '')).filter((at) => at > 0);
  const lastMinute = ends.filter((at) => at > Date.now() - 60_000);
  // A hundred may be less than a minute's.
  const seconds = lastMinute.length === 100 ? (Date.now() - Math.min(...lastMinute)) / 1000 : 60;
  const perMinute = Math.round((lastMinute.length * 60) / seconds);
  const looked = done.filter(({ metrics }) => metrics.feature_cache !== null);
  const hits = looked.filter(({ metrics }) => metrics.feature_cache === 'hit').length;
  const times = done.flatMap(({ metrics }) => metrics.total_ms ?? []).sort((a, b) => a - b);
  const failed = captions.filter(({ status }) => status === 'failed').length;
  const of = `of the latest ${captions.length}`;
  return [
    tile('Captions a minute', String(perMinute), 'ended in the last minute'),
    tile(
      'Features from the cache',
      looked.length > 0 ? `${Math.round((100 * hits) / looked.length)} %` : '–',
      `${hits} of ${looked.length} captions`,
    ),
    tile(
      'Time to a caption',
      times.length > 0 ? duration(quantile(times, 0.5)) : '–',
      times.length > 0 ? `median; 95 % within ${duration(quantile(times, 0.95))}` : of,
    ),
    tile('Failed', String(failed), of),
  ];
}

/**
 * @param {number[]} sorted not empty
 * @param {number} share 0 to 1
 */
const quantile = (sorted, share) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;

/** @param {number} ms */
const duration = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

/**
 * @param {string} name
 * @param {string} value
 * @param {string} note
 * @param {Element[]} pictures
 */
export const tile = (name, value, note, ...pictures) =>
  element(
    'div',
    { className: 'tile' },
    element('dt', { textContent: name }),
    element(
      'dd',
      {},
      element('strong', { textContent: value }),
      element('small', { textContent: note }),
      ...pictures,
    ),
  );

/** @param {number[]} steps */
export function sparkline(steps) {
  const namespace = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(namespace, 'svg');
  svg.setAttribute('viewBox', `0 0 ${MOST_POINTS} 20`);
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS(namespace, 'polyline');
  const most = Math.max(...steps, 1);
  const from = MOST_POINTS - steps.length;
  const points = steps.map((step, i) => `${from + i},${19 - (18 * step) / most}`);
  line.setAttribute('points', points.join(' '));
  svg.append(line);
  return svg;
}
