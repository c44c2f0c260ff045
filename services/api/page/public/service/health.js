// What the page knows of its service: version and limits once, and how it does now and then.
import { request, statusOf } from '../api/api.js';
import { find } from '../common/element.js';
import { pause } from '../common/waiting.js';

/** @import { Info, Readiness } from '../../../operating/schemas.ts' */

const READY_POLL_MS = 15_000;
const AWAY_POLL_MS = 3_000;

/** @type {Record<Readiness['status'] | 'away' | 'offline', string>} */
const HEALTH = {
  ok: 'Ready',
  degraded: 'No worker ready: pictures are accepted and wait',
  unavailable: 'Queue not reachable: nothing is accepted',
  away: 'Service not reachable',
  offline: 'This device is offline',
};

/** Known once the service has told. */
export const limits = { uploadBytes: Number.POSITIVE_INFINITY };

export async function showService() {
  showAbout().catch(() => {});
  const health = find('#health', HTMLElement);
  for (;;) {
    const status = await readHealth();
    if (health.dataset.status !== status) {
      health.dataset.status = status;
      health.textContent = HEALTH[status];
    }
    const wake = new AbortController();
    for (const type of ['online', 'offline'])
      addEventListener(type, () => wake.abort(), { signal: wake.signal });
    await pause(status === 'ok' ? READY_POLL_MS : AWAY_POLL_MS, wake.signal).catch(() => {});
    wake.abort();
  }
}

/** @returns {Promise<keyof typeof HEALTH>} */
async function readHealth() {
  if (!navigator.onLine) return 'offline';
  try {
    /** @type {Readiness} */
    const { status } = await request('/readyz');
    return status;
  } catch (error) {
    return statusOf(error) === undefined ? 'away' : 'unavailable';
  }
}

async function showAbout() {
  /** @type {Info} */
  const { version, model, limits: theirs } = await request('/info');
  const parts = [`caption-queue ${version}`, model && `${model.name} ${model.version}`];
  find('#about', HTMLElement).textContent = parts.filter(Boolean).join(' · ');
  limits.uploadBytes = theirs.max_upload_bytes;
  const megabytes = Math.round(theirs.max_upload_bytes / 1024 / 1024);
  if (megabytes > 0) find('#limit', HTMLElement).textContent = `, up to ${megabytes} MB`;
}
