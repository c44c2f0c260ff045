// Captions the bundled photo as any client would: over HTTP, through the queue, by polling.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { repositoryRoot } from '../paths.mjs';

export const DEMO_PHOTO = 'test/fixtures/photos/dog.jpg';
const POLL_MS = 100;
const TIMEOUT_MS = 60_000;

/**
 * @import { Caption } from '@caption-queue/contract/caption'
 * @import { Problem } from '@caption-queue/contract/errors'
 */

/**
 * @param {{ address: string, onStatus: (status: string) => void, signal: AbortSignal }} options
 * @returns {Promise<Caption>} one that has `succeeded`
 * @throws an error that says why there is no caption
 */
export async function captionDemoPhoto({ address, onStatus, signal }) {
  const form = new FormData();
  const photo = new Blob([await readFile(path.join(repositoryRoot, DEMO_PHOTO))]);
  form.append('image', photo, path.basename(DEMO_PHOTO));
  let record = await request(`${address}/v1/captions`, { method: 'POST', body: form, signal });
  const deadline = Date.now() + TIMEOUT_MS;
  while (!['succeeded', 'failed', 'canceled', 'expired'].includes(record.status)) {
    if (Date.now() > deadline) {
      throw new Error(`it is still ${record.status} after ${TIMEOUT_MS / 1000} s`);
    }
    onStatus(record.status);
    await delay(POLL_MS, undefined, { signal });
    record = await request(new URL(record.urls.self, address), { signal });
  }
  if (record.status !== 'succeeded') throw new Error(record.error?.detail ?? record.status);
  return record;
}

/**
 * @param {string | URL} url
 * @param {RequestInit} options
 * @returns {Promise<Caption>}
 */
async function request(url, options) {
  const response = await fetch(url, options);
  if (response.ok) return /** @type {Caption} */ (await response.json());
  if (response.status === 401) {
    throw new Error('the services ask for keys, and "npm run keys -- create" makes one');
  }
  const problem = /** @type {Partial<Problem>} */ (await response.json().catch(() => ({})));
  throw new Error(problem.detail ?? `the API answered ${response.status}`);
}
