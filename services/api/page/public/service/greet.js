// What the page knows of its service: version and limits once, and how it feels now and then.
import { request } from '../api/api.js';
import { pause } from '../common/waiting.js';

const READY_POLL_MS = 15_000;
const AWAY_POLL_MS = 3_000;

const HEALTH = {
  ok: 'Ready',
  degraded: 'No worker ready: pictures are accepted and wait',
  unavailable: 'Queue not reachable: nothing is accepted',
  away: 'Service not reachable',
  offline: 'This device is offline',
};

/** Known once the service has told. */
export const limits = { uploadBytes: Number.POSITIVE_INFINITY };

export async function greet() {
  introduce().catch(() => {});
  const health = document.querySelector('#health');
  for (;;) {
    const status = await ask();
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

async function ask() {
  if (!navigator.onLine) return 'offline';
  try {
    return (await request('/readyz')).status;
  } catch (error) {
    return error.status === undefined ? 'away' : 'unavailable';
  }
}

async function introduce() {
  const { version, model, limits: theirs } = await request('/info');
  const parts = [`caption-queue ${version}`, model && `${model.name} ${model.version}`];
  document.querySelector('#about').textContent = parts.filter(Boolean).join(' · ');
  limits.uploadBytes = theirs.max_upload_bytes;
  const megabytes = Math.round(theirs.max_upload_bytes / 1024 / 1024);
  if (megabytes > 0) document.querySelector('#limit').textContent = `, up to ${megabytes} MB`;
}
