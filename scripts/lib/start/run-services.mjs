// Everything that `npm start` does, in order. Stops in the reverse order.
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { build, bundlePath } from '../bundle.mjs';
import { ensurePackages } from '../packages.mjs';
import { logDirectory, repositoryRoot, shownPath } from '../paths.mjs';
import { forgetRedisUrl, noteRedisUrl } from '../redis/note.mjs';
import { waitForPong } from '../redis/ping.mjs';
import { provideRedis } from '../redis/provide.mjs';
import { Refusal, say, step } from '../report.mjs';
import { captionDemoPhoto, DEMO_PHOTO } from './demo-caption.mjs';
import { localAddress, readSettings, requireFreePort } from './settings.mjs';
import { claimCheckout } from './single-start.mjs';
import { watchForStop } from './stop-signals.mjs';
import { createSupervisor } from './supervisor.mjs';

/**
 * @import { RedisServer, RedisUrls } from '../redis/provide.mjs'
 * @import { Settings } from './settings.mjs'
 * @import { Supervisor } from './supervisor.mjs'
 * @import { Readiness } from '@caption-queue/api/operating/schemas'
 */

/** The API stops first, so nothing new is accepted; Redis last, so that workers can give work back. */
const STOP_ORDER = { api: 1, worker: 2, redis: 3 };
const EXIT_CANNOT_START = 78;
/** Reading a full durable Redis from disk, and building the model's graph on a slow machine. */
const REDIS_TIMEOUT_MS = 120_000;
const READY_TIMEOUT_MS = 120_000;
const READY_POLL_MS = 200;

export async function runServices() {
  const settings = readSettings();
  const release = await claimCheckout();
  const stopRequest = await watchForStop();
  const { signal } = stopRequest;
  /** @type {Supervisor | undefined} */
  let supervisor;
  try {
    await requireFreePort(settings);
    await ensurePackages({ signal });
    await step('Building', () => build());
    const redis = await provideRedis(settings);
    signal.throwIfAborted();
    const running = createSupervisor({
      onCannotStart: (name, reason) =>
        stopRequest.fail(
          new Refusal(`[${name}] cannot start: ${reason}`, { exitCode: EXIT_CANNOT_START }),
        ),
    });
    supervisor = running;
    stopRequest.onImpatience(() => running.kill());
    await startRedis({ supervisor, servers: redis.servers, signal });
    noteRedisUrl(redis.urls.REDIS_URL);
    startServices({ supervisor, settings, urls: redis.urls });
    const address = localAddress(settings);
    await waitUntilReady({ address, signal });
    await showDemo({ address, signal });
    stopRequest.started();
    await stopRequest.stopped;
  } catch (error) {
    // Whatever breaks off because of a wish to stop is no failure of its own.
    if (!signal.aborted) throw error;
    if (signal.reason instanceof Refusal) throw signal.reason;
  } finally {
    if (supervisor !== undefined) {
      say('Stopping …');
      await supervisor.stop();
      say('All stopped.');
    }
    forgetRedisUrl();
    release();
    stopRequest.close();
  }
}

/** @param {{ supervisor: Supervisor, servers: RedisServer[], signal: AbortSignal }} options */
async function startRedis({ supervisor, servers, signal }) {
  for (const { name, command, args, input } of servers) {
    supervisor.start({ name, stopOrder: STOP_ORDER.redis, command, args, input });
  }
  for (const { name, port, password } of servers) {
    const up = await step(`Starting ${name}`, () =>
      waitForPong({ port, password, timeoutMs: REDIS_TIMEOUT_MS, signal }),
    );
    signal.throwIfAborted();
    if (!up) {
      throw new Refusal(
        `${name} did not answer within ${REDIS_TIMEOUT_MS / 1000} s: see ${logs()}.`,
      );
    }
  }
}

/** @param {{ supervisor: Supervisor, settings: Settings, urls: RedisUrls }} options */
function startServices({ supervisor, settings, urls }) {
  /**
   * @param {string} name
   * @param {string} entryPoint
   * @param {number} stopOrder
   * @param {Record<string, string>} env
   */
  const service = (name, entryPoint, stopOrder, env) =>
    supervisor.start({
      name,
      stopOrder,
      command: process.execPath,
      args: ['--enable-source-maps', path.join(repositoryRoot, bundlePath(entryPoint))],
      env: { ...urls, ...env },
    });
  // HOST is meant for the API; the workers' own ports stay on this machine.
  const decoder = { HOST: '127.0.0.1' };
  const encoder = { ...decoder, ...threadsForEach(settings.encoderWorkers) };
  for (let n = 1; n <= settings.encoderWorkers; n += 1) {
    service(`encoder-${n}`, 'services/encoder-worker/main.ts', STOP_ORDER.worker, encoder);
  }
  for (let n = 1; n <= settings.decoderWorkers; n += 1) {
    service(`decoder-${n}`, 'services/decoder-worker/main.ts', STOP_ORDER.worker, decoder);
  }
  // glibc keeps an arena a thread; decoding photos in many of them would hold memory for nothing.
  service('api', 'services/api/main.ts', STOP_ORDER.api, { MALLOC_ARENA_MAX: '2' });
}

/**
 * Several encoders share the cores: with all threads each, they would only get in each other's way.
 * @param {number} workers
 * @returns {Record<string, string>}
 */
function threadsForEach(workers) {
  if (workers === 1 || process.env.INFERENCE_THREADS) return {};
  return { INFERENCE_THREADS: String(Math.max(1, Math.floor(availableParallelism() / workers))) };
}

/** @param {{ address: string, signal: AbortSignal }} options */
async function waitUntilReady({ address, signal }) {
  await step('Starting the services', async (update) => {
    const deadline = Date.now() + READY_TIMEOUT_MS;
    let missing = 'the API does not answer yet';
    while (Date.now() < deadline) {
      const response = await fetch(`${address}/readyz`, { signal }).catch(() => undefined);
      const readiness = response && (await readReadiness(response));
      signal.throwIfAborted();
      if (readiness?.status === 'ok') return;
      if (readiness !== undefined) missing = describeReadiness(readiness);
      update(missing);
      await delay(READY_POLL_MS, undefined, { signal });
    }
    throw new Refusal(
      `The services are not ready after ${READY_TIMEOUT_MS / 1000} s: ${missing} (see ${logs()}).`,
    );
  });
}

/**
 * @param {Response} response
 * @returns {Promise<Readiness | undefined>} undefined when another program answers
 */
async function readReadiness(response) {
  const answer = /** @type {Partial<Readiness> | undefined} */ (
    await response.json().catch(() => undefined)
  );
  const { status, checks } = answer ?? {};
  return status && checks && { status, checks };
}

/**
 * @param {Readiness} readiness
 * @returns what is not well yet, e.g. `encode: No worker was heard of lately.`
 */
function describeReadiness({ checks }) {
  return Object.entries(checks)
    .filter(([, { ok }]) => !ok)
    .map(([name, { detail }]) => `${name}: ${detail}`)
    .join(' ');
}

/** @param {{ address: string, signal: AbortSignal }} options */
async function showDemo({ address, signal }) {
  try {
    const { output, metrics } = await step(`Captioning ${DEMO_PHOTO}`, (update) =>
      captionDemoPhoto({ address, onStatus: update, signal }),
    );
    const ms = (/** @type {number | null} */ value) =>
      value === null ? '–' : `${Math.round(value)} ms`;
    const { queue_ms, encode_ms, decode_ms, total_ms, feature_cache } = metrics;
    const hit = feature_cache === 'hit' ? ' (feature cache)' : '';
    print('Photo', DEMO_PHOTO);
    print('Caption', output?.caption ?? '');
    print(
      'Time',
      `${ms(total_ms)}: waiting ${ms(queue_ms)}, encoder ${ms(encode_ms)}${hit}, decoder ${ms(decode_ms)}`,
    );
  } catch (error) {
    signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    say(`${DEMO_PHOTO} was not captioned: ${why}. The services go on; see ${logs()}.`);
  }
  print('Page', `${address}/`);
  print('Try', `curl -F image=@${DEMO_PHOTO} ${address}/v1/captions`);
  print('Logs', `${logs()}; Ctrl-C stops everything`);
}

/**
 * @param {string} label
 * @param {string} value
 */
function print(label, value) {
  process.stdout.write(`${label.padEnd(9)}${value}\n`);
}

function logs() {
  return shownPath(logDirectory);
}
